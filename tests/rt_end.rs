//! The end of a runtime under attack: tasks that wait in a nested `block_on`, threads that are slow to go, who ends it and where.

mod support;

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use support::{Counter, CountsDrop, Flag, LIMIT, runtime, within};
use unstall::task;

/// Longer than any test waits: if somebody waits for it, that is a hang.
const LONG: Duration = Duration::from_secs(10);

/// A task waits in a nested `block_on`, where it would run what is queued if there were no thread for that. At the end there is
/// none; but what is queued then is to be dropped.
#[test]
fn nothing_is_polled_after_the_end_by_a_task_that_waits_in_a_nested_block_on() {
    within(2 * LIMIT, || {
        const TASKS: usize = 300;
        for round in 0..20 {
            let rt = runtime(1);
            let (polls, dropped, inside) = (Counter::new(), Counter::new(), Flag::new());
            let (sender, receiver) = async_channel::bounded::<()>(1);
            drop(rt.spawn({
                let inside = inside.clone();
                async move {
                    // Until all the other tasks are dropped.
                    task::block_on(async {
                        inside.set();
                        let _closed = receiver.recv().await;
                    });
                }
            }));
            for _ in 0..TASKS {
                let (polls, guard, sender) =
                    (polls.clone(), CountsDrop(dropped.clone()), sender.clone());
                drop(rt.spawn(async move {
                    let _held = (guard, sender);
                    poll_fn(|_| {
                        polls.hit();
                        Poll::<()>::Pending
                    })
                    .await;
                }));
            }
            drop(sender);
            inside.wait("the nested block_on");
            polls.reaches(TASKS, "all tasks to wait");
            let report = rt.shutdown(LONG);
            assert_eq!(polls.get(), TASKS, "round {round}: polled after the end");
            assert!(report.is_complete(), "round {round}: {report}");
            assert_eq!(dropped.get(), TASKS);
        }
    });
}
