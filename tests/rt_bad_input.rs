//! Settings that make no sense: each is an error or a warning that says which, and nothing panics.

mod support;

use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use support::{Flag, Gate, LIMIT, child, eventually, in_child, is_child, printed, stderr, within};
use unstall::runtime::{self, Builder};
use unstall::task;

/// `build()` refuses the settings, and says so with all of `words`.
#[track_caller]
fn assert_refused(builder: Builder, words: &[&str]) {
    let error = builder
        .build()
        .map(|_| ())
        .expect_err("these settings make no sense");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
}

#[test]
fn a_worker_count_out_of_range_is_refused() {
    within(LIMIT, || {
        assert_refused(
            Builder::new().worker_threads(0),
            &["worker", "0", "1", "1024"],
        );
        assert_refused(
            Builder::new().worker_threads(100_000),
            &["worker", "100000", "1", "1024"],
        );
        assert_refused(Builder::new().worker_threads(1025), &["worker", "1025"]);
        assert_refused(Builder::new().worker_threads(usize::MAX), &["worker"]);
    });
}

#[test]
fn quotas_below_the_worker_count_are_refused() {
    within(LIMIT, || {
        assert_refused(
            Builder::new().worker_threads(4).max_detached_threads(3),
            &["max_detached_threads", "3", "4"],
        );
        assert_refused(
            Builder::new().worker_threads(1).max_detached_threads(0),
            &["max_detached_threads", "0"],
        );
        assert_refused(
            Builder::new().worker_threads(4).max_blocking_threads(3),
            &["max_blocking_threads", "3", "4"],
        );
        assert_refused(
            Builder::new().worker_threads(1).max_blocking_threads(0),
            &["max_blocking_threads", "0"],
        );
        assert_refused(
            Builder::new().worker_threads(1).max_file_threads(0),
            &["max_file_threads", "0", "1"],
        );
        assert_refused(
            Builder::new().worker_threads(1).max_file_threads(40_000),
            &["max_file_threads", "40000", "32768"],
        );
    });
}

#[test]
fn the_smallest_quotas_work() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(2)
            .max_detached_threads(2)
            .max_blocking_threads(2)
            .build()
            .expect("these settings are allowed");
        let naps: Vec<_> = (0..10)
            .map(|_| rt.spawn(async { thread::sleep(Duration::from_millis(20)) }))
            .collect();
        let closures: Vec<_> = (0..10)
            .map(|_| rt.spawn_blocking(|| thread::sleep(Duration::from_millis(20))))
            .collect();
        for handle in naps.into_iter().chain(closures) {
            rt.block_on(handle);
        }
    });
}

#[test]
fn a_refused_builder_leaves_nothing_behind() {
    within(LIMIT, || {
        assert_refused(Builder::new().worker_threads(0), &["worker"]);
        let rt = Builder::new()
            .worker_threads(1)
            .build()
            .expect("the next one is fine");
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

#[test]
fn a_thread_name_with_a_nul_is_refused() {
    within(LIMIT, || {
        assert_refused(Builder::new().thread_name("a\0b"), &["thread_name"]);
    });
}

/// Two such stacks do not fit into the address space of any machine of today, so no thread can be made.
#[test]
#[cfg(target_pointer_width = "64")]
fn threads_that_cannot_be_created_are_an_error_of_build() {
    within(LIMIT, || {
        let error = Builder::new()
            .worker_threads(2)
            .stack_size(1 << 46)
            .build()
            .map(|_| ())
            .expect_err("there is no room for these stacks");
        assert!(!error.to_string().is_empty());
        let rt = support::runtime(1);
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

#[test]
#[cfg(target_pointer_width = "64")]
fn threads_that_cannot_be_created_are_an_error_of_build_global() {
    in_child(
        "threads_that_cannot_be_created_are_an_error_of_build_global",
        &[],
        || {
            Builder::new()
                .worker_threads(2)
                .stack_size(1 << 46)
                .build_global()
                .expect_err("there is no room for these stacks");
            // The next attempt finds the place free.
            Builder::new()
                .worker_threads(3)
                .build_global()
                .expect("nothing was left behind");
            assert_eq!(runtime::metrics().workers, 3);
        },
    );
}

#[test]
fn thresholds_below_the_noise_are_refused() {
    within(LIMIT, || {
        let hasty = Duration::from_micros(10);
        assert_refused(
            Builder::new().blocked_after(hasty),
            &["blocked_after", "10µs"],
        );
        assert_refused(
            Builder::new().burning_after(Duration::ZERO),
            &["burning_after", "0ns"],
        );
    });
}

#[test]
fn durations_beyond_the_clock_are_no_problem() {
    within(LIMIT, || {
        for keep_alive in [Duration::ZERO, Duration::MAX] {
            let rt = Builder::new()
                .worker_threads(2)
                .blocked_after(Duration::MAX)
                .burning_after(Duration::MAX)
                .keep_alive(keep_alive)
                .build()
                .expect("these settings are allowed");
            let naps: Vec<_> = (0..4)
                .map(|_| rt.spawn(async { thread::sleep(Duration::from_millis(20)) }))
                .collect();
            for nap in naps {
                rt.block_on(nap);
            }
            rt.block_on(rt.spawn_blocking(|| {}));
            rt.block_on(rt.spawn(task::sleep(Duration::from_millis(1))));
        }
    });
}

#[test]
fn the_global_runtime_is_configured_once() {
    in_child("the_global_runtime_is_configured_once", &[], || {
        Builder::new()
            .worker_threads(3)
            .thread_name("configured")
            .build_global()
            .expect("there is no global runtime yet");
        let name = task::block_on(task::spawn(async {
            thread::current().name().map(str::to_owned)
        }));
        assert!(
            name.as_ref()
                .is_some_and(|name| name.starts_with("configured")),
            "{name:?}"
        );
        assert_eq!(runtime::metrics().workers, 3);
        Builder::new()
            .worker_threads(2)
            .build_global()
            .expect_err("there is a global runtime");
        assert_eq!(runtime::metrics().workers, 3);
    });
}

#[test]
fn the_global_runtime_is_not_configured_after_its_first_use() {
    in_child(
        "the_global_runtime_is_not_configured_after_its_first_use",
        &[("UNSTALL_THREAD_COUNT", "2")],
        || {
            assert_eq!(task::block_on(task::spawn(async { 7 })), 7);
            let error = Builder::new()
                .worker_threads(3)
                .build_global()
                .expect_err("there is a global runtime");
            assert!(!error.to_string().is_empty());
            assert_eq!(runtime::metrics().workers, 2);
        },
    );
}

/// Runs this test in a child that uses the global runtime, which must have `workers` workers (`None`:
/// the default), and gives back what the child wrote to stderr.
fn warnings(test: &str, env: &[(&str, &str)], workers: Option<usize>) -> Option<String> {
    let default = thread::available_parallelism().map_or(1, usize::from);
    let workers = workers.unwrap_or(default).to_string();
    if is_child(test) {
        within(LIMIT, || {
            let expected = std::env::var("EXPECTED_WORKERS").expect("set by the parent");
            assert_eq!(task::block_on(task::spawn(async { 7 })), 7);
            assert_eq!(runtime::metrics().workers.to_string(), expected);
        });
        return None;
    }
    let env: Vec<_> = env
        .iter()
        .copied()
        .chain([("EXPECTED_WORKERS", workers.as_str())])
        .collect();
    let output = child(test, &env);
    assert!(output.status.success(), "{}", printed(&output));
    Some(stderr(&output))
}

#[test]
fn a_bad_thread_count_in_the_environment_is_named_and_the_default_used() {
    const TEST: &str = "a_bad_thread_count_in_the_environment_is_named_and_the_default_used";
    for name in ["UNSTALL_THREAD_COUNT", "ASYNC_STD_THREAD_COUNT"] {
        for value in ["0", "abc", "100000", "-1", "99999999999999999999999"] {
            let Some(warning) = warnings(TEST, &[(name, value)], None) else {
                return;
            };
            assert!(
                warning.lines().any(|line| line.contains("unstall")
                    && line.contains(name)
                    && line.contains(value)),
                "{name}={value}: {warning:?}"
            );
        }
    }
}

#[test]
fn a_good_thread_count_in_the_environment_is_used() {
    const TEST: &str = "a_good_thread_count_in_the_environment_is_used";
    let (ours, theirs) = ("UNSTALL_THREAD_COUNT", "ASYNC_STD_THREAD_COUNT");
    for (env, workers) in [
        (&[(ours, "3")][..], 3),
        (&[(theirs, "3")], 3),
        // Our own name is the stronger one.
        (&[(theirs, "5"), (ours, "3")], 3),
    ] {
        let Some(warning) = warnings(TEST, env, Some(workers)) else {
            return;
        };
        assert!(!warning.contains("THREAD_COUNT"), "{env:?}: {warning}");
    }
}

#[test]
fn the_thread_name_in_the_environment_is_used() {
    const TEST: &str = "the_thread_name_in_the_environment_is_used";
    for name in ["UNSTALL_THREAD_NAME", "ASYNC_STD_THREAD_NAME"] {
        in_child(TEST, &[(name, "renamed")], || {
            let name = task::block_on(task::spawn(async {
                thread::current().name().map(str::to_owned)
            }));
            assert!(
                name.as_ref()
                    .is_some_and(|name| name.starts_with("renamed")),
                "{name:?}"
            );
        });
        if is_child(TEST) {
            return;
        }
    }
}

#[test]
fn threads_are_named_after_the_crate_by_default() {
    in_child("threads_are_named_after_the_crate_by_default", &[], || {
        let name = task::block_on(task::spawn(async {
            thread::current().name().map(str::to_owned)
        }));
        assert!(
            name.as_ref()
                .is_some_and(|name| name.starts_with("unstall/")),
            "{name:?}"
        );
    });
}

/// Blocks the only worker of the global runtime, spawns a task and looks whether it is over by the time that
/// `wait` returns.
fn runs_behind_a_blocked_task(wait: impl FnOnce(&task::JoinHandle<()>)) -> bool {
    let gate = Gate::new();
    let _open = gate.opener();
    let stuck = Flag::new();
    let blocker = task::spawn({
        let (gate, stuck) = (gate.clone(), stuck.clone());
        async move {
            stuck.set();
            gate.pass();
        }
    });
    stuck.wait("the task to block");
    let behind = task::spawn(async {});
    wait(&behind);
    let ran = behind.is_finished();
    gate.open();
    task::block_on(async {
        blocker.await;
        behind.await;
    });
    ran
}

#[test]
fn the_environment_switches_detection_off() {
    in_child(
        "the_environment_switches_detection_off",
        &[("UNSTALL_THREAD_COUNT", "1"), ("UNSTALL_DETECTION", "off")],
        || {
            let nap = |_: &_| thread::sleep(Duration::from_millis(300));
            assert!(!runs_behind_a_blocked_task(nap));
        },
    );
}

#[test]
fn the_environment_switches_detection_on() {
    in_child(
        "the_environment_switches_detection_on",
        &[("UNSTALL_THREAD_COUNT", "1"), ("UNSTALL_DETECTION", "on")],
        || assert!(runs_behind_a_blocked_task(its_turn)),
    );
}

/// Waits until the task was run.
fn its_turn(task: &task::JoinHandle<()>) {
    eventually("a task to run behind a blocked one", || task.is_finished());
}

#[test]
fn a_bad_detection_setting_is_named_and_detection_stays_on() {
    const TEST: &str = "a_bad_detection_setting_is_named_and_detection_stays_on";
    if is_child(TEST) {
        within(LIMIT, || assert!(runs_behind_a_blocked_task(its_turn)));
        return;
    }
    let output = child(
        TEST,
        &[
            ("UNSTALL_THREAD_COUNT", "1"),
            ("UNSTALL_DETECTION", "maybe"),
        ],
    );
    assert!(output.status.success(), "{}", printed(&output));
    let warning = stderr(&output);
    assert!(
        warning
            .lines()
            .any(|line| line.contains("UNSTALL_DETECTION") && line.contains("maybe")),
        "{warning}"
    );
}
