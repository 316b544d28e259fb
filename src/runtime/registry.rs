//! The live tasks of one runtime, so that its end reaches those that nobody would ever wake, and can wait for them.
//!
//! Owns: for each task whose future exists, how to wake it and who it is. Called by: whoever spawns, whoever polls or drops
//! a future, whoever ends the runtime. Each shard has a lock, a leaf, under which no user code runs: wakers are cloned and
//! dropped outside. Deliberately does not know: what a task is; `W` is what somebody will want to know of it.
//!
//! The global runtime, which is never dropped, keeps none. async-executor keeps one list of wakers a runtime; here it is
//! in shards, and a thread's tasks are in one shard for as long as its block of ids lasts, so that threads seldom meet.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    task::Waker,
    time::{Duration, Instant},
};

use super::{
    scheduler::Scheduler,
    slot::{Item, Padded},
};
use crate::{
    fault,
    loom::sync::{Condvar, Mutex},
};

/// So many ids in a row are handed to one thread; their tasks are in one shard.
pub(crate) const BLOCK: u64 = 1024;

/// More than threads spawn at the same moment on most machines.
const SHARDS: usize = if cfg!(any(loom, shuttle)) { 2 } else { 16 };

/// A task whose future exists.
#[derive(Debug)]
struct Live<W> {
    who: W,
    waker: Waker,
}

#[derive(Debug)]
struct Shard<W> {
    live: HashMap<u64, Live<W>, BuildHasherDefault<ById>>,
    /// Those that have ended since the end was announced.
    ended: usize,
}

/// Who was there when the end was announced.
#[derive(Debug, Default)]
pub(crate) struct There {
    pub(crate) ids: Vec<u64>,
    /// … and had gone by the time at which somebody looked.
    pub(crate) gone: usize,
}

#[derive(Debug)]
pub(crate) struct Registry<W> {
    shards: [Padded<Mutex<Shard<W>>>; SHARDS],
    /// Changed under no other lock, by who has just ended a thread or dropped a task of a runtime that closes.
    changes: Mutex<()>,
    changed: Condvar,
}

impl<W: Clone> Registry<W> {
    pub(crate) fn new() -> Registry<W> {
        Registry {
            shards: std::array::from_fn(|_| {
                Padded(Mutex::new(Shard {
                    live: HashMap::default(),
                    ended: 0,
                }))
            }),
            changes: Mutex::new(()),
            changed: Condvar::new(),
        }
    }

    fn shard(&self, id: u64) -> &Mutex<Shard<W>> {
        &self.shards[(id / BLOCK) as usize % SHARDS].0
    }

    /// `live-1`: before a task is first scheduled, the runtime learns of it. If it has ended, the task is dropped.
    pub(crate) fn begin<T: Item>(
        &self,
        scheduler: &Scheduler<T>,
        item: T,
        describe: impl FnOnce(&T) -> (W, Waker),
    ) -> Option<T> {
        fault::step("live-1");
        let (who, waker) = describe(&item);
        let mut shard = self.shard(item.id()).lock().expect(NO_PANIC);
        // Under the lock: whom the visit of `close-4` did not find there never comes.
        if scheduler.pool.is_closing() {
            drop(shard);
            drop(waker);
            scheduler.drop_late(item);
            return None;
        }
        shard.live.insert(item.id(), Live { who, waker });
        Some(item)
    }

    /// `close-5`: a poll of a task that is registered ends, and the task will wait. If the runtime has ended meanwhile, the
    /// wake-up of `close-4` may have been for this very poll.
    pub(crate) fn poll_ends<T: Item>(&self, scheduler: &Scheduler<T>, waker: &Waker) {
        if scheduler.pool.is_closing() {
            fault::step("close-5");
            waker.wake_by_ref();
        }
    }

    /// The task's future has been dropped.
    pub(crate) fn end<T: Item>(&self, scheduler: &Scheduler<T>, id: u64) {
        let live = {
            let mut shard = self.shard(id).lock().expect(NO_PANIC);
            let live = shard.live.remove(&id);
            if live.is_some() && scheduler.pool.is_closing() {
                shard.ended += 1;
            }
            live
        };
        // After the lock: it may be the last that holds the task's memory.
        drop(live);
        if scheduler.pool.is_closing() {
            self.changed();
        }
    }

    /// `close-4`: wakes every task, after the end was announced (`close-1`), so that it is dropped where woken tasks go. Says
    /// who was there then: each task that was ever registered has either ended before, or is among these.
    pub(crate) fn wake_all(&self) -> There {
        let mut there = There::default();
        for shard in &self.shards {
            let wakers: Vec<Waker> = {
                let shard = shard.0.lock().expect(NO_PANIC);
                there.ids.extend(shard.live.keys());
                there.gone += shard.ended;
                shard.live.values().map(|live| live.waker.clone()).collect()
            };
            wakers.into_iter().for_each(Waker::wake);
        }
        there
    }

    pub(crate) fn len(&self) -> usize {
        let lens = self
            .shards
            .iter()
            .map(|shard| shard.0.lock().expect(NO_PANIC).live.len());
        lens.sum()
    }

    pub(crate) fn contains(&self, id: u64) -> bool {
        let shard = self.shard(id).lock().expect(NO_PANIC);
        shard.live.contains_key(&id)
    }

    /// Who is left.
    pub(crate) fn tasks(&self) -> Vec<W> {
        let mut tasks = Vec::new();
        for shard in &self.shards {
            let shard = shard.0.lock().expect(NO_PANIC);
            tasks.extend(shard.live.values().map(|live| live.who.clone()));
        }
        tasks
    }

    // --- waiting for the end ---

    /// Something that the end waits for has happened.
    pub(crate) fn changed(&self) {
        drop(self.changes.lock().expect(NO_PANIC));
        self.changed.notify_all();
    }

    /// Waits until `done`, which changes with `changed`. False if the deadline comes first.
    pub(crate) fn wait_until(&self, deadline: Option<Instant>, done: impl Fn() -> bool) -> bool {
        let mut changes = self.changes.lock().expect(NO_PANIC);
        while !done() {
            changes = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(changes).expect(NO_PANIC),
                Some(Duration::ZERO) => return false,
                Some(left) => self.changed.wait_timeout(changes, left).expect(NO_PANIC).0,
            };
        }
        true
    }
}

const NO_PANIC: &str = "nothing panics under these locks";

/// Ids are numbers that nobody can choose: spreading them is all that is needed.
#[derive(Debug, Default)]
pub(crate) struct ById(u64);

impl Hasher for ById {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a task's id is one number");
    }

    fn write_u64(&mut self, id: u64) {
        // Knuth's multiplicative hash: the table looks at the highest bits and at the lowest.
        self.0 = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
