//! Futures joined, raced, delayed and limited.

mod support;

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use futures_lite::future::{poll_once, yield_now};
use support::{Counter, CountsDrop, HOUR, LIMIT, within};
use unstall::future::{self, IntoFuture, pending, ready};
use unstall::{prelude::*, task};

fn run<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    within(LIMIT, || task::block_on(future))
}

/// Completes at the second poll.
async fn later<T>(value: T) -> T {
    yield_now().await;
    value
}

#[test]
fn joined_futures_give_both_outputs_whichever_is_first() {
    run(async {
        assert_eq!(ready(1).join(later("two")).await, (1, "two"));
        assert_eq!(later(1).join(ready("two")).await, (1, "two"));
        assert_eq!(ready(1).join(ready(2)).join(later(3)).await, ((1, 2), 3));
    });
}

#[test]
fn each_joined_future_is_dropped_once() {
    let drops = Counter::new();
    let (one, two) = (CountsDrop(drops.clone()), CountsDrop(drops.clone()));
    run(async move {
        let joined = ready(one).join(async move {
            let _two = two;
            pending::<()>().await;
        });
        assert!(poll_once(joined).await.is_none());
    });
    assert_eq!(drops.get(), 2);
}

#[test]
fn a_failure_ends_a_fallible_join_at_once() {
    run(async {
        type Never = Result<u8, &'static str>;
        let fails = || later(Err::<u8, _>("no"));
        assert_eq!(pending::<Never>().try_join(fails()).await, Err("no"));
        assert_eq!(fails().try_join(pending::<Never>()).await, Err("no"));
        let both = later(Ok::<_, &str>(1)).try_join(ready(Ok("two")));
        assert_eq!(both.await, Ok((1, "two")));
    });
}

#[test]
fn the_first_of_a_race_wins_and_the_left_one_a_draw() {
    run(async {
        assert_eq!(later(1).race(ready(2)).await, 2);
        assert_eq!(ready(1).race(ready(2)).await, 1);
        assert_eq!(pending().race(later(2)).await, 2);
    });
}

#[test]
fn a_fallible_race_goes_on_after_the_first_failure() {
    run(async {
        type Outcome = Result<u8, &'static str>;
        assert_eq!(
            ready(Err("left")).try_race(later(Ok(2))).await,
            Outcome::Ok(2)
        );
        assert_eq!(
            later(Ok(1)).try_race(ready(Err("right"))).await,
            Outcome::Ok(1)
        );
        // That of the right one, whichever came first.
        let both: Outcome = ready(Err("left")).try_race(later(Err("right"))).await;
        assert_eq!(both, Err("right"));
        let both: Outcome = later(Err("left")).try_race(ready(Err("right"))).await;
        assert_eq!(both, Err("right"));
    });
}

#[test]
fn a_nested_future_is_awaited_through() {
    run(async {
        assert_eq!(later(later(7)).flatten().await, 7);
        assert_eq!(later(later(later(7))).flatten().flatten().await, 7);
    });
}

#[test]
fn what_the_standard_library_can_turn_into_a_future_can_be_flattened() {
    struct Request(u8);

    impl std::future::IntoFuture for Request {
        type Output = u8;
        type IntoFuture = std::future::Ready<u8>;

        fn into_future(self) -> Self::IntoFuture {
            ready(self.0)
        }
    }

    run(async {
        assert_eq!(ready(Request(7)).flatten().await, 7);
        assert_eq!(IntoFuture::into_future(Request(7)).await, 7);
    });
}

#[test]
fn a_delayed_future_is_not_polled_before_its_time() {
    run(async {
        let start = Instant::now();
        let delay = Duration::from_millis(20);
        let began = async move { start.elapsed() }.delay(delay).await;
        assert!(began >= delay, "{began:?}");
        assert!(poll_once(ready(1).delay(HOUR)).await.is_none());
        assert!(poll_once(ready(1).delay(Duration::MAX)).await.is_none());
        assert_eq!(ready(1).delay(Duration::ZERO).await, 1);
    });
}

#[test]
fn the_time_of_a_limited_future_counts_from_the_call() {
    run(async {
        let limit = Duration::from_millis(10);
        let limited = pending::<()>().timeout(limit);
        task::sleep(limit * 2).await;
        // Over at the first poll.
        assert!(poll_once(limited).await.expect("is over").is_err());
        assert_eq!(later(1).timeout(HOUR).await, Ok(1));
    });
}

#[test]
fn an_io_timeout_is_an_error_of_its_kind() {
    run(async {
        let limit = Duration::from_millis(5);
        let slow = unstall::io::timeout(limit, pending::<io::Result<()>>()).await;
        assert_eq!(slow.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(unstall::io::timeout(HOUR, later(Ok(1))).await.unwrap(), 1);
        let own = future::ready(io::Result::<()>::Err(io::ErrorKind::NotFound.into()));
        let failed = unstall::io::timeout(HOUR, own).await;
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::NotFound);
    });
}

#[test]
fn what_sendable_futures_make_can_be_sent() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    run(async {
        let joined = sendable(ready(1).join(ready(2)));
        let raced = sendable(joined.race(pending()));
        assert_eq!(
            sendable(raced.delay(Duration::ZERO).timeout(HOUR)).await,
            Ok((1, 2))
        );
    });
}
