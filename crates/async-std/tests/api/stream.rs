//! `async_std::stream`, and streams of and into the types of std.

use async_std::stream;

use crate::names_of_std::{
    Arc, BTreeMap, BTreeSet, BinaryHeap, Context, Cow, Debug, Display, Duration, Hash, HashMap,
    HashSet, LinkedList, Pin, Poll, Rc, RefUnwindSafe, UnwindSafe, VecDeque, Wrapping,
};

fn double_ended_stream_poll_next_back<This: stream::DoubleEndedStream + ?Sized>(
    this: Pin<&mut This>,
    cx: &mut Context<'_>,
) -> Poll<Option<This::Item>> {
    <This as stream::DoubleEndedStream>::poll_next_back(this, cx)
}

fn double_ended_stream_next_back<This: stream::DoubleEndedStream + ?Sized>(
    this: &mut This,
) -> impl Future<Output = Option<This::Item>>
where
    This: Unpin,
{
    <This as stream::DoubleEndedStream>::next_back(this)
}

fn double_ended_stream_nth_back<This: stream::DoubleEndedStream + ?Sized>(
    this: &mut This,
    n: usize,
) -> impl Future<Output = Option<This::Item>>
where
    This: Unpin + Sized,
    This: Unpin,
{
    <This as stream::DoubleEndedStream>::nth_back(this, n)
}

fn double_ended_stream_rfind<This: stream::DoubleEndedStream + ?Sized, P>(
    this: &mut This,
    p: P,
) -> impl Future<Output = Option<This::Item>>
where
    This: Unpin + Sized,
    P: FnMut(&This::Item) -> bool,
    This: Unpin,
{
    <This as stream::DoubleEndedStream>::rfind(this, p)
}

fn double_ended_stream_rfold<This: stream::DoubleEndedStream + ?Sized, B, F>(
    this: This,
    accum: B,
    f: F,
) -> impl Future<Output = B>
where
    This: Sized,
    F: FnMut(B, This::Item) -> B,
{
    <This as stream::DoubleEndedStream>::rfold(this, accum, f)
}

fn double_ended_stream_try_rfold<This: stream::DoubleEndedStream + ?Sized, B, F, E>(
    this: This,
    accum: B,
    f: F,
) -> impl Future<Output = Result<B, E>>
where
    This: Sized,
    F: FnMut(B, This::Item) -> Result<B, E>,
    This: Unpin,
{
    <This as stream::DoubleEndedStream>::try_rfold(this, accum, f)
}

fn exact_size_stream_len<This: stream::ExactSizeStream + ?Sized>(this: &This) -> usize {
    <This as stream::ExactSizeStream>::len(this)
}

fn extend_extend<'a, This: stream::Extend<A> + ?Sized, A, T: stream::IntoStream<Item = A> + 'a>(
    this: &'a mut This,
    stream: T,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>
where
    <T as stream::IntoStream>::IntoStream: Send,
{
    <This as stream::Extend<A>>::extend(this, stream)
}

fn from_stream_from_stream<
    'a,
    This: stream::FromStream<T> + ?Sized,
    T: Send,
    S: stream::IntoStream<Item = T> + 'a,
>(
    stream: S,
) -> Pin<Box<dyn Future<Output = This> + Send + 'a>>
where
    <S as stream::IntoStream>::IntoStream: Send,
{
    <This as stream::FromStream<T>>::from_stream(stream)
}

fn into_stream_into_stream<This: stream::IntoStream>(
    this: This,
) -> <This as stream::IntoStream>::IntoStream {
    <This as stream::IntoStream>::into_stream(this)
}

fn product_product<'a, This: stream::Product<A>, A, S>(
    stream: S,
) -> Pin<Box<dyn Future<Output = This> + 'a>>
where
    S: stream::Stream<Item = A> + 'a,
{
    <This as stream::Product<A>>::product(stream)
}

fn stream_ext_next<This: stream::StreamExt + ?Sized>(
    this: &mut This,
) -> impl Future<Output = Option<This::Item>>
where
    This: Unpin,
{
    <This as stream::StreamExt>::next(this)
}

fn stream_ext_take<This: stream::StreamExt + ?Sized>(this: This, n: usize) -> stream::Take<This>
where
    This: Sized,
{
    <This as stream::StreamExt>::take(this, n)
}

fn stream_ext_take_while<This: stream::StreamExt + ?Sized, P>(
    this: This,
    predicate: P,
) -> stream::TakeWhile<This, P>
where
    This: Sized,
    P: FnMut(&This::Item) -> bool,
{
    <This as stream::StreamExt>::take_while(this, predicate)
}

fn stream_ext_throttle<This: stream::StreamExt + ?Sized>(
    this: This,
    d: Duration,
) -> stream::Throttle<This>
where
    This: Sized,
{
    <This as stream::StreamExt>::throttle(this, d)
}

fn stream_ext_step_by<This: stream::StreamExt + ?Sized>(
    this: This,
    step: usize,
) -> stream::StepBy<This>
where
    This: Sized,
{
    <This as stream::StreamExt>::step_by(this, step)
}

fn stream_ext_chain<This: stream::StreamExt + ?Sized, U>(
    this: This,
    other: U,
) -> stream::Chain<This, U>
where
    This: Sized,
    U: stream::Stream<Item = This::Item> + Sized,
{
    <This as stream::StreamExt>::chain(this, other)
}

fn stream_ext_cloned<'a, This: stream::StreamExt + ?Sized, T>(this: This) -> stream::Cloned<This>
where
    This: Sized + stream::Stream<Item = &'a T>,
    T: Clone + 'a,
{
    <This as stream::StreamExt>::cloned(this)
}

fn stream_ext_copied<'a, This: stream::StreamExt + ?Sized, T>(this: This) -> stream::Copied<This>
where
    This: Sized + stream::Stream<Item = &'a T>,
    T: Copy + 'a,
{
    <This as stream::StreamExt>::copied(this)
}

fn stream_ext_cycle<This: stream::StreamExt + ?Sized>(
    this: This,
) -> impl stream::Stream<Item = This::Item>
where
    This: Clone + Sized,
    This: Clone,
{
    <This as stream::StreamExt>::cycle(this)
}

fn stream_ext_enumerate<This: stream::StreamExt + ?Sized>(
    this: This,
) -> impl stream::Stream<Item = (usize, This::Item)>
where
    This: Sized,
{
    <This as stream::StreamExt>::enumerate(this)
}

fn stream_ext_delay<This: stream::StreamExt + ?Sized>(
    this: This,
    dur: Duration,
) -> stream::Delay<This>
where
    This: Sized,
{
    <This as stream::StreamExt>::delay(this, dur)
}

fn stream_ext_map<This: stream::StreamExt + ?Sized, B, F>(this: This, f: F) -> stream::Map<This, F>
where
    This: Sized,
    F: FnMut(This::Item) -> B,
{
    <This as stream::StreamExt>::map(this, f)
}

fn stream_ext_inspect<This: stream::StreamExt + ?Sized, F>(
    this: This,
    f: F,
) -> stream::Inspect<This, F>
where
    This: Sized,
    F: FnMut(&This::Item),
{
    <This as stream::StreamExt>::inspect(this, f)
}

fn stream_ext_last<This: stream::StreamExt + ?Sized>(
    this: This,
) -> impl Future<Output = Option<This::Item>>
where
    This: Sized,
    This: Unpin,
    This::Item: Copy,
{
    <This as stream::StreamExt>::last(this)
}

fn stream_ext_fuse<This: stream::StreamExt + ?Sized>(this: This) -> stream::Fuse<This>
where
    This: Sized,
{
    <This as stream::StreamExt>::fuse(this)
}

fn stream_ext_filter<This: stream::StreamExt + ?Sized, P>(
    this: This,
    predicate: P,
) -> stream::Filter<This, P>
where
    This: Sized,
    P: FnMut(&This::Item) -> bool,
{
    <This as stream::StreamExt>::filter(this, predicate)
}

fn stream_ext_flat_map<This: stream::StreamExt + ?Sized, U, F>(
    this: This,
    f: F,
) -> stream::FlatMap<This, U, F>
where
    This: Sized,
    U: stream::IntoStream,
    F: FnMut(This::Item) -> U,
{
    <This as stream::StreamExt>::flat_map(this, f)
}

fn stream_ext_flatten<This: stream::StreamExt + ?Sized>(this: This) -> stream::Flatten<This>
where
    This: Sized,
    This::Item: stream::IntoStream,
{
    <This as stream::StreamExt>::flatten(this)
}

fn stream_ext_filter_map<This: stream::StreamExt + ?Sized, B, F>(
    this: This,
    f: F,
) -> impl stream::Stream<Item = B>
where
    This: Sized,
    F: FnMut(This::Item) -> Option<B>,
{
    <This as stream::StreamExt>::filter_map(this, f)
}

fn stream_ext_min_by_key<This: stream::StreamExt + ?Sized, F>(
    this: This,
    key_by: F,
) -> impl Future<Output = Option<This::Item>>
where
    This: Sized,
    F: FnMut(&This::Item) -> This::Item,
    This::Item: Ord,
{
    <This as stream::StreamExt>::min_by_key(this, key_by)
}

fn stream_ext_max_by_key<This: stream::StreamExt + ?Sized, F>(
    this: This,
    key_by: F,
) -> impl Future<Output = Option<This::Item>>
where
    This: Sized,
    F: FnMut(&This::Item) -> This::Item,
    This::Item: Ord,
{
    <This as stream::StreamExt>::max_by_key(this, key_by)
}

fn stream_ext_min_by<This: stream::StreamExt + ?Sized, F>(
    this: This,
    compare: F,
) -> impl Future<Output = Option<This::Item>>
where
    This: Sized,
    F: FnMut(&This::Item, &This::Item) -> std::cmp::Ordering,
    This: Unpin,
    This::Item: Copy,
{
    <This as stream::StreamExt>::min_by(this, compare)
}

fn stream_ext_max<This: stream::StreamExt + ?Sized>(
    this: This,
) -> impl Future<Output = Option<This::Item>>
where
    This: Sized,
    This::Item: Ord,
{
    <This as stream::StreamExt>::max(this)
}

fn stream_ext_min<This: stream::StreamExt + ?Sized>(
    this: This,
) -> impl Future<Output = Option<This::Item>>
where
    This: Sized,
    This::Item: Ord,
{
    <This as stream::StreamExt>::min(this)
}

fn stream_ext_max_by<This: stream::StreamExt + ?Sized, F>(
    this: This,
    compare: F,
) -> impl Future<Output = Option<This::Item>>
where
    This: Sized,
    F: FnMut(&This::Item, &This::Item) -> std::cmp::Ordering,
{
    <This as stream::StreamExt>::max_by(this, compare)
}

fn stream_ext_nth<This: stream::StreamExt + ?Sized>(
    this: &mut This,
    n: usize,
) -> impl Future<Output = Option<This::Item>>
where
    This: Unpin + Sized,
    This: Unpin,
{
    <This as stream::StreamExt>::nth(this, n)
}

fn stream_ext_all<This: stream::StreamExt + ?Sized, F>(
    this: &mut This,
    f: F,
) -> impl Future<Output = bool>
where
    This: Unpin + Sized,
    F: FnMut(This::Item) -> bool,
    This: Unpin,
{
    <This as stream::StreamExt>::all(this, f)
}

fn stream_ext_find<This: stream::StreamExt + ?Sized, P>(
    this: &mut This,
    p: P,
) -> impl Future<Output = Option<This::Item>>
where
    This: Unpin + Sized,
    P: FnMut(&This::Item) -> bool,
    This: Unpin,
{
    <This as stream::StreamExt>::find(this, p)
}

fn stream_ext_find_map<This: stream::StreamExt + ?Sized, F, B>(
    this: &mut This,
    f: F,
) -> impl Future<Output = Option<B>>
where
    This: Unpin + Sized,
    F: FnMut(This::Item) -> Option<B>,
    This: Unpin,
{
    <This as stream::StreamExt>::find_map(this, f)
}

fn stream_ext_fold<This: stream::StreamExt + ?Sized, B, F>(
    this: This,
    init: B,
    f: F,
) -> impl Future<Output = B>
where
    This: Sized,
    F: FnMut(B, This::Item) -> B,
{
    <This as stream::StreamExt>::fold(this, init, f)
}

fn stream_ext_partition<This: stream::StreamExt + ?Sized, B, F>(
    this: This,
    f: F,
) -> impl Future<Output = (B, B)>
where
    This: Sized,
    F: FnMut(&This::Item) -> bool,
    B: Default + stream::Extend<This::Item>,
    B: Default + std::iter::Extend<This::Item>,
{
    <This as stream::StreamExt>::partition(this, f)
}

fn stream_ext_for_each<This: stream::StreamExt + ?Sized, F>(
    this: This,
    f: F,
) -> impl Future<Output = ()>
where
    This: Sized,
    F: FnMut(This::Item),
{
    <This as stream::StreamExt>::for_each(this, f)
}

fn stream_ext_any<This: stream::StreamExt + ?Sized, F>(
    this: &mut This,
    f: F,
) -> impl Future<Output = bool>
where
    This: Unpin + Sized,
    F: FnMut(This::Item) -> bool,
    This: Unpin,
{
    <This as stream::StreamExt>::any(this, f)
}

fn stream_ext_by_ref<This: stream::StreamExt + ?Sized>(this: &mut This) -> &mut This {
    <This as stream::StreamExt>::by_ref(this)
}

fn stream_ext_scan<This: stream::StreamExt + ?Sized, St, B, F>(
    this: This,
    initial_state: St,
    f: F,
) -> stream::Scan<This, St, F>
where
    This: Sized,
    F: FnMut(&mut St, This::Item) -> Option<B>,
{
    <This as stream::StreamExt>::scan(this, initial_state, f)
}

fn stream_ext_skip_while<This: stream::StreamExt + ?Sized, P>(
    this: This,
    predicate: P,
) -> stream::SkipWhile<This, P>
where
    This: Sized,
    P: FnMut(&This::Item) -> bool,
{
    <This as stream::StreamExt>::skip_while(this, predicate)
}

fn stream_ext_skip<This: stream::StreamExt + ?Sized>(this: This, n: usize) -> stream::Skip<This>
where
    This: Sized,
{
    <This as stream::StreamExt>::skip(this, n)
}

fn stream_ext_timeout<This: stream::StreamExt + ?Sized>(
    this: This,
    dur: Duration,
) -> stream::Timeout<This>
where
    This: stream::Stream + Sized,
{
    <This as stream::StreamExt>::timeout(this, dur)
}

fn stream_ext_try_fold<This: stream::StreamExt + ?Sized, F, T, E>(
    this: &mut This,
    init: T,
    f: F,
) -> impl Future<Output = Result<T, E>>
where
    This: Unpin + Sized,
    F: FnMut(T, This::Item) -> Result<T, E>,
{
    <This as stream::StreamExt>::try_fold(this, init, f)
}

fn stream_ext_try_for_each<This: stream::StreamExt + ?Sized, F, E>(
    this: &mut This,
    f: F,
) -> impl Future<Output = Result<(), E>>
where
    This: Unpin + Sized,
    F: FnMut(This::Item) -> Result<(), E>,
    This: Unpin,
{
    <This as stream::StreamExt>::try_for_each(this, f)
}

fn stream_ext_zip<This: stream::StreamExt + ?Sized, U>(this: This, other: U) -> stream::Zip<This, U>
where
    This: Sized,
    U: stream::Stream,
{
    <This as stream::StreamExt>::zip(this, other)
}

fn stream_ext_unzip<This: stream::StreamExt + ?Sized, A, B, FromA, FromB>(
    this: This,
) -> impl Future<Output = (FromA, FromB)>
where
    FromA: Default + stream::Extend<A>,
    FromB: Default + stream::Extend<B>,
    This: stream::Stream<Item = (A, B)> + Sized,
    This: stream::Stream<Item = (A, B)>,
    FromA: Default + std::iter::Extend<A>,
    FromB: Default + std::iter::Extend<B>,
{
    <This as stream::StreamExt>::unzip(this)
}

fn stream_ext_collect<'a, This: stream::StreamExt + ?Sized, B>(
    this: This,
) -> Pin<Box<dyn Future<Output = B> + Send + 'a>>
where
    This: Sized + 'a + Send,
    B: stream::FromStream<This::Item>,
    This::Item: Send,
{
    <This as stream::StreamExt>::collect(this)
}

fn stream_ext_merge<This: stream::StreamExt + ?Sized, U>(
    this: This,
    other: U,
) -> stream::Merge<This, U>
where
    This: Sized,
    U: stream::Stream<Item = This::Item> + Sized,
{
    <This as stream::StreamExt>::merge(this, other)
}

fn stream_ext_partial_cmp<This: stream::StreamExt + ?Sized, S>(
    this: This,
    other: S,
) -> impl Future<Output = Option<std::cmp::Ordering>>
where
    This: Sized + stream::Stream,
    S: stream::Stream,
    This::Item: PartialOrd<S::Item>,
{
    <This as stream::StreamExt>::partial_cmp(this, other)
}

fn stream_ext_position<This: stream::StreamExt + ?Sized, P>(
    this: &mut This,
    predicate: P,
) -> impl Future<Output = Option<usize>>
where
    This: Unpin + Sized,
    P: FnMut(This::Item) -> bool,
    This: Unpin,
{
    <This as stream::StreamExt>::position(this, predicate)
}

fn stream_ext_cmp<This: stream::StreamExt + ?Sized, S>(
    this: This,
    other: S,
) -> impl Future<Output = std::cmp::Ordering>
where
    This: Sized + stream::Stream,
    S: stream::Stream,
    This::Item: Ord,
    S: stream::Stream<Item = This::Item> + Sized + stream::Stream,
{
    <This as stream::StreamExt>::cmp(this, other)
}

fn stream_ext_count<This: stream::StreamExt + ?Sized>(this: This) -> impl Future<Output = usize>
where
    This: Sized,
{
    <This as stream::StreamExt>::count(this)
}

fn stream_ext_ne<This: stream::StreamExt + ?Sized, S>(
    this: This,
    other: S,
) -> impl Future<Output = bool>
where
    This: Sized,
    S: Sized + stream::Stream,
    This::Item: PartialEq<S::Item>,
{
    <This as stream::StreamExt>::ne(this, other)
}

fn stream_ext_ge<This: stream::StreamExt + ?Sized, S>(
    this: This,
    other: S,
) -> impl Future<Output = bool>
where
    This: Sized + stream::Stream,
    S: stream::Stream,
    This::Item: PartialOrd<S::Item>,
{
    <This as stream::StreamExt>::ge(this, other)
}

fn stream_ext_eq<This: stream::StreamExt + ?Sized, S>(
    this: This,
    other: S,
) -> impl Future<Output = bool>
where
    This: Sized + stream::Stream,
    S: Sized + stream::Stream,
    This::Item: PartialEq<S::Item>,
{
    <This as stream::StreamExt>::eq(this, other)
}

fn stream_ext_gt<This: stream::StreamExt + ?Sized, S>(
    this: This,
    other: S,
) -> impl Future<Output = bool>
where
    This: Sized + stream::Stream,
    S: stream::Stream,
    This::Item: PartialOrd<S::Item>,
{
    <This as stream::StreamExt>::gt(this, other)
}

fn stream_ext_le<This: stream::StreamExt + ?Sized, S>(
    this: This,
    other: S,
) -> impl Future<Output = bool>
where
    This: Sized + stream::Stream,
    S: stream::Stream,
    This::Item: PartialOrd<S::Item>,
{
    <This as stream::StreamExt>::le(this, other)
}

fn stream_ext_lt<This: stream::StreamExt + ?Sized, S>(
    this: This,
    other: S,
) -> impl Future<Output = bool>
where
    This: Sized + stream::Stream,
    S: stream::Stream,
    This::Item: PartialOrd<S::Item>,
{
    <This as stream::StreamExt>::lt(this, other)
}

fn stream_ext_sum<'a, This: stream::StreamExt + ?Sized, S>(
    this: This,
) -> Pin<Box<dyn Future<Output = S> + 'a>>
where
    This: Sized + stream::Stream<Item = S> + 'a,
    S: stream::Sum<This::Item>,
{
    <This as stream::StreamExt>::sum(this)
}

fn stream_ext_product<'a, This: stream::StreamExt + ?Sized, P>(
    this: This,
) -> Pin<Box<dyn Future<Output = P> + 'a>>
where
    This: Sized + stream::Stream<Item = P> + 'a,
    P: stream::Product,
{
    <This as stream::StreamExt>::product(this)
}

fn sum_sum<'a, This: stream::Sum<A>, A, S>(stream: S) -> Pin<Box<dyn Future<Output = This> + 'a>>
where
    S: stream::Stream<Item = A> + 'a,
{
    <This as stream::Sum<A>>::sum(stream)
}

fn empty<T>() -> stream::Empty<T> {
    stream::empty()
}

fn extend<'a, C, T, S>(collection: &'a mut C, stream: S) -> impl Future<Output = ()>
where
    C: stream::Extend<T>,
    S: stream::IntoStream<Item = T> + 'a,
    <S as stream::IntoStream>::IntoStream: Send,
{
    stream::extend(collection, stream)
}

fn from_fn<T, F>(f: F) -> stream::FromFn<F>
where
    F: FnMut() -> Option<T>,
{
    stream::from_fn(f)
}

fn from_iter<I: IntoIterator>(iter: I) -> stream::FromIter<<I as IntoIterator>::IntoIter> {
    stream::from_iter(iter)
}

fn interval(dur: Duration) -> stream::Interval {
    stream::interval(dur)
}

fn once<T>(t: T) -> stream::Once<T> {
    stream::once(t)
}

fn pending<T>() -> stream::Pending<T> {
    stream::pending()
}

fn repeat<T>(item: T) -> stream::Repeat<T>
where
    T: Clone,
{
    stream::repeat(item)
}

fn repeat_with<T, F>(repeater: F) -> stream::RepeatWith<F>
where
    F: FnMut() -> T,
{
    stream::repeat_with(repeater)
}

fn successors<F, T>(first: Option<T>, succ: F) -> stream::Successors<F, T>
where
    F: FnMut(&T) -> Option<T>,
{
    stream::successors(first, succ)
}

as_its_parts!([S, U] {stream::Chain<S, U>});
holds!([S: Debug, U: Debug] {stream::Chain<S, U>}: Debug);
holds!([S: Unpin, U: Unpin] {stream::Chain<S, U>}: Unpin);
holds!([S: stream::Stream, U: stream::Stream<Item = S::Item>] {stream::Chain<S, U>}: stream::Stream<Item = S::Item>);
as_its_parts!([S] {stream::Cloned<S>});
holds!([S: Debug] {stream::Cloned<S>}: Debug);
holds!([S: Unpin] {stream::Cloned<S>}: Unpin);
holds!(
    ['a, S, T]
    where [S: stream::Stream<Item = &'a T>, T: Clone + 'a]
    {stream::Cloned<S>}:
        stream::Stream<Item = T>
);
as_its_parts!([S] {stream::Copied<S>});
holds!([S: Debug] {stream::Copied<S>}: Debug);
holds!([S: Unpin] {stream::Copied<S>}: Unpin);
holds!(
    ['a, S, T]
    where [S: stream::Stream<Item = &'a T>, T: Copy + 'a]
    {stream::Copied<S>}:
        stream::Stream<Item = T>
);
holds!([S: Unpin] {stream::Delay<S>}: Unpin);
holds!([S] where [S: stream::Stream] {stream::Delay<S>}: stream::Stream<Item = S::Item>);
holds!([T] where [T: Send] {stream::Empty<T>}: Send);
holds!([T] where [T: Sync] {stream::Empty<T>}: Sync);
holds!([T] where [T: Unpin] {stream::Empty<T>}: Unpin);
holds!([T] where [T: UnwindSafe] {stream::Empty<T>}: UnwindSafe);
holds!([T] where [T: RefUnwindSafe] {stream::Empty<T>}: RefUnwindSafe);
holds!([T: Debug] {stream::Empty<T>}: Debug);
holds!([T] {stream::Empty<T>}: stream::Stream<Item = T>);
holds!(['a, I: stream::ExactSizeStream + ?Sized + Unpin] where [I: 'a] {&'a mut I}: stream::ExactSizeStream);
holds!({()}: stream::Extend<()> + stream::FromStream<()>);
holds!([T: Send] {Vec<T>}: stream::Extend<T> + stream::FromStream<T>);
holds!(
    {String}:
        stream::Extend<char> + stream::Extend<String> + stream::FromStream<char> + stream::FromStream<String>
);
holds!(
    ['b]
    {String}:
        stream::Extend<&'b char> + stream::Extend<&'b str> + stream::Extend<Cow<'b, str>>
        + stream::FromStream<&'b char> + stream::FromStream<&'b str> + stream::FromStream<Cow<'b, str>>
);
holds!([T: Ord + Send] {BinaryHeap<T>}: stream::Extend<T> + stream::FromStream<T>);
holds!([K: Ord + Send, V: Send] {BTreeMap<K, V>}: stream::Extend<(K, V)> + stream::FromStream<(K, V)>);
holds!([T: Ord + Send] {BTreeSet<T>}: stream::Extend<T> + stream::FromStream<T>);
holds!(
    [K, V, H]
    where [K: Eq + Hash + Send, V: Send, H: std::hash::BuildHasher + Default + Send]
    {HashMap<K, V, H>}:
        stream::Extend<(K, V)>
);
holds!(
    [T, H]
    where [T: Eq + Hash + Send, H: std::hash::BuildHasher + Default + Send]
    {HashSet<T, H>}:
        stream::Extend<T> + stream::FromStream<T>
);
holds!([T: Send] {LinkedList<T>}: stream::Extend<T> + stream::FromStream<T>);
holds!([T: Send] {VecDeque<T>}: stream::Extend<T> + stream::FromStream<T>);
as_its_parts!([S, P] {stream::Filter<S, P>});
holds!([S: Debug, P: Debug] {stream::Filter<S, P>}: Debug);
holds!([S: Unpin, P: Unpin] {stream::Filter<S, P>}: Unpin);
holds!(
    [S, P]
    where [S: stream::Stream, P: FnMut(&S::Item) -> bool]
    {stream::Filter<S, P>}:
        stream::Stream<Item = S::Item>
);
holds!([S, U, F] where [S: Send, F: Send, U: Send] {stream::FlatMap<S, U, F>}: Send);
holds!([S, U, F] where [S: Sync, F: Sync, U: Sync] {stream::FlatMap<S, U, F>}: Sync);
holds!([S, U, F] where [S: UnwindSafe, F: UnwindSafe, U: UnwindSafe] {stream::FlatMap<S, U, F>}: UnwindSafe);
holds!(
    [S, U, F]
    where [S: RefUnwindSafe, F: RefUnwindSafe, U: RefUnwindSafe]
    {stream::FlatMap<S, U, F>}:
        RefUnwindSafe
);
holds!([S: Unpin, U: Unpin, F: Unpin] {stream::FlatMap<S, U, F>}: Unpin);
holds!(
    [S, U, F]
    where [S: stream::Stream, U: stream::Stream, F: FnMut(S::Item) -> U]
    {stream::FlatMap<S, U, F>}:
        stream::Stream<Item = U::Item>
);
holds!(
    [S: stream::Stream]
    where [S: Send, S::Item: stream::IntoStream, <S::Item as stream::IntoStream>::IntoStream: Send]
    {stream::Flatten<S>}:
        Send
);
holds!(
    [S: stream::Stream]
    where [S: Sync, S::Item: stream::IntoStream, <S::Item as stream::IntoStream>::IntoStream: Sync]
    {stream::Flatten<S>}:
        Sync
);
holds!(
    [S: stream::Stream]
    where [S: UnwindSafe, S::Item: stream::IntoStream, <S::Item as stream::IntoStream>::IntoStream: UnwindSafe]
    {stream::Flatten<S>}:
        UnwindSafe
);
holds!(
    [S: stream::Stream]
    where [S: RefUnwindSafe, S::Item: stream::IntoStream, <S::Item as stream::IntoStream>::IntoStream: RefUnwindSafe]
    {stream::Flatten<S>}:
        RefUnwindSafe
);
holds!(
    [S: Unpin]
    where [S: stream::Stream, S::Item: stream::IntoStream, <S::Item as stream::IntoStream>::IntoStream: Unpin]
    {stream::Flatten<S>}:
        Unpin
);
holds!(
    [S, U]
    where [S: stream::Stream, S::Item: stream::IntoStream<IntoStream = U, Item = U::Item>, U: stream::Stream]
    {stream::Flatten<S>}:
        stream::Stream<Item = U::Item>
);
holds!(
    [S, U]
    where [S: Debug + stream::Stream, S::Item: stream::IntoStream<IntoStream = U, Item = U::Item>, U: Debug + stream::Stream]
    {stream::Flatten<S>}:
        Debug
);
as_its_parts!([F] {stream::FromFn<F>});
holds!([F: Clone] {stream::FromFn<F>}: Clone);
holds!([F: Debug] {stream::FromFn<F>}: Debug);
holds!([F: Unpin] {stream::FromFn<F>}: Unpin);
holds!([T, F] where [F: FnMut() -> Option<T>] {stream::FromFn<F>}: stream::Stream<Item = T>);
as_its_parts!([I] {stream::FromIter<I>});
holds!([I: Clone] {stream::FromIter<I>}: Clone);
holds!([I: Debug] {stream::FromIter<I>}: Debug);
holds!([I: Unpin] {stream::FromIter<I>}: Unpin);
holds!([I: Iterator] {stream::FromIter<I>}: stream::Stream<Item = I::Item>);
holds!([T: DoubleEndedIterator] {stream::FromIter<T>}: stream::DoubleEndedStream);
holds!(['b, T: Clone + Send + 'b] {Cow<'b, [T]>}: stream::FromStream<T>);
holds!([T: Send] {Box<[T]>}: stream::FromStream<T>);
holds!([T: Send] {Rc<[T]>}: stream::FromStream<T>);
holds!([T: Send] {Arc<[T]>}: stream::FromStream<T>);
holds!([T, E, V] where [T: Send, E: Send, V: stream::FromStream<T>] {Result<V, E>}: stream::FromStream<Result<T, E>>);
holds!([T: Send, V] where [V: stream::FromStream<T>] {Option<V>}: stream::FromStream<Option<T>>);
holds!(
    [K, V, H]
    where [K: Eq + Hash + Send, H: std::hash::BuildHasher + Default + Send, V: Send]
    {HashMap<K, V, H>}:
        stream::FromStream<(K, V)>
);
as_its_parts!([S] {stream::Fuse<S>});
holds!([S: Clone] {stream::Fuse<S>}: Clone);
holds!([S: Debug] {stream::Fuse<S>}: Debug);
holds!([S: Unpin] {stream::Fuse<S>}: Unpin);
holds!([S: stream::Stream] {stream::Fuse<S>}: stream::Stream<Item = S::Item>);
holds!(['a, S: stream::FusedStream + ?Sized + Unpin] where [S: 'a] {&'a mut S}: stream::FusedStream);
as_its_parts!([S, F] {stream::Inspect<S, F>});
holds!([S: Debug, F: Debug] {stream::Inspect<S, F>}: Debug);
holds!([S: Unpin, F: Unpin] {stream::Inspect<S, F>}: Unpin);
holds!([S, F] where [S: stream::Stream, F: FnMut(&S::Item)] {stream::Inspect<S, F>}: stream::Stream<Item = S::Item>);
holds!({stream::Interval}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + stream::Stream<Item = ()>);
holds!([I: stream::Stream] {I}: stream::IntoStream<Item = I::Item, IntoStream = I>);
as_its_parts!([S, F] {stream::Map<S, F>});
holds!([S: Debug, F: Debug] {stream::Map<S, F>}: Debug);
holds!([S: Unpin, F: Unpin] {stream::Map<S, F>}: Unpin);
holds!([S, F, B] where [S: stream::Stream, F: FnMut(S::Item) -> B] {stream::Map<S, F>}: stream::Stream<Item = B>);
as_its_parts!([L, R] {stream::Merge<L, R>});
holds!([L: Debug, R: Debug] {stream::Merge<L, R>}: Debug);
holds!([L: Unpin, R: Unpin] {stream::Merge<L, R>}: Unpin);
holds!(
    [L, R, T]
    where [L: stream::Stream<Item = T>, R: stream::Stream<Item = T>]
    {stream::Merge<L, R>}:
        stream::Stream<Item = T>
);
as_its_parts!([T] {stream::Once<T>});
holds!([T: Clone] {stream::Once<T>}: Clone);
holds!([T: Debug] {stream::Once<T>}: Debug);
holds!([T: Unpin] {stream::Once<T>}: Unpin);
holds!([T] {stream::Once<T>}: stream::Stream<Item = T> + stream::DoubleEndedStream);
holds!([T] where [T: Send] {stream::Pending<T>}: Send);
holds!([T] where [T: Sync] {stream::Pending<T>}: Sync);
holds!([T] where [T: Unpin] {stream::Pending<T>}: Unpin);
holds!([T] where [T: UnwindSafe] {stream::Pending<T>}: UnwindSafe);
holds!([T] where [T: RefUnwindSafe] {stream::Pending<T>}: RefUnwindSafe);
holds!([T: Debug] {stream::Pending<T>}: Debug);
holds!(
    [T]
    {stream::Pending<T>}:
        stream::Stream<Item = T> + stream::DoubleEndedStream + stream::FusedStream + stream::ExactSizeStream
);
holds!({i8}: stream::Product + stream::Sum);
holds!(['a] {i8}: stream::Product<&'a i8> + stream::Sum<&'a i8>);
holds!({i16}: stream::Product + stream::Sum);
holds!(['a] {i16}: stream::Product<&'a i16> + stream::Sum<&'a i16>);
holds!({i32}: stream::Product + stream::Sum);
holds!(['a] {i32}: stream::Product<&'a i32> + stream::Sum<&'a i32>);
holds!({i64}: stream::Product + stream::Sum);
holds!(['a] {i64}: stream::Product<&'a i64> + stream::Sum<&'a i64>);
holds!({i128}: stream::Product + stream::Sum);
holds!(['a] {i128}: stream::Product<&'a i128> + stream::Sum<&'a i128>);
holds!({isize}: stream::Product + stream::Sum);
holds!(['a] {isize}: stream::Product<&'a isize> + stream::Sum<&'a isize>);
holds!({u8}: stream::Product + stream::Sum);
holds!(['a] {u8}: stream::Product<&'a u8> + stream::Sum<&'a u8>);
holds!({u16}: stream::Product + stream::Sum);
holds!(['a] {u16}: stream::Product<&'a u16> + stream::Sum<&'a u16>);
holds!({u32}: stream::Product + stream::Sum);
holds!(['a] {u32}: stream::Product<&'a u32> + stream::Sum<&'a u32>);
holds!({u64}: stream::Product + stream::Sum);
holds!(['a] {u64}: stream::Product<&'a u64> + stream::Sum<&'a u64>);
holds!({u128}: stream::Product + stream::Sum);
holds!(['a] {u128}: stream::Product<&'a u128> + stream::Sum<&'a u128>);
holds!({usize}: stream::Product + stream::Sum);
holds!(['a] {usize}: stream::Product<&'a usize> + stream::Sum<&'a usize>);
holds!({Wrapping<i8>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<i8>}: stream::Product<&'a Wrapping<i8>> + stream::Sum<&'a Wrapping<i8>>);
holds!({Wrapping<i16>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<i16>}: stream::Product<&'a Wrapping<i16>> + stream::Sum<&'a Wrapping<i16>>);
holds!({Wrapping<i32>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<i32>}: stream::Product<&'a Wrapping<i32>> + stream::Sum<&'a Wrapping<i32>>);
holds!({Wrapping<i64>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<i64>}: stream::Product<&'a Wrapping<i64>> + stream::Sum<&'a Wrapping<i64>>);
holds!({Wrapping<i128>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<i128>}: stream::Product<&'a Wrapping<i128>> + stream::Sum<&'a Wrapping<i128>>);
holds!({Wrapping<isize>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<isize>}: stream::Product<&'a Wrapping<isize>> + stream::Sum<&'a Wrapping<isize>>);
holds!({Wrapping<u8>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<u8>}: stream::Product<&'a Wrapping<u8>> + stream::Sum<&'a Wrapping<u8>>);
holds!({Wrapping<u16>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<u16>}: stream::Product<&'a Wrapping<u16>> + stream::Sum<&'a Wrapping<u16>>);
holds!({Wrapping<u32>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<u32>}: stream::Product<&'a Wrapping<u32>> + stream::Sum<&'a Wrapping<u32>>);
holds!({Wrapping<u64>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<u64>}: stream::Product<&'a Wrapping<u64>> + stream::Sum<&'a Wrapping<u64>>);
holds!({Wrapping<u128>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<u128>}: stream::Product<&'a Wrapping<u128>> + stream::Sum<&'a Wrapping<u128>>);
holds!({Wrapping<usize>}: stream::Product + stream::Sum);
holds!(['a] {Wrapping<usize>}: stream::Product<&'a Wrapping<usize>> + stream::Sum<&'a Wrapping<usize>>);
holds!({f32}: stream::Product + stream::Sum);
holds!(['a] {f32}: stream::Product<&'a f32> + stream::Sum<&'a f32>);
holds!({f64}: stream::Product + stream::Sum);
holds!(['a] {f64}: stream::Product<&'a f64> + stream::Sum<&'a f64>);
holds!([T, U, E] where [T: stream::Product<U>] {Result<T, E>}: stream::Product<Result<U, E>>);
holds!([T, U] where [T: stream::Product<U>] {Option<T>}: stream::Product<Option<U>>);
holds!([T] where [T: Send] {stream::Repeat<T>}: Send);
holds!([T] where [T: Sync] {stream::Repeat<T>}: Sync);
holds!([T] where [T: Unpin] {stream::Repeat<T>}: Unpin);
holds!([T] where [T: UnwindSafe] {stream::Repeat<T>}: UnwindSafe);
holds!([T] where [T: RefUnwindSafe] {stream::Repeat<T>}: RefUnwindSafe);
holds!([T: Clone] {stream::Repeat<T>}: Clone + stream::Stream<Item = T>);
holds!([T: Debug] {stream::Repeat<T>}: Debug);
as_its_parts!([F] {stream::RepeatWith<F>});
holds!([F: Clone] {stream::RepeatWith<F>}: Clone);
holds!([F: Debug] {stream::RepeatWith<F>}: Debug);
holds!([F: Unpin] {stream::RepeatWith<F>}: Unpin);
holds!([T, F] where [F: FnMut() -> T] {stream::RepeatWith<F>}: stream::Stream<Item = T>);
holds!([S, St, F] where [S: Send, St: Send, F: Send] {stream::Scan<S, St, F>}: Send);
holds!([S, St, F] where [S: Sync, St: Sync, F: Sync] {stream::Scan<S, St, F>}: Sync);
holds!([S, St, F] where [S: UnwindSafe, St: UnwindSafe, F: UnwindSafe] {stream::Scan<S, St, F>}: UnwindSafe);
holds!(
    [S, St, F]
    where [S: RefUnwindSafe, St: RefUnwindSafe, F: RefUnwindSafe]
    {stream::Scan<S, St, F>}:
        RefUnwindSafe
);
holds!([S: Debug, St: Debug, F: Debug] {stream::Scan<S, St, F>}: Debug);
holds!([S: Unpin, St: Unpin, F: Unpin] {stream::Scan<S, St, F>}: Unpin);
holds!(
    [S, St, F, B]
    where [S: stream::Stream, F: FnMut(&mut St, S::Item) -> Option<B>]
    {stream::Scan<S, St, F>}:
        stream::Stream<Item = B>
);
as_its_parts!([S] {stream::Skip<S>});
holds!([S: Debug] {stream::Skip<S>}: Debug);
holds!([S: Unpin] {stream::Skip<S>}: Unpin);
holds!([S] where [S: stream::Stream] {stream::Skip<S>}: stream::Stream<Item = S::Item>);
as_its_parts!([S, P] {stream::SkipWhile<S, P>});
holds!([S: Debug, P: Debug] {stream::SkipWhile<S, P>}: Debug);
holds!([S: Unpin, P: Unpin] {stream::SkipWhile<S, P>}: Unpin);
holds!(
    [S, P]
    where [S: stream::Stream, P: FnMut(&S::Item) -> bool]
    {stream::SkipWhile<S, P>}:
        stream::Stream<Item = S::Item>
);
as_its_parts!([S] {stream::StepBy<S>});
holds!([S: Debug] {stream::StepBy<S>}: Debug);
holds!([S: Unpin] {stream::StepBy<S>}: Unpin);
holds!([S] where [S: stream::Stream] {stream::StepBy<S>}: stream::Stream<Item = S::Item>);
holds!([T: stream::Stream + ?Sized] {T}: stream::StreamExt);
holds!([F, T] where [F: FnMut(&T) -> Option<T> + Send, T: Send] {stream::Successors<F, T>}: Send);
holds!([F, T] where [F: FnMut(&T) -> Option<T> + Sync, T: Sync] {stream::Successors<F, T>}: Sync);
holds!([F, T] where [F: FnMut(&T) -> Option<T> + UnwindSafe, T: UnwindSafe] {stream::Successors<F, T>}: UnwindSafe);
holds!(
    [F, T]
    where [F: FnMut(&T) -> Option<T> + RefUnwindSafe, T: RefUnwindSafe]
    {stream::Successors<F, T>}:
        RefUnwindSafe
);
holds!([F, T: Debug] where [F: FnMut(&T) -> Option<T> + Debug] {stream::Successors<F, T>}: Debug);
holds!([F: Unpin, T: Unpin] where [F: FnMut(&T) -> Option<T>] {stream::Successors<F, T>}: Unpin);
holds!([F, T] where [F: FnMut(&T) -> Option<T>] {stream::Successors<F, T>}: stream::Stream<Item = T>);
holds!([T, U, E] where [T: stream::Sum<U>] {Result<T, E>}: stream::Sum<Result<U, E>>);
holds!([T, U] where [T: stream::Sum<U>] {Option<T>}: stream::Sum<Option<U>>);
as_its_parts!([S] {stream::Take<S>});
holds!([S: Clone] {stream::Take<S>}: Clone);
holds!([S: Debug] {stream::Take<S>}: Debug);
holds!([S: Unpin] {stream::Take<S>}: Unpin);
holds!([S: stream::Stream] {stream::Take<S>}: stream::Stream<Item = S::Item>);
as_its_parts!([S, P] {stream::TakeWhile<S, P>});
holds!([S: Debug, P: Debug] {stream::TakeWhile<S, P>}: Debug);
holds!([S: Unpin, P: Unpin] {stream::TakeWhile<S, P>}: Unpin);
holds!(
    [S, P]
    where [S: stream::Stream, P: FnMut(&S::Item) -> bool]
    {stream::TakeWhile<S, P>}:
        stream::Stream<Item = S::Item>
);
holds!([S: Unpin] {stream::Throttle<S>}: Unpin);
holds!([S: stream::Stream] {stream::Throttle<S>}: stream::Stream<Item = S::Item>);
as_its_parts!([S: stream::Stream] {stream::Timeout<S>});
holds!([S: Debug + stream::Stream] {stream::Timeout<S>}: Debug);
holds!([S: stream::Stream + Unpin] {stream::Timeout<S>}: Unpin);
holds!([S: stream::Stream] {stream::Timeout<S>}: stream::Stream<Item = Result<S::Item, stream::TimeoutError>>);
holds!(
    {stream::TimeoutError}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Clone + Copy + Debug + Eq + PartialEq + std::error::Error
        + Display
);
holds!([A: stream::Stream, B] where [A: Send, B: Send, A::Item: Send] {stream::Zip<A, B>}: Send);
holds!([A: stream::Stream, B] where [A: Sync, B: Sync, A::Item: Sync] {stream::Zip<A, B>}: Sync);
holds!(
    [A: stream::Stream, B]
    where [A: UnwindSafe, B: UnwindSafe, A::Item: UnwindSafe]
    {stream::Zip<A, B>}:
        UnwindSafe
);
holds!(
    [A: stream::Stream, B]
    where [A: RefUnwindSafe, B: RefUnwindSafe, A::Item: RefUnwindSafe]
    {stream::Zip<A, B>}:
        RefUnwindSafe
);
holds!([A: stream::Stream + Unpin, B: Unpin] {stream::Zip<A, B>}: Unpin);
holds!([A: stream::Stream + Debug, B: Debug] {stream::Zip<A, B>}: Debug);
holds!([A: stream::Stream, B: stream::Stream] {stream::Zip<A, B>}: stream::Stream<Item = (A::Item, B::Item)>);
