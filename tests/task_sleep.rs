//! Time: sleeps end after their time and not before, and timeouts cut short what takes too long.

mod support;

use std::error::Error;
use std::future::Future;
use std::io;
use std::panic;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use futures_lite::future::{or, poll_once, yield_now};
use support::{Counter, CountsDrop, HOUR, LIMIT, in_child, within};
use unstall::future::{TimeoutError, pending, ready, timeout};
use unstall::task;

const SHORT: Duration = Duration::from_millis(20);

/// Runs a test's future, bounded in time.
fn run<T: Send + 'static>(test: impl Future<Output = T> + Send + 'static) -> T {
    within(LIMIT, || task::block_on(test))
}

#[test]
fn a_sleep_is_not_over_early() {
    run(async {
        for dur in [Duration::from_micros(1), Duration::from_millis(1), SHORT] {
            let start = Instant::now();
            task::sleep(dur).await;
            assert!(start.elapsed() >= dur);
        }
    });
}

#[test]
fn no_time_at_all_passes_at_once() {
    run(async {
        assert_eq!(poll_once(task::sleep(Duration::ZERO)).await, Some(()));
    });
}

#[test]
fn time_counts_from_the_first_poll() {
    run(async {
        let sleep = task::sleep(SHORT);
        std::thread::sleep(2 * SHORT);
        assert_eq!(poll_once(Box::pin(sleep)).await, None);

        let limited = timeout(SHORT, task::sleep(Duration::from_millis(1)));
        std::thread::sleep(2 * SHORT);
        assert_eq!(limited.await, Ok(()));
    });
}

#[test]
fn the_longest_sleep_loses_against_a_short_one() {
    // The second deadline lies within the clock's range on Linux, though not by much.
    let lengths = [
        Duration::MAX,
        Duration::from_secs(i64::MAX as u64 - 10_000_000_000),
        HOUR,
    ];
    for long in lengths {
        let winner = run(or(
            async move {
                task::sleep(long).await;
                "long"
            },
            async {
                task::sleep(SHORT).await;
                "short"
            },
        ));
        assert_eq!(winner, "short");
    }
}

#[test]
fn many_sleeps_end_together() {
    run(async {
        let start = Instant::now();
        let sleeps: Vec<_> = (0..2000).map(|_| task::spawn(task::sleep(SHORT))).collect();
        for sleep in sleeps {
            sleep.await;
        }
        assert!(start.elapsed() >= SHORT);
        assert!(
            start.elapsed() < 2000 * SHORT / 2,
            "they sleep side by side"
        );
    });
}

#[test]
fn a_sleep_moves_from_one_task_to_another() {
    run(async {
        let mut sleep = Box::pin(task::sleep(SHORT));
        assert_eq!(poll_once(&mut sleep).await, None);
        task::spawn(sleep).await;
    });
}

#[test]
fn a_dropped_sleep_wakes_nobody() {
    run(async {
        let mut polls = 0;
        let mut short = Some(Box::pin(task::sleep(SHORT)));
        let mut longer = Box::pin(task::sleep(5 * SHORT));
        std::future::poll_fn(|cx| {
            polls += 1;
            if let Some(mut sleep) = short.take() {
                assert!(sleep.as_mut().poll(cx).is_pending());
            }
            longer.as_mut().poll(cx)
        })
        .await;
        // The second poll is that of the longer sleep; a spare one may come from the executor.
        assert!(polls <= 3, "{polls} polls");
    });
}

#[test]
fn what_is_in_time_is_returned() {
    run(async {
        assert_eq!(timeout(HOUR, ready(1)).await, Ok(1));
        assert_eq!(timeout(HOUR, task::sleep(SHORT)).await, Ok(()));
        assert_eq!(timeout(Duration::MAX, task::sleep(SHORT)).await, Ok(()));
    });
}

#[test]
fn what_takes_too_long_is_dropped() {
    run(async {
        let drops = Counter::new();
        let held = CountsDrop(drops.clone());
        let start = Instant::now();
        let late = timeout(SHORT, async move {
            let _held = held;
            task::sleep(HOUR).await;
        });
        late.await.expect_err("an hour is too long");
        assert!(start.elapsed() >= SHORT);
        assert_eq!(drops.get(), 1);
    });
}

#[test]
fn no_time_at_all_is_time_for_one_poll() {
    run(async {
        assert_eq!(timeout(Duration::ZERO, ready(1)).await, Ok(1));
        timeout(Duration::ZERO, pending::<()>())
            .await
            .expect_err("there is no time");
        timeout(Duration::ZERO, yield_now())
            .await
            .expect_err("that takes two polls");
    });
}

#[test]
fn a_busy_future_is_cut_short_too() {
    run(async {
        let busy = async {
            loop {
                yield_now().await;
            }
        };
        let cut: Result<(), _> = timeout(SHORT, busy).await;
        cut.expect_err("it never ends");
    });
}

#[test]
fn the_shorter_of_nested_limits_counts() {
    run(async {
        let outer = timeout(HOUR, timeout(SHORT, pending::<()>())).await;
        assert!(matches!(outer, Ok(Err(_))));
        let outer = timeout(SHORT, timeout(HOUR, pending::<()>())).await;
        outer.expect_err("the outer limit is short");
    });
}

#[test]
fn a_timeouts_error_says_so_and_becomes_an_io_error() {
    fn is_error<T: Error + Clone + Send + Sync + 'static>(_: &T) {}

    let err: TimeoutError = run(timeout(Duration::ZERO, pending::<()>())).expect_err("no time");
    is_error(&err);
    assert_eq!(err.clone(), err);
    assert_eq!(err.to_string(), "future has timed out");
    assert!(!format!("{err:?}").is_empty());

    let err = io::Error::from(err);
    assert_eq!(err.kind(), io::ErrorKind::TimedOut);
    assert_eq!(err.to_string(), "future has timed out");
}

#[test]
fn timeouts_move_between_threads_with_what_they_hold() {
    fn movable<T: Send>(_: &T) {}

    let limited = timeout(SHORT, async { 1 });
    movable(&limited);
    movable(&task::sleep(SHORT));
    assert_eq!(run(async move { task::spawn(limited).await }), Ok(1));
}

/// Whoever waits in the reactor calls the waker.
#[test]
#[cfg_attr(
    unstall_portable,
    ignore = "it ends the thread of async-io that calls it"
)]
fn a_waker_that_panics_with_what_panics_harms_nobody() {
    struct Nasty;
    impl Drop for Nasty {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic::panic_any(Nasty);
        }
    }
    // In a process of its own, so that the thread of the test is the one that waits.
    in_child(
        "a_waker_that_panics_with_what_panics_harms_nobody",
        &[],
        || {
            let mut sleep = pin!(task::sleep(Duration::from_millis(50)));
            let waker = Waker::from(Arc::new(Panics));
            let _pending_or_late = sleep.as_mut().poll(&mut Context::from_waker(&waker));
            task::block_on(task::sleep(Duration::from_millis(100)));
        },
    );
}
