//! Far more blocked tasks than threads that the quotas allow.

mod support;

use std::thread;
use std::time::Duration;

use support::{Counter, runtime, within};

/// About twelve seconds: six rounds of the 512 threads that may be detached at a time, two seconds each.
#[test]
fn three_thousand_tasks_sleep_in_std_and_all_complete() {
    within(Duration::from_secs(180), || {
        const TASKS: usize = 3000;
        let rt = runtime(2);
        let done = Counter::new();
        let tasks: Vec<_> = (0..TASKS)
            .map(|i| {
                let done = done.clone();
                rt.spawn(async move {
                    thread::sleep(Duration::from_secs(2));
                    done.hit();
                    i
                })
            })
            .collect();
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(rt.block_on(task), i);
        }
        assert_eq!(done.get(), TASKS);
        // Workers, the quota of detached ones, standbys: not a thread for each task.
        let metrics = rt.metrics();
        assert!(metrics.threads_peak <= 600, "{metrics:?}");
        assert!(metrics.active <= 2, "{metrics:?}");
    });
}
