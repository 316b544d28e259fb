//! What a runtime says of its end, against the books.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use unstall::{runtime::Shutdown, task::TaskId};

use crate::book::{Account, Entry};

/// The books of a runtime just before it is shut down.
#[derive(Debug)]
pub(crate) struct Closing {
    account: Arc<Account>,
    /// Tasks that had been spawned and had not ended.
    there: Vec<Arc<Entry>>,
    /// How many had ended.
    ended: usize,
    /// How many may have ended here and not yet in the runtime's own books: one a thread.
    late: usize,
    /// The task that shuts down its own runtime, and is not counted.
    own: Option<Arc<Entry>>,
}

impl Closing {
    /// `threads`: how many the runtime has.
    pub(crate) fn begin(
        account: &Arc<Account>,
        threads: usize,
        own: Option<Arc<Entry>>,
    ) -> Closing {
        let (mut there, mut ended) = (Vec::new(), 0);
        for entry in account.entries().iter().filter(|entry| !entry.is_local()) {
            if entry.how().is_some() {
                ended += 1;
            } else if entry.task().is_some() && !is(entry, own.as_ref()) {
                there.push(entry.clone());
            }
        }
        Closing {
            account: account.clone(),
            there,
            ended,
            late: threads,
            own,
        }
    }

    /// Compares the report with what has become of the tasks. `threads`: how many the runtime has now.
    ///
    /// # Errors
    ///
    /// What does not fit.
    pub(crate) fn check(&self, report: &Shutdown, threads: usize) -> Result<(), String> {
        let mut wrong = Vec::new();
        let left = self.check_left(report, &mut wrong);
        if report.is_complete() && threads > usize::from(self.own.is_some()) {
            wrong.push(format!("all threads have exited, and there are {threads}"));
        }

        let gone = || {
            let listed = |entry: &Entry| entry.task().is_some_and(|task| left.contains(&task));
            self.there.iter().filter(move |entry| !listed(entry))
        };
        for entry in gone().filter(|entry| entry.how().is_none()) {
            wrong.push(format!("this one is gone, and it is there: {entry}"));
        }
        // What the end has dropped; and all that can have been there when it began.
        let least = gone().filter(|entry| entry.ended_with_its_runtime());
        let least = least.count();
        let opened = self.account.entries();
        let opened = opened.iter().filter(|entry| !entry.is_local()).count();
        let most = opened - self.ended + self.late;
        if !(least..=most).contains(&report.cancelled) {
            wrong.push(format!(
                "{} tasks were cancelled, and by the books {least} at least and {most} at most",
                report.cancelled
            ));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!(
            "a runtime was shut down, and its report does not fit the books:\n  {}\nIt said: {report}",
            wrong.join("\n  ")
        ))
    }

    /// Each that is left behind is a task of the books, once, and not the one that shuts down.
    fn check_left(&self, report: &Shutdown, wrong: &mut Vec<String>) -> HashSet<TaskId> {
        let entries = self.account.entries().clone();
        let known: HashMap<_, _> = entries
            .iter()
            .filter_map(|entry| Some((entry.task()?, entry)))
            .collect();
        let mut left = HashSet::new();
        for item in &report.left {
            let Some(task) = &item.task else {
                if item.thread.is_none() {
                    wrong.push("neither a task nor a thread is left behind".into());
                }
                continue;
            };
            if !left.insert(task.id()) {
                wrong.push(format!("it is left behind twice: {item}"));
            }
            let is_known = match known.get(&task.id()) {
                Some(entry) => {
                    if is(entry, self.own.as_ref()) {
                        wrong.push(format!("it shuts the runtime down itself: {item}"));
                    }
                    entry.was_spawned_at(item.location)
                }
                // Whoever spawns it has not yet written down its number.
                None => entries
                    .iter()
                    .any(|entry| entry.task().is_none() && entry.was_spawned_at(item.location)),
            };
            if !is_known {
                wrong.push(format!(
                    "no task of the books has that number and place: {item}"
                ));
            }
        }
        left
    }
}

fn is(entry: &Arc<Entry>, other: Option<&Arc<Entry>>) -> bool {
    other.is_some_and(|other| Arc::ptr_eq(entry, other))
}
