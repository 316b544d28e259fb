//! What streams and their combinators do beyond their items: when they ask, when they end, what they keep, whom they wake.

#[path = "support/streams.rs"]
mod streams;
mod support;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use streams::Answer::{Later, Now};
use streams::{Scripted, counting_waker, drive, poll, poll_next};
use support::{HOUR, LIMIT, panic_of, within};
use unstall::prelude::*;
use unstall::stream::{self, FromStream};
use unstall::{future, task};

#[test]
fn combinators_ask_for_nothing_before_they_are_polled() {
    let source = Scripted::new([Now(Some(1)), Now(None)]);
    let polls = source.polls();
    let mut s = source
        .map(|_| panic!("not asked for"))
        .filter(|(): &()| true)
        .skip(1)
        .take(0);
    assert_eq!(poll_next(&mut s), Poll::Ready(None));
    assert_eq!(polls.get(), 0);
}

#[test]
fn an_end_is_the_end_for_those_that_say_so() {
    let twice = || Scripted::new([Now(Some(1)), Now(None), Now(Some(2)), Now(None)]);

    let mut fused = twice().fuse();
    let mut taken = twice().take(3);
    let mut refused = twice().take_while(|_| false);
    assert_eq!(poll_next(&mut fused), Poll::Ready(Some(1)));
    assert_eq!(poll_next(&mut taken), Poll::Ready(Some(1)));
    for _ in 0..3 {
        assert_eq!(poll_next(&mut fused), Poll::Ready(None));
        assert_eq!(poll_next(&mut taken), Poll::Ready(None));
        assert_eq!(poll_next(&mut refused), Poll::Ready(None));
    }
    // The end of one part of a chain or a merge is passed over once.
    assert_eq!(drive(twice().chain(twice()).count()), 2);
    assert_eq!(drive(twice().merge(twice()).count()), 2);
}

#[test]
fn cycling_an_empty_stream_ends_even_if_the_stream_is_slow() {
    let slow = Scripted::<u8>::new([Later, Now(None)]);
    assert_eq!(drive(slow.cycle().next()), None);
}

#[test]
fn merge_lets_nobody_keep_the_other_out() {
    let mut s = stream::repeat('a').merge(stream::repeat('b'));
    let first: String = drive(
        s.by_ref()
            .take(10)
            .fold(String::new(), |text, c| text + &c.to_string()),
    );
    assert_eq!(first.matches('a').count(), 5, "{first}");

    let mut one_sided = stream::pending().merge(stream::once(1));
    assert_eq!(poll_next(&mut one_sided), Poll::Ready(Some(1)));
    assert_eq!(poll_next(&mut one_sided), Poll::Pending);
}

#[test]
fn a_zip_or_a_comparison_keeps_an_item_that_waits_for_its_partner() {
    let late = || Scripted::new([Later, Now(Some('a')), Later, Now(None)]);
    let mut pairs = stream::from_iter([1, 2]).zip(late());
    assert_eq!(poll_next(&mut pairs), Poll::Pending);
    assert_eq!(pairs.size_hint(), (1, Some(1)));
    assert_eq!(poll_next(&mut pairs), Poll::Ready(Some((1, 'a'))));

    assert!(drive(stream::once('a').eq(late())));
    assert!(!drive(stream::once('a').ne(late())));
    assert!(drive(stream::once('b').gt(late())));
}

#[test]
fn a_search_that_is_dropped_goes_on_where_it_was() {
    let mut s = Scripted::new([Now(Some(1)), Later, Now(Some(2)), Now(Some(3))]);
    {
        let mut search = s.find(|n| *n == 9);
        assert_eq!(poll(&mut search), Poll::Pending);
    }
    assert_eq!(drive(s.next()), Some(2));
    {
        let _unpolled = s.next();
    }
    assert_eq!(drive(s.next()), Some(3));
}

#[test]
fn a_stream_that_is_always_ready_lets_others_have_a_turn() {
    within(LIMIT, || {
        // Each of these would go on for ever in one poll.
        let endless = || stream::repeat(1);
        let (waker, wakes) = counting_waker();
        let mut cx = Context::from_waker(&waker);
        macro_rules! gives_way {
            ($($future:expr),* $(,)?) => { $(
                let before = wakes.get();
                assert!(Box::pin($future).as_mut().poll(&mut cx).is_pending());
                assert_eq!(wakes.get(), before + 1, "it comes back by itself");
            )* };
        }
        gives_way!(
            endless().count(),
            endless().last(),
            endless().max(),
            endless().min_by_key(|n| *n),
            endless().fold(0, |_, n| n),
            endless().for_each(drop),
            endless().all(|_| true),
            endless().any(|_| false),
            endless().find(|_| false),
            endless().find_map(|_| None::<()>),
            endless().position(|_| false),
            endless().nth(usize::MAX),
            endless().try_for_each(|_| Ok::<_, ()>(())),
            endless().filter(|_| false).next(),
            endless().filter_map(|_| None::<()>).next(),
            endless().skip(usize::MAX).next(),
            endless().skip_while(|_| true).next(),
            endless().step_by(usize::MAX).nth(1),
            endless().flat_map(|_| stream::empty::<()>()).next(),
            endless().cmp(endless()),
            endless().eq(endless()),
            endless().partition::<Vec<_>, _>(|_| true),
            endless().map(|n| (n, n)).unzip::<_, _, Vec<_>, Vec<_>>(),
            stream::from_iter(0..u64::MAX).rfind(|_| false),
        );
        let limited = future::timeout(Duration::from_millis(5), endless().count());
        assert!(task::block_on(limited).is_err());
    });
}

#[test]
fn a_step_of_zero_is_refused() {
    assert!(panic_of(|| stream::once(1).step_by(0)).contains("step"));
}

#[test]
fn every_collection_is_collected_and_extended() {
    let pairs = || stream::from_iter([(1, 'a'), (2, 'b')]);
    let items = || stream::from_iter([3, 1, 2]);
    drive(async {
        assert_eq!(items().collect::<Vec<_>>().await, [3, 1, 2]);
        assert_eq!(*items().collect::<Box<[_]>>().await, [3, 1, 2]);
        assert_eq!(*items().collect::<Rc<[_]>>().await, [3, 1, 2]);
        assert_eq!(*items().collect::<Arc<[_]>>().await, [3, 1, 2]);
        assert_eq!(
            items().collect::<Cow<'_, [_]>>().await,
            [3, 1, 2].as_slice()
        );
        assert_eq!(items().collect::<VecDeque<_>>().await, [3, 1, 2]);
        assert_eq!(items().collect::<LinkedList<_>>().await, [3, 1, 2].into());
        assert_eq!(items().collect::<BTreeSet<_>>().await, [1, 2, 3].into());
        assert_eq!(items().collect::<HashSet<_>>().await, [1, 2, 3].into());
        let heap = items().collect::<BinaryHeap<_>>().await;
        assert_eq!(heap.into_sorted_vec(), [1, 2, 3]);
        let map = [(1, 'a'), (2, 'b')];
        assert_eq!(pairs().collect::<BTreeMap<_, _>>().await, map.into());
        assert_eq!(pairs().collect::<HashMap<_, _>>().await, map.into());
        stream::repeat(()).take(3).collect::<()>().await;

        let pieces = ["a", "bc"];
        assert_eq!(stream::from_iter(pieces).collect::<String>().await, "abc");
        let owned = stream::from_iter(pieces).map(String::from);
        assert_eq!(owned.collect::<String>().await, "abc");
        let cows = stream::from_iter(pieces).map(Cow::Borrowed);
        assert_eq!(cows.collect::<String>().await, "abc");
        assert_eq!(
            stream::from_iter(&['a', 'b']).collect::<String>().await,
            "ab"
        );
        let mut text = String::from("x");
        stream::extend(&mut text, stream::from_iter(['y'])).await;
        assert_eq!(text, "xy");
    });
}

#[test]
fn a_collection_of_results_or_options_stops_at_the_first_that_has_none() {
    // After the error, a poll would panic.
    let failing = Vec::from_stream(stream::empty::<u8>());
    assert!(drive(failing).is_empty());
    struct Fails(Vec<Option<Result<u8, &'static str>>>);
    impl Stream for Fails {
        type Item = Result<u8, &'static str>;
        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.pop().expect("polled after the error"))
        }
    }
    let failing = || Fails(vec![Some(Err("no")), Some(Ok(2)), Some(Ok(1))]);
    drive(async {
        assert_eq!(failing().collect::<Result<Vec<_>, _>>().await, Err("no"));
        assert_eq!(failing().sum().await, Err("no"));
        assert_eq!(failing().product().await, Err("no"));
        assert_eq!(
            failing().map(Result::ok).collect::<Option<Vec<_>>>().await,
            None
        );
        assert_eq!(failing().map(Result::ok).sum().await, None);
        assert_eq!(failing().map(Result::ok).product().await, None);
        let fine = || failing().take(2);
        assert_eq!(fine().collect::<Result<Vec<_>, _>>().await, Ok(vec![1, 2]));
        assert_eq!(fine().sum().await, Ok(3));
        assert_eq!(fine().map(Result::ok).product().await, Some(2));
    });
}

#[test]
fn collected_futures_can_move_to_other_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let collecting = is_send(stream::from_iter([1, 2]).collect::<Vec<_>>());
    assert_eq!(task::block_on(task::spawn(collecting)), [1, 2]);
}

#[test]
fn time_passes_where_it_is_asked_to() {
    within(LIMIT, || {
        task::block_on(async {
            let period = Duration::from_millis(10);
            let start = Instant::now();
            let mut ticks = stream::interval(period);
            ticks.next().await;
            assert!(start.elapsed() >= period);
            // Missed ticks are not made up for.
            std::thread::sleep(5 * period);
            let late = Instant::now();
            ticks.next().await;
            ticks.next().await;
            assert!(late.elapsed() >= period);

            let start = Instant::now();
            assert_eq!(stream::repeat(1).throttle(period).take(3).count().await, 3);
            assert!(start.elapsed() >= 2 * period);

            let start = Instant::now();
            let mut delayed = stream::from_iter([1, 2]).delay(period);
            assert_eq!(delayed.next().await, Some(1));
            assert!(start.elapsed() >= period);
            assert_eq!(delayed.next().await, Some(2));

            let mut silent = stream::once(1).chain(stream::pending()).timeout(period);
            assert_eq!(silent.next().await, Some(Ok(1)));
            assert!(silent.next().await.unwrap().is_err());
            assert!(silent.next().await.unwrap().is_err());
            let mut quick = stream::once(1).timeout(HOUR);
            assert_eq!(quick.next().await, Some(Ok(1)));
            assert_eq!(quick.next().await, None);
        });
    });
}

#[test]
fn futures_joined_and_raced() {
    fn ok(n: u8) -> std::future::Ready<Result<u8, &'static str>> {
        future::ready(Ok(n))
    }
    fn err(text: &'static str) -> std::future::Ready<Result<u8, &'static str>> {
        future::ready(Err(text))
    }
    async fn later<T>(result: T) -> T {
        task::yield_now().await;
        result
    }
    let never = || future::pending::<Result<u8, &str>>();
    task::block_on(async {
        assert_eq!(later(1).join(later(2)).await, (1, 2));
        assert_eq!(ok(1).join(later(2)).await, (Ok(1), 2));
        assert_eq!(ok(1).try_join(later(Ok(2))).await, Ok((1, 2)));
        assert_eq!(later(Ok::<_, &str>(1)).try_join(ok(2)).await, Ok((1, 2)));
        assert_eq!(never().try_join(err("no")).await, Err("no"));
        assert_eq!(err("no").try_join(never()).await, Err("no"));
        assert_eq!(ok(1).race(ok(2)).await, Ok(1));
        assert_eq!(never().race(later(Ok(2))).await, Ok(2));
        assert_eq!(err("a").try_race(later(Ok(2))).await, Ok(2));
        assert_eq!(later(Ok(1)).try_race(err("b")).await, Ok(1));
        assert_eq!(later(Err("a")).try_race(err("b")).await, Err("b"));
        assert_eq!(err("a").try_race(later(Err("b"))).await, Err("b"));
        assert_eq!(later(later(3)).flatten().await, 3);
        let start = Instant::now();
        let delayed = later(4).delay(Duration::from_millis(10));
        assert_eq!(delayed.timeout(HOUR).await, Ok(4));
        assert!(start.elapsed() >= Duration::from_millis(10));
    });
}
