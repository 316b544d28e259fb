//! Which tasks stalled, where, how often and how long.
//!
//! Owns: the table of stalls of one runtime. Called by: a worker that came back (it pays for its own stall;
//! the monitor only leaves a note in the thread's record), and whoever asks. Its lock is a leaf.

use std::{collections::HashMap, fmt, panic::Location, time::Duration};

use super::{Shared, sys, threads::Stall};
use crate::{
    fork,
    loom::sync::{Mutex, MutexGuard},
};

/// What a stalled poll was doing.
///
/// # Examples
///
/// ```
/// use unstall::runtime::{StallKind, stalls};
///
/// let computed = stalls().into_iter().filter(|stall| stall.kind == StallKind::Burning);
/// for stall in computed {
///     println!("spawned at {}: {:?} at most", stall.location, stall.longest);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StallKind {
    /// Its thread slept in the kernel.
    #[non_exhaustive]
    Blocked {
        /// The system call's name; `None` in a page fault, or where the kernel does not tell.
        syscall: Option<&'static str>,
    },
    /// It computed.
    Burning,
    /// It did not move, and the system does not tell why.
    Unknown,
}

impl fmt::Display for StallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StallKind::Blocked {
                syscall: Some(name),
            } => write!(f, "blocked in {name}"),
            StallKind::Blocked { syscall: None } => f.write_str("blocked"),
            StallKind::Burning => f.write_str("burning CPU"),
            StallKind::Unknown => f.write_str("stuck"),
        }
    }
}

/// All stalls of one kind of the tasks that one line of the program spawned.
///
/// # Examples
///
/// ```
/// use unstall::runtime::{StallSummary, stalls};
///
/// fn worst() -> Option<StallSummary> {
///     stalls().into_iter().max_by_key(|stall| stall.longest)
/// }
/// # assert!(worst().is_none());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StallSummary {
    /// Where the tasks were spawned.
    pub location: &'static Location<'static>,
    /// What they were doing.
    pub kind: StallKind,
    /// How many polls stalled; those that still do are among them.
    pub count: u64,
    /// How long they took, together.
    pub total: Duration,
    /// How long the longest took.
    pub longest: Duration,
}

/// The monitor's verdict as it fits an atomic: 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note(u32);

impl Note {
    pub(crate) const NONE: Note = Note(0);
    pub(crate) const BURNING: Note = Note(1);
    pub(crate) const UNKNOWN: Note = Note(2);
    /// Off the CPU, in no system call that is known.
    pub(crate) const BLOCKED: Note = Note(3);
    const FIRST_SYSCALL: u32 = 4;

    pub(crate) fn blocked(syscall: Option<u32>) -> Note {
        syscall
            .and_then(|nr| nr.checked_add(Self::FIRST_SYSCALL))
            .map_or(Note::BLOCKED, Note)
    }

    pub(crate) fn from_word(word: u32) -> Note {
        Note(word)
    }

    pub(crate) fn word(self) -> u32 {
        self.0
    }

    fn kind(self) -> Option<StallKind> {
        Some(match self {
            Note::NONE => return None,
            Note::BURNING => StallKind::Burning,
            Note::UNKNOWN => StallKind::Unknown,
            Note(word) => StallKind::Blocked {
                syscall: word
                    .checked_sub(Self::FIRST_SYSCALL)
                    .and_then(sys::syscall_name),
            },
        })
    }
}

type Key = (&'static Location<'static>, StallKind);

#[derive(Debug, Default)]
struct Sum {
    count: u64,
    total: Duration,
    longest: Duration,
}

impl Sum {
    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.total += took;
        self.longest = self.longest.max(took);
    }
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Stalls {
    ended: Mutex<HashMap<Key, Sum>>,
}

impl Stalls {
    /// A stalled poll is over.
    pub(crate) fn record(&self, location: &'static Location<'static>, note: Note, took: Duration) {
        let Some(kind) = note.kind() else { return };
        self.lock().entry((location, kind)).or_default().add(took);
    }

    /// The owner of `stall`, if a poll of a task of this line was noted there that is over at `now`. Under the lock, so that whoever reads both finds it in
    /// one of them.
    pub(crate) fn take_note(
        &self,
        stall: &Stall,
        location: Option<&'static Location<'static>>,
        now: impl FnOnce() -> Duration,
    ) {
        if stall.noted().is_none() {
            return;
        }
        let now = now();
        let mut ended = self.lock();
        let Some((word, since)) = stall.take() else {
            return;
        };
        if let Some(key) = location.zip(Note::from_word(word).kind()) {
            let took = now.saturating_sub(Duration::from_nanos(since));
            ended.entry(key).or_default().add(took);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Sum>> {
        self.ended
            .lock()
            .expect("nothing panics under the table's lock")
    }

    /// What is over and what goes on, the longest in total first.
    pub(crate) fn summary(shared: &Shared, now: Duration) -> Vec<StallSummary> {
        fork::assert_no_child();
        let threads = shared.scheduler.pool.threads_ever_made();
        let goes_on = threads.map(|thread| (&thread.stall, || thread.slot.location()));
        shared.stalls.summary_with(goes_on, now)
    }

    fn summary_with<'a>(
        &self,
        goes_on: impl Iterator<
            Item = (
                &'a Stall,
                impl FnOnce() -> Option<&'static Location<'static>>,
            ),
        >,
        now: Duration,
    ) -> Vec<StallSummary> {
        let mut sums: HashMap<Key, Sum> = HashMap::new();
        // Before the notes are read: those that are taken meanwhile are taken under it.
        let ended = self.lock();
        for (stall, location) in goes_on {
            let Some((word, since)) = stall.noted() else {
                continue;
            };
            if let Some(key) = location().zip(Note::from_word(word).kind()) {
                sums.entry(key)
                    .or_default()
                    .add(now.saturating_sub(Duration::from_nanos(since)));
            }
        }
        for (key, ended) in ended.iter() {
            let sum = sums.entry(*key).or_default();
            sum.count += ended.count;
            sum.total += ended.total;
            sum.longest = sum.longest.max(ended.longest);
        }
        drop(ended);
        let mut all: Vec<_> = sums
            .into_iter()
            .map(|((location, kind), sum)| StallSummary {
                location,
                kind,
                count: sum.count,
                total: sum.total,
                longest: sum.longest,
            })
            .collect();
        all.sort_by_key(|stall| std::cmp::Reverse(stall.total));
        all
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use std::{sync::Mutex, thread};

    use super::*;

    static HERE: &Location<'static> = Location::caller();

    /// Once it was counted twice, or not at all, if it ended between two looks.
    #[test]
    fn a_stall_that_ends_just_now_is_counted_once() {
        const ALL: u64 = 20_000;

        let (stalls, stall) = (Stalls::default(), Stall::default());
        // How many had been begun, and how many noted.
        let [begun, noted] = [const { Mutex::new(0) }; 2];
        thread::scope(|scope| {
            scope.spawn(|| {
                for count in 1..=ALL {
                    *begun.lock().unwrap() = count;
                    stall.note(0, Note::BURNING.word());
                    *noted.lock().unwrap() = count;
                    stalls.take_note(&stall, Some(HERE), || Duration::ZERO);
                    if count % 2 == 0 {
                        thread::yield_now();
                    }
                }
            });
            let mut least = 0;
            while least < ALL {
                least = *noted.lock().unwrap();
                let goes_on = [(&stall, || Some(HERE))].into_iter();
                let summary = stalls.summary_with(goes_on, Duration::ZERO);
                let counted = summary.first().map_or(0, |stall| stall.count);
                let most = *begun.lock().unwrap();
                assert!(
                    (least..=most).contains(&counted),
                    "{counted} of {least} to {most}"
                );
            }
        });
    }
}
