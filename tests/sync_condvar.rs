//! Condition variables, and that the other locks are async-lock's.

mod support;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_lite::future::poll_once;
use support::{HOUR, LIMIT, within};
use unstall::sync::{Arc, Condvar, Mutex};
use unstall::{prelude::*, task};

fn run<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    within(LIMIT, || task::block_on(future))
}

#[test]
fn the_mutex_is_free_while_its_owner_waits() {
    run(async {
        let (mutex, changed) = (Mutex::new(1), Condvar::new());
        let mut wait = pin!(changed.wait(mutex.lock().await));
        assert!(poll_once(wait.as_mut()).await.is_none());
        *mutex.try_lock().expect("the mutex is free") = 2;
        changed.notify_one();
        let guard = wait.await;
        assert_eq!(*guard, 2);
        assert!(
            mutex.try_lock().is_none(),
            "the guard holds the mutex again"
        );
    });
}

#[test]
fn a_notification_that_nobody_waits_for_is_lost() {
    run(async {
        let (mutex, changed) = (Mutex::new(()), Condvar::new());
        changed.notify_one();
        changed.notify_all();
        let mut wait = pin!(changed.wait(mutex.lock().await));
        assert!(poll_once(wait.as_mut()).await.is_none());
        assert!(poll_once(wait.as_mut()).await.is_none());
    });
}

#[test]
fn two_notifications_wake_two_and_no_third() {
    run(async {
        let (mutex, changed) = (Mutex::new(()), Condvar::new());
        let mut waits = Vec::new();
        for _ in 0..3 {
            let mut wait = Box::pin(changed.wait(mutex.lock().await));
            assert!(poll_once(wait.as_mut()).await.is_none());
            waits.push(wait);
        }
        // Both before anybody has run.
        changed.notify_one();
        changed.notify_one();
        let mut woken = 0;
        for wait in &mut waits {
            woken += usize::from(poll_once(wait.as_mut()).await.is_some());
        }
        assert_eq!(woken, 2);
    });
}

#[test]
fn all_are_woken_and_get_the_mutex_in_turn() {
    run(async {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let mut tasks = task::JoinSet::new();
        for _ in 0..20 {
            let shared = shared.clone();
            tasks.spawn(async move {
                let (mutex, changed) = &*shared;
                let mut guard = changed.wait_until(mutex.lock().await, |n| *n > 0).await;
                *guard += 1;
            });
        }
        let (mutex, changed) = &*shared;
        *mutex.lock().await = 1;
        changed.notify_all();
        while let Some(ended) = tasks.join_next().await {
            ended.expect("no task panics");
        }
        assert_eq!(*mutex.lock().await, 21);
    });
}

#[test]
fn who_gives_up_hands_the_notification_on() {
    run(async {
        let (mutex, changed) = (Mutex::new(()), Condvar::new());
        let mut first = Box::pin(changed.wait(mutex.lock().await));
        assert!(poll_once(first.as_mut()).await.is_none());
        let mut second = pin!(changed.wait(mutex.lock().await));
        assert!(poll_once(second.as_mut()).await.is_none());
        changed.notify_one();
        drop(first);
        second.await;
    });
}

#[test]
fn a_limited_wait_says_how_it_ended() {
    run(async {
        let (mutex, changed) = (Mutex::new(0), Condvar::new());
        let short = Duration::from_millis(5);
        let (guard, result) = changed.wait_timeout(mutex.lock().await, short).await;
        assert!(result.timed_out());
        drop(guard);

        let mut wait = pin!(changed.wait_timeout(mutex.lock().await, HOUR));
        assert!(poll_once(wait.as_mut()).await.is_none());
        changed.notify_one();
        assert!(!wait.await.1.timed_out());
    });
}

#[test]
fn a_notification_counts_although_the_mutex_comes_late() {
    run(async {
        let (mutex, changed) = (Mutex::new(0), Condvar::new());
        let limit = Duration::from_millis(20);
        let mut wait = pin!(changed.wait_timeout(mutex.lock().await, limit));
        assert!(poll_once(wait.as_mut()).await.is_none());
        let held = mutex.lock().await;
        changed.notify_one();
        assert!(
            poll_once(wait.as_mut()).await.is_none(),
            "the mutex is held"
        );
        task::sleep(limit * 2).await;
        drop(held);
        assert!(!wait.await.1.timed_out());
    });
}

#[test]
fn a_limited_wait_for_a_condition_looks_at_it_first_and_last() {
    run(async {
        let (mutex, changed) = (Mutex::new(7), Condvar::new());
        let (guard, result) = changed
            .wait_timeout_until(mutex.lock().await, Duration::ZERO, |n| *n == 7)
            .await;
        assert!(!result.timed_out());
        let short = Duration::from_millis(5);
        let (guard, result) = changed.wait_timeout_until(guard, short, |n| *n == 8).await;
        assert!(result.timed_out());
        drop(guard);

        let waiter = changed.wait_timeout_until(mutex.lock().await, HOUR, |n| *n == 9);
        let setter = async {
            for n in 8..=9 {
                *mutex.lock().await = n;
                changed.notify_one();
                futures_lite::future::yield_now().await;
            }
        };
        let ((guard, result), ()) = waiter.join(setter).await;
        assert!(!result.timed_out());
        assert_eq!(*guard, 9);
    });
}

#[test]
fn the_other_locks_and_channels_are_those_that_every_crate_knows() {
    let mutex: async_lock::Mutex<u8> = unstall::sync::Mutex::new(1);
    let rw_lock: async_lock::RwLock<u8> = unstall::sync::RwLock::new(1);
    let barrier: async_lock::Barrier = unstall::sync::Barrier::new(2);
    let (sender, receiver): (async_channel::Sender<u8>, async_channel::Receiver<u8>) =
        unstall::channel::bounded(1);
    run(async move {
        assert_eq!(*mutex.lock().await, *rw_lock.read().await);
        let (one, two) = barrier.wait().join(barrier.wait()).await;
        assert!(one.is_leader() != two.is_leader());
        sender.send(7).await.expect("the receiver is there");
        assert_eq!(receiver.recv().await, Ok(7));
        assert_eq!(
            receiver.try_recv(),
            Err(unstall::channel::TryRecvError::Empty)
        );
    });
}
