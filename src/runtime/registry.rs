//! The live tasks of one runtime, so that its end reaches those that nobody would ever wake.
//!
//! Owns: for each task whose future exists, how to wake it, who it is and where it was spawned. Called by: whoever
//! spawns, whoever drops a future, whoever ends the runtime. Each shard has a lock, a leaf, under which no
//! user code runs: wakers are cloned and dropped outside.
//!
//! The global runtime, which is never dropped, keeps none. async-executor keeps one list of wakers a runtime; here it is
//! in shards, and a thread's tasks are in one shard for as long as its block of ids lasts, so that threads seldom meet.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    panic::Location,
    task::Waker,
};

use super::slot::Padded;
use crate::{
    loom::sync::Mutex,
    task::{Task, TaskId},
};

/// More than threads spawn at the same moment on most machines.
const SHARDS: usize = 16;

/// A task whose future exists.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) task: Task,
    pub(crate) location: &'static Location<'static>,
    waker: Waker,
}

impl Live {
    fn without_waker(&self) -> (Task, &'static Location<'static>) {
        (self.task.clone(), self.location)
    }
}

type Shard = HashMap<TaskId, Live, BuildHasherDefault<ById>>;

#[derive(Debug)]
pub(crate) struct Registry {
    shards: [Padded<Mutex<Shard>>; SHARDS],
}

impl Registry {
    pub(crate) fn new() -> Registry {
        Registry {
            shards: std::array::from_fn(|_| Padded(Mutex::default())),
        }
    }

    fn shard(&self, id: TaskId) -> &Mutex<Shard> {
        &self.shards[id.block() % SHARDS].0
    }

    /// `live-1`: before the task is scheduled for the first time.
    pub(crate) fn insert(&self, task: &Task, location: &'static Location<'static>, waker: Waker) {
        let live = Live {
            task: task.clone(),
            location,
            waker,
        };
        let mut shard = self.shard(task.id()).lock().expect(NO_PANIC);
        shard.insert(task.id(), live);
    }

    /// The task's future has been dropped.
    pub(crate) fn remove(&self, id: TaskId) {
        let live = self.shard(id).lock().expect(NO_PANIC).remove(&id);
        // After the lock: it may be the last that holds the task's memory.
        drop(live);
    }

    /// `close-4`: wakes every task, after the end was announced (`close-1`), so that it is dropped where woken tasks go.
    pub(crate) fn wake_all(&self) {
        for shard in &self.shards {
            let wakers: Vec<Waker> = {
                let shard = shard.0.lock().expect(NO_PANIC);
                shard.values().map(|live| live.waker.clone()).collect()
            };
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    pub(crate) fn len(&self) -> usize {
        let lens = self
            .shards
            .iter()
            .map(|shard| shard.0.lock().expect(NO_PANIC).len());
        lens.sum()
    }

    pub(crate) fn contains(&self, id: TaskId) -> bool {
        self.shard(id).lock().expect(NO_PANIC).contains_key(&id)
    }

    /// Who is there.
    pub(crate) fn ids(&self) -> Vec<TaskId> {
        let mut ids = Vec::new();
        for shard in &self.shards {
            ids.extend(shard.0.lock().expect(NO_PANIC).keys());
        }
        ids
    }

    /// Who is left.
    pub(crate) fn tasks(&self) -> Vec<(Task, &'static Location<'static>)> {
        let mut tasks = Vec::new();
        for shard in &self.shards {
            let shard = shard.0.lock().expect(NO_PANIC);
            tasks.extend(shard.values().map(Live::without_waker));
        }
        tasks
    }
}

const NO_PANIC: &str = "nothing panics under a shard's lock";

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
