//! The members of a `JoinSet` end while somebody waits for them, or while the set goes.

use std::task::{Context, Poll, Wake, Waker};

use loom::thread::{self, JoinHandle};

use super::{super::parker::Parker, model::check};
use crate::{
    loom::sync::{Arc, Counter},
    task::group::{Ended, Group, Key},
};

/// Wakes the thread that sleeps with this parker.
struct Unpark(Arc<Parker>);

impl Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

/// Counts how often outputs were dropped.
struct Output(std::sync::Arc<Counter>);

impl Drop for Output {
    fn drop(&mut self) {
        self.0.add(1);
    }
}

fn key(serial: u64) -> Key {
    Key { place: 0, serial }
}

/// A member that ends.
fn start<T: Send + 'static>(group: &Arc<Group<T>>, serial: u64, output: T) -> JoinHandle<()> {
    let group = group.clone();
    thread::spawn(move || group.push(key(serial), Ended::Completed(output)))
}

/// As `JoinSet::join_next` in `block_on`.
fn next<T>(group: &Group<T>) -> (Key, Ended<T>) {
    let parker = Arc::new(Parker::new());
    let waker = Waker::from(std::sync::Arc::new(Unpark(parker.clone())));
    loop {
        match group.poll_pop(&Context::from_waker(&waker)) {
            Poll::Ready(ended) => return ended,
            Poll::Pending => parker.park(),
        }
    }
}

/// Two end while one waits for both.
///
/// Sees: join-1, join-1.late, join-2.
#[test]
fn members_that_end_are_joined_once_each() {
    check(3, || {
        let group = Arc::new(Group::new());
        let members = [1, 2].map(|serial| start(&group, serial, serial));
        let mut joined = [next(&group), next(&group)].map(|(key, ended)| {
            let Ended::Completed(output) = ended else {
                panic!("all complete")
            };
            assert_eq!(key.serial, output);
            output
        });
        joined.sort_unstable();
        assert_eq!(joined, [1, 2]);
        for member in members {
            member.join().unwrap();
        }
        assert!(group.pop().is_none());
    });
}

/// It is polled with another waker than before: that one counts.
///
/// Sees: join-2.other.
#[test]
fn who_polled_last_is_woken() {
    check(3, || {
        let group = Arc::new(Group::new());
        let member = start(&group, 1, ());
        let before = group.poll_pop(&Context::from_waker(Waker::noop()));
        if before.is_pending() {
            next(&group);
        }
        member.join().unwrap();
        assert!(group.pop().is_none());
    });
}

/// The set is dropped, or detaches its members, while one of them ends: nobody would look at its list any more.
///
/// Sees: join-3, join-3.unseen.
#[test]
fn who_ends_when_the_set_goes_leaves_nothing() {
    check(3, || {
        let group = Arc::new(Group::new());
        let dropped = std::sync::Arc::new(Counter::default());
        let members = [1, 2].map(|serial| start(&group, serial, Output(dropped.clone())));
        drop(group.close());
        for member in members {
            member.join().unwrap();
        }
        assert_eq!(dropped.get(), 2);
    });
}
