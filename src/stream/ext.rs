use std::cmp::Ordering;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::best::{BestByKeyFuture, BestFuture, BestInOrder};
use super::compare::*;
use super::fold::{
    CountFuture, FoldFuture, ForEachFuture, LastFuture, PartitionFuture, TryFoldFuture,
    TryForEachFuture, UnzipFuture,
};
use super::next::{NextFuture, NthFuture};
use super::search::{AllFuture, AnyFuture, FindFuture, FindMapFuture, PositionFuture};
use super::{
    Chain, Cloned, Copied, Cycle, Delay, Enumerate, Filter, FilterMap, FlatMap, Flatten,
    FromStream, Fuse, Inspect, IntoStream, Map, Merge, Product, Scan, Skip, SkipWhile, StepBy,
    Stream, Sum, Take, TakeWhile, Throttle, Timeout, Zip,
};

/// The methods of streams. Every [`Stream`] has them.
///
/// # Examples
///
/// ```
/// use unstall::stream::{self, StreamExt};
///
/// # unstall::task::block_on(async {
/// let mut lines = stream::from_iter(["a", "", "b"]).filter(|line| !line.is_empty());
/// while let Some(line) = lines.next().await {
///     assert_eq!(line.len(), 1);
/// }
/// # });
/// ```
pub trait StreamExt: Stream {
    /// Waits for the next item; `None` at the end of the stream.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::once(7);
    /// assert_eq!(s.next().await, Some(7));
    /// assert_eq!(s.next().await, None);
    /// # });
    /// ```
    fn next(&mut self) -> NextFuture<'_, Self>
    where
        Self: Unpin,
    {
        NextFuture { stream: self }
    }

    /// Ends the stream after `n` items. Nothing is asked of this stream after that.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::repeat(9).take(2);
    /// assert_eq!(s.collect::<Vec<_>>().await, [9, 9]);
    /// # });
    /// ```
    fn take(self, n: usize) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, n)
    }

    /// Ends the stream before the first item that `predicate` is false of. That item is lost.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([1, 2, 9, 1]).take_while(|n| *n < 3);
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2]);
    /// # });
    /// ```
    fn take_while<P>(self, predicate: P) -> TakeWhile<Self, P>
    where
        Self: Sized,
        P: FnMut(&Self::Item) -> bool,
    {
        TakeWhile::new(self, predicate)
    }

    /// Makes a pause of `d` after each item. No item is dropped; this stream is left alone during the pause.
    /// ```
    /// # use unstall::{prelude::*, stream}; use std::time::{Duration, Instant}; unstall::task::block_on(async {
    /// let s = stream::from_iter([1, 2]).throttle(Duration::from_millis(5));
    /// let start = Instant::now();
    /// assert_eq!(s.count().await, 2);
    /// assert!(start.elapsed() >= Duration::from_millis(5));
    /// # });
    /// ```
    fn throttle(self, d: Duration) -> Throttle<Self>
    where
        Self: Sized,
    {
        Throttle::new(self, d)
    }

    /// Yields the first item and each `step`th after it.
    ///
    /// # Panics
    ///
    /// If `step` is 0.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter(0..5).step_by(2);
    /// assert_eq!(s.collect::<Vec<_>>().await, [0, 2, 4]);
    /// # });
    /// ```
    fn step_by(self, step: usize) -> StepBy<Self>
    where
        Self: Sized,
    {
        StepBy::new(self, step)
    }

    /// Yields the items of this stream and then those of `other`.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::once(1).chain(stream::once(2));
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2]);
    /// # });
    /// ```
    fn chain<U>(self, other: U) -> Chain<Self, U>
    where
        Self: Sized,
        U: Stream<Item = Self::Item> + Sized,
    {
        Chain::new(self, other)
    }

    /// Clones the items of a stream of references.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter(&[1, 2]).cloned();
    /// assert_eq!(s.collect::<Vec<u8>>().await, [1, 2]);
    /// # });
    /// ```
    fn cloned<'a, T>(self) -> Cloned<Self>
    where
        Self: Sized + Stream<Item = &'a T>,
        T: Clone + 'a,
    {
        Cloned { stream: self }
    }

    /// Copies the items of a stream of references.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter(&[1, 2]).copied();
    /// assert_eq!(s.collect::<Vec<u8>>().await, [1, 2]);
    /// # });
    /// ```
    fn copied<'a, T>(self) -> Copied<Self>
    where
        Self: Sized + Stream<Item = &'a T>,
        T: Copy + 'a,
    {
        Copied { stream: self }
    }

    /// Begins anew with a clone of this stream whenever it has ended. An empty stream stays empty.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([1, 2]).cycle().take(5);
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2, 1, 2, 1]);
    /// # });
    /// ```
    fn cycle(self) -> Cycle<Self>
    where
        Self: Clone + Sized,
    {
        Cycle::new(self)
    }

    /// Numbers the items from 0 on.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::from_iter(['a', 'b']).enumerate();
    /// assert_eq!(s.nth(1).await, Some((1, 'b')));
    /// # });
    /// ```
    fn enumerate(self) -> Enumerate<Self>
    where
        Self: Sized,
    {
        Enumerate {
            stream: self,
            next: 0,
        }
    }

    /// Holds the first item back until `dur` after this call. Later items pass at once.
    /// ```
    /// # use unstall::{prelude::*, stream}; use std::time::{Duration, Instant}; unstall::task::block_on(async {
    /// let start = Instant::now();
    /// let mut s = stream::once(7).delay(Duration::from_millis(5));
    /// assert_eq!(s.next().await, Some(7));
    /// assert!(start.elapsed() >= Duration::from_millis(5));
    /// # });
    /// ```
    fn delay(self, dur: Duration) -> Delay<Self>
    where
        Self: Sized,
    {
        Delay::new(self, dur)
    }

    /// Yields what `f` makes of each item.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([1, 2]).map(|n| n * 10);
    /// assert_eq!(s.collect::<Vec<_>>().await, [10, 20]);
    /// # });
    /// ```
    fn map<B, F>(self, f: F) -> Map<Self, F>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> B,
    {
        Map { stream: self, f }
    }

    /// Shows each item to `f` as it passes.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut seen = Vec::new();
    /// stream::from_iter([1, 2]).inspect(|n| seen.push(*n)).count().await;
    /// assert_eq!(seen, [1, 2]);
    /// # });
    /// ```
    fn inspect<F>(self, f: F) -> Inspect<Self, F>
    where
        Self: Sized,
        F: FnMut(&Self::Item),
    {
        Inspect { stream: self, f }
    }

    /// Waits for the end and returns the last item.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert_eq!(stream::from_iter([1, 2]).last().await, Some(2));
    /// assert_eq!(stream::empty::<u8>().last().await, None);
    /// # });
    /// ```
    fn last(self) -> LastFuture<Self, Self::Item>
    where
        Self: Sized,
    {
        LastFuture {
            stream: self,
            last: None,
        }
    }

    /// Makes the first end of this stream its last: it is not polled again.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut answers = [Some(1), None, Some(2)].into_iter();
    /// let mut s = stream::from_fn(|| answers.next().unwrap()).fuse();
    /// assert_eq!(s.next().await, Some(1));
    /// assert_eq!(s.next().await, None);
    /// assert_eq!(s.next().await, None);
    /// # });
    /// ```
    fn fuse(self) -> Fuse<Self>
    where
        Self: Sized,
    {
        Fuse::new(self)
    }

    /// Lets those items through that `predicate` is true of.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter(1..=5).filter(|n| n % 2 == 0);
    /// assert_eq!(s.collect::<Vec<_>>().await, [2, 4]);
    /// # });
    /// ```
    fn filter<P>(self, predicate: P) -> Filter<Self, P>
    where
        Self: Sized,
        P: FnMut(&Self::Item) -> bool,
    {
        Filter {
            stream: self,
            predicate,
        }
    }

    /// Makes a stream of each item and yields their items, one stream after the other.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter(["ab", "c"]).flat_map(|s| stream::from_iter(s.chars()));
    /// assert_eq!(s.collect::<String>().await, "abc");
    /// # });
    /// ```
    fn flat_map<U, F>(self, f: F) -> FlatMap<Self, U, F>
    where
        Self: Sized,
        U: IntoStream,
        F: FnMut(Self::Item) -> U,
    {
        FlatMap::new(self, f)
    }

    /// Yields the items of a stream's streams, one stream after the other.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([stream::once(1), stream::once(2)]).flatten();
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2]);
    /// # });
    /// ```
    fn flatten(self) -> Flatten<Self>
    where
        Self: Sized,
        Self::Item: IntoStream,
    {
        Flatten::new(self)
    }

    /// Yields what `f` makes of an item, and passes over those that it makes `None` of.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter(["1", "x"]).filter_map(|s| s.parse().ok());
    /// assert_eq!(s.collect::<Vec<u8>>().await, [1]);
    /// # });
    /// ```
    fn filter_map<B, F>(self, f: F) -> FilterMap<Self, F>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> Option<B>,
    {
        FilterMap { stream: self, f }
    }

    /// Waits for the end and returns the item whose key is the least, the first of several.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([3_i32, -1, -3]);
    /// assert_eq!(s.min_by_key(|n| n.abs()).await, Some(-1));
    /// # });
    /// ```
    fn min_by_key<B, F>(self, key_by: F) -> BestByKeyFuture<Self, F, B, Self::Item>
    where
        Self: Sized,
        B: Ord,
        F: FnMut(&Self::Item) -> B,
    {
        BestByKeyFuture::new(self, key_by, Ordering::Less)
    }

    /// Waits for the end and returns the item whose key is the greatest, the first of several.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([3_i32, -1, -3]);
    /// assert_eq!(s.max_by_key(|n| n.abs()).await, Some(3));
    /// # });
    /// ```
    fn max_by_key<B, F>(self, key_by: F) -> BestByKeyFuture<Self, F, B, Self::Item>
    where
        Self: Sized,
        B: Ord,
        F: FnMut(&Self::Item) -> B,
    {
        BestByKeyFuture::new(self, key_by, Ordering::Greater)
    }

    /// Waits for the end and returns the item that is the least by `compare`, the first of several.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([3.0_f64, 1.0, 2.0]);
    /// assert_eq!(s.min_by(f64::total_cmp).await, Some(1.0));
    /// # });
    /// ```
    fn min_by<F>(self, compare: F) -> BestFuture<Self, F, Self::Item>
    where
        Self: Sized,
        F: FnMut(&Self::Item, &Self::Item) -> Ordering,
    {
        BestFuture::new(self, compare, Ordering::Less)
    }

    /// Waits for the end and returns the item that is the greatest by `compare`, the first of several.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([3.0_f64, 1.0, 2.0]);
    /// assert_eq!(s.max_by(f64::total_cmp).await, Some(3.0));
    /// # });
    /// ```
    fn max_by<F>(self, compare: F) -> BestFuture<Self, F, Self::Item>
    where
        Self: Sized,
        F: FnMut(&Self::Item, &Self::Item) -> Ordering,
    {
        BestFuture::new(self, compare, Ordering::Greater)
    }

    /// Waits for the end and returns the least item, the first of several.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert_eq!(stream::from_iter([3, 1]).min().await, Some(1));
    /// # });
    /// ```
    fn min(self) -> BestInOrder<Self, Self::Item>
    where
        Self: Sized,
        Self::Item: Ord,
    {
        BestFuture::new(self, Self::Item::cmp, Ordering::Less)
    }

    /// Waits for the end and returns the greatest item, the first of several.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert_eq!(stream::from_iter([3, 1]).max().await, Some(3));
    /// # });
    /// ```
    fn max(self) -> BestInOrder<Self, Self::Item>
    where
        Self: Sized,
        Self::Item: Ord,
    {
        BestFuture::new(self, Self::Item::cmp, Ordering::Greater)
    }

    /// Passes over `n` items and waits for the next; `None` if there are not that many.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::from_iter(0..5);
    /// assert_eq!(s.nth(1).await, Some(1));
    /// assert_eq!(s.nth(0).await, Some(2));
    /// # });
    /// ```
    fn nth(&mut self, n: usize) -> NthFuture<'_, Self>
    where
        Self: Unpin + Sized,
    {
        NthFuture { stream: self, n }
    }

    /// Whether `f` is true of all items. The first that it is false of ends the search.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert!(stream::from_iter([1, 2]).all(|n| n > 0).await);
    /// # });
    /// ```
    fn all<F>(&mut self, f: F) -> AllFuture<'_, Self, F>
    where
        Self: Unpin + Sized,
        F: FnMut(Self::Item) -> bool,
    {
        AllFuture { stream: self, f }
    }

    /// Searches for an item that `p` is true of.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::from_iter(1..9);
    /// assert_eq!(s.find(|n| n % 3 == 0).await, Some(3));
    /// assert_eq!(s.next().await, Some(4));
    /// # });
    /// ```
    fn find<P>(&mut self, p: P) -> FindFuture<'_, Self, P>
    where
        Self: Unpin + Sized,
        P: FnMut(&Self::Item) -> bool,
    {
        FindFuture { stream: self, f: p }
    }

    /// Searches for an item that `f` makes something of, and returns that.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::from_iter(["x", "7"]);
    /// assert_eq!(s.find_map(|s| s.parse::<u8>().ok()).await, Some(7));
    /// # });
    /// ```
    fn find_map<F, B>(&mut self, f: F) -> FindMapFuture<'_, Self, F>
    where
        Self: Unpin + Sized,
        F: FnMut(Self::Item) -> Option<B>,
    {
        FindMapFuture { stream: self, f }
    }

    /// Makes one value of all items: `f` is given the value so far, `init` at first, and the next item.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([1, 2, 3]);
    /// assert_eq!(s.fold(0, |sum, n| sum + n).await, 6);
    /// # });
    /// ```
    fn fold<B, F>(self, init: B, f: F) -> FoldFuture<Self, F, B>
    where
        Self: Sized,
        F: FnMut(B, Self::Item) -> B,
    {
        FoldFuture::new(self, f, init)
    }

    /// Collects the items that `f` is true of, and those that it is false of.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let (even, odd): (Vec<_>, Vec<_>) = stream::from_iter(1..=3).partition(|n| n % 2 == 0).await;
    /// assert_eq!((even, odd), (vec![2], vec![1, 3]));
    /// # });
    /// ```
    fn partition<B, F>(self, f: F) -> PartitionFuture<Self, F, B>
    where
        Self: Sized,
        F: FnMut(&Self::Item) -> bool,
        B: Default + Extend<Self::Item>,
    {
        PartitionFuture::new(self, f)
    }

    /// Passes each item to `f`.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut sum = 0;
    /// stream::from_iter([1, 2]).for_each(|n| sum += n).await;
    /// assert_eq!(sum, 3);
    /// # });
    /// ```
    fn for_each<F>(self, f: F) -> ForEachFuture<Self, F>
    where
        Self: Sized,
        F: FnMut(Self::Item),
    {
        ForEachFuture { stream: self, f }
    }

    /// Whether `f` is true of any item. The first one ends the search.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert!(stream::repeat(1).any(|n| n == 1).await);
    /// # });
    /// ```
    fn any<F>(&mut self, f: F) -> AnyFuture<'_, Self, F>
    where
        Self: Unpin + Sized,
        F: FnMut(Self::Item) -> bool,
    {
        AnyFuture { stream: self, f }
    }

    /// Borrows the stream, so that a combinator that takes it whole leaves it behind.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 2, 3]);
    /// assert_eq!(s.by_ref().take(2).count().await, 2);
    /// assert_eq!(s.next().await, Some(3));
    /// # });
    /// ```
    fn by_ref(&mut self) -> &mut Self {
        self
    }

    /// Yields what `f` makes of each item and of a state that it may change; `None` ends the stream.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([1, 2, 3]).scan(0, |sum, n| {
    ///     *sum += n;
    ///     Some(*sum)
    /// });
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 3, 6]);
    /// # });
    /// ```
    fn scan<St, B, F>(self, initial_state: St, f: F) -> Scan<Self, St, F>
    where
        Self: Sized,
        F: FnMut(&mut St, Self::Item) -> Option<B>,
    {
        Scan::new(self, initial_state, f)
    }

    /// Passes over items until `predicate` is false of one, which is yielded with all after it.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([1, 9, 1]).skip_while(|n| *n < 3);
    /// assert_eq!(s.collect::<Vec<_>>().await, [9, 1]);
    /// # });
    /// ```
    fn skip_while<P>(self, predicate: P) -> SkipWhile<Self, P>
    where
        Self: Sized,
        P: FnMut(&Self::Item) -> bool,
    {
        SkipWhile::new(self, predicate)
    }

    /// Passes over the first `n` items.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert_eq!(stream::from_iter([1, 2, 3]).skip(2).next().await, Some(3));
    /// # });
    /// ```
    fn skip(self, n: usize) -> Skip<Self>
    where
        Self: Sized,
    {
        Skip { stream: self, n }
    }

    /// Yields an error whenever no item has come for `dur`, counted from this call or from the last item or error.
    /// The stream is as good as before then: the item may still come.
    /// ```
    /// # use unstall::{prelude::*, stream}; use std::time::Duration; unstall::task::block_on(async {
    /// let mut s = stream::pending::<()>().timeout(Duration::from_millis(5));
    /// assert!(s.next().await.unwrap().is_err());
    /// # });
    /// ```
    fn timeout(self, dur: Duration) -> Timeout<Self>
    where
        Self: Stream + Sized,
    {
        Timeout::new(self, dur)
    }

    /// Makes one value of the items, as [`fold`](Self::fold) does, until the first error.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 255]);
    /// let sum = s.try_fold(0, |sum: u8, n| sum.checked_add(n).ok_or("too large"));
    /// assert_eq!(sum.await, Err("too large"));
    /// # });
    /// ```
    fn try_fold<B, F, T, E>(&mut self, init: T, f: F) -> TryFoldFuture<'_, Self, F, T>
    where
        Self: Unpin + Sized,
        F: FnMut(B, Self::Item) -> Result<T, E>,
    {
        TryFoldFuture::new(self, f, init)
    }

    /// Passes the items to `f`, until the first error.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 2, 3]);
    /// assert_eq!(s.try_for_each(|n| if n < 2 { Ok(()) } else { Err(n) }).await, Err(2));
    /// assert_eq!(s.next().await, Some(3));
    /// # });
    /// ```
    fn try_for_each<F, E>(&mut self, f: F) -> TryForEachFuture<'_, Self, F>
    where
        Self: Unpin + Sized,
        F: FnMut(Self::Item) -> Result<(), E>,
    {
        TryForEachFuture { stream: self, f }
    }

    /// Pairs the items of two streams, and ends with the shorter one.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 2]).zip(stream::once('a'));
    /// assert_eq!(s.next().await, Some((1, 'a')));
    /// assert_eq!(s.next().await, None);
    /// # });
    /// ```
    fn zip<U>(self, other: U) -> Zip<Self, U>
    where
        Self: Sized,
        U: Stream,
    {
        Zip::new(self, other)
    }

    /// Collects the two sides of a stream of pairs.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter([(1, 'a'), (2, 'b')]);
    /// let (numbers, text): (Vec<_>, String) = s.unzip().await;
    /// assert_eq!((numbers, text), (vec![1, 2], "ab".to_owned()));
    /// # });
    /// ```
    fn unzip<A, B, FromA, FromB>(self) -> UnzipFuture<Self, FromA, FromB>
    where
        FromA: Default + Extend<A>,
        FromB: Default + Extend<B>,
        Self: Stream<Item = (A, B)> + Sized,
    {
        UnzipFuture::new(self)
    }

    /// Makes a collection of all items. A `Result` or an `Option` of one ends with the first `Err` or `None`.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::from_iter(["1", "x"]).map(str::parse::<u8>);
    /// assert!(s.collect::<Result<Vec<_>, _>>().await.is_err());
    /// # });
    /// ```
    fn collect<'a, B>(self) -> Pin<Box<dyn Future<Output = B> + 'a + Send>>
    where
        Self: Sized + 'a + Send,
        B: FromStream<Self::Item>,
        Self::Item: Send,
    {
        FromStream::from_stream(self)
    }

    /// Yields the items of both streams as they come, and ends with the second end. If both always have one, they take turns.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let s = stream::once(1).merge(stream::pending());
    /// assert_eq!({ s }.next().await, Some(1));
    /// # });
    /// ```
    fn merge<U>(self, other: U) -> Merge<Self, U>
    where
        Self: Sized,
        U: Stream<Item = Self::Item> + Sized,
    {
        Merge::new(self, other)
    }

    /// Compares two streams as [`Iterator::partial_cmp`] does.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// let order = stream::once(f32::NAN).partial_cmp(stream::once(1.0)).await;
    /// assert_eq!(order, None);
    /// # });
    /// ```
    fn partial_cmp<S>(self, other: S) -> CompareFuture<Self, S, Option<Ordering>>
    where
        Self: Sized + Stream,
        S: Stream,
        <Self as Stream>::Item: PartialOrd<S::Item>,
    {
        CompareFuture::new(self, other, partial)
    }

    /// How many items come before the first that `predicate` is true of.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert_eq!(stream::from_iter([5, 6]).position(|n| n == 6).await, Some(1));
    /// # });
    /// ```
    fn position<P>(&mut self, predicate: P) -> PositionFuture<'_, Self, P>
    where
        Self: Unpin + Sized,
        P: FnMut(Self::Item) -> bool,
    {
        PositionFuture::new(self, predicate)
    }

    /// Compares two streams as [`Iterator::cmp`] does.
    /// ```
    /// # use unstall::{prelude::*, stream}; use std::cmp::Ordering; unstall::task::block_on(async {
    /// let order = stream::from_iter([1]).cmp(stream::from_iter([1, 2])).await;
    /// assert_eq!(order, Ordering::Less);
    /// # });
    /// ```
    fn cmp<S>(self, other: S) -> CompareFuture<Self, S, Ordering>
    where
        Self: Sized + Stream,
        S: Stream<Item = <Self as Stream>::Item>,
        <Self as Stream>::Item: Ord,
    {
        CompareFuture::new(self, other, total)
    }

    /// Waits for the end and returns the number of items.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert_eq!(stream::from_iter(0..5).count().await, 5);
    /// # });
    /// ```
    fn count(self) -> CountFuture<Self>
    where
        Self: Sized,
    {
        CountFuture {
            stream: self,
            count: 0,
        }
    }

    /// Whether two streams differ, in an item or in length.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert!(stream::once(1).ne(stream::empty()).await);
    /// # });
    /// ```
    fn ne<S>(self, other: S) -> CompareFuture<Self, S, bool>
    where
        Self: Sized + Stream,
        S: Stream,
        <Self as Stream>::Item: PartialEq<S::Item>,
    {
        CompareFuture::new(self, other, different)
    }

    /// Whether this stream is greater than or equal to `other`, by [`partial_cmp`](Self::partial_cmp).
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert!(stream::once(1).ge(stream::empty()).await);
    /// # });
    /// ```
    fn ge<S>(self, other: S) -> CompareFuture<Self, S, bool>
    where
        Self: Sized + Stream,
        S: Stream,
        <Self as Stream>::Item: PartialOrd<S::Item>,
    {
        CompareFuture::new(self, other, at_least)
    }

    /// Whether two streams have equal items, equally many.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert!(stream::once(1).eq(stream::from_iter([1])).await);
    /// # });
    /// ```
    fn eq<S>(self, other: S) -> CompareFuture<Self, S, bool>
    where
        Self: Sized + Stream,
        S: Stream,
        <Self as Stream>::Item: PartialEq<S::Item>,
    {
        CompareFuture::new(self, other, equal)
    }

    /// Whether this stream is greater than `other`, by [`partial_cmp`](Self::partial_cmp).
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert!(stream::once(2).gt(stream::once(1)).await);
    /// # });
    /// ```
    fn gt<S>(self, other: S) -> CompareFuture<Self, S, bool>
    where
        Self: Sized + Stream,
        S: Stream,
        <Self as Stream>::Item: PartialOrd<S::Item>,
    {
        CompareFuture::new(self, other, greater)
    }

    /// Whether this stream is less than or equal to `other`, by [`partial_cmp`](Self::partial_cmp).
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert!(stream::once(1).le(stream::once(1)).await);
    /// # });
    /// ```
    fn le<S>(self, other: S) -> CompareFuture<Self, S, bool>
    where
        Self: Sized + Stream,
        S: Stream,
        <Self as Stream>::Item: PartialOrd<S::Item>,
    {
        CompareFuture::new(self, other, at_most)
    }

    /// Whether this stream is less than `other`, by [`partial_cmp`](Self::partial_cmp).
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert!(stream::empty::<u8>().lt(stream::once(1)).await);
    /// # });
    /// ```
    fn lt<S>(self, other: S) -> CompareFuture<Self, S, bool>
    where
        Self: Sized + Stream,
        S: Stream,
        <Self as Stream>::Item: PartialOrd<S::Item>,
    {
        CompareFuture::new(self, other, less)
    }

    /// Adds up the items; 0 if there are none. Overflow is as with `+`.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert_eq!(stream::from_iter([1, 2, 3]).sum().await, 6);
    /// # });
    /// ```
    fn sum<'a, S>(self) -> Pin<Box<dyn Future<Output = S> + 'a>>
    where
        Self: Sized + Stream<Item = S> + 'a,
        S: Sum<Self::Item>,
    {
        Sum::sum(self)
    }

    /// Multiplies the items; 1 if there are none. Overflow is as with `*`.
    /// ```
    /// # use unstall::{prelude::*, stream}; unstall::task::block_on(async {
    /// assert_eq!(stream::from_iter(1..=5).product().await, 120);
    /// # });
    /// ```
    fn product<'a, P>(self) -> Pin<Box<dyn Future<Output = P> + 'a>>
    where
        Self: Sized + Stream<Item = P> + 'a,
        P: Product,
    {
        Product::product(self)
    }
}

impl<S: Stream + ?Sized> StreamExt for S {}
