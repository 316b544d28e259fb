//! Awaiting, cancelling, dropping: every state a task can be in, and panics in all places.

mod support;

use std::future::{Future, pending, poll_fn};
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use futures_lite::future::{block_on, poll_once};
use support::{
    Counter, CountsDrop, Flag, Gate, HOUR, LIMIT, child, eventually, in_child, is_child, panic_of,
    panic_text, printed, runtime, runtime_without_detection, stderr, within,
};
use unstall::runtime::Runtime;
use unstall::task;

/// Occupies the only worker of `rt`, which must not detect that, until the gate is open.
fn occupied() -> (Runtime, Gate) {
    let rt = runtime_without_detection(1);
    let (gate, stuck) = (Gate::new(), Flag::new());
    drop(rt.spawn({
        let (gate, stuck) = (gate.clone(), stuck.clone());
        async move {
            stuck.set();
            gate.pass();
        }
    }));
    stuck.wait("the worker to be occupied");
    (rt, gate)
}

fn assert_alive(rt: &Runtime) {
    assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
}

#[test]
fn a_join_handle_gives_the_output() {
    within(LIMIT, || {
        let rt = runtime(2);
        assert_eq!(rt.block_on(rt.spawn(async { "done".to_owned() })), "done");
        // Awaited before, while and after the task runs, and without any runtime around.
        let handle = rt.spawn(task::sleep(Duration::from_millis(5)));
        block_on(handle);
        let handle = rt.spawn(async { 7 });
        eventually("the task to complete", || handle.is_finished());
        assert_eq!(block_on(handle), 7);
    });
}

#[test]
fn dropping_a_join_handle_detaches_the_task() {
    within(LIMIT, || {
        let (rt, gate) = occupied();
        let _open = gate.opener();
        let outputs_dropped = Counter::new();

        // Before it runs.
        let output = CountsDrop(outputs_dropped.clone());
        drop(rt.spawn(async move { output }));
        // After it has completed.
        let output = CountsDrop(outputs_dropped.clone());
        let done = rt.spawn(async move { output });
        // While it waits.
        let output = CountsDrop(outputs_dropped.clone());
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let waiting = rt.spawn(async move {
            receiver.recv().await.expect("the test sends");
            output
        });
        assert_eq!(outputs_dropped.get(), 0);
        gate.open();
        eventually("the second task to complete", || done.is_finished());
        outputs_dropped.reaches(1, "the first output to be dropped");
        drop(done);
        outputs_dropped.reaches(2, "the second output to be dropped");
        drop(waiting);
        assert_eq!(outputs_dropped.get(), 2);
        sender.try_send(()).expect("there is room");
        outputs_dropped.reaches(3, "the third output to be dropped");
        assert_alive(&rt);
        assert_eq!(outputs_dropped.get(), 3);
    });
}

#[test]
fn is_finished_says_whether_a_task_is_over() {
    within(LIMIT, || {
        let rt = runtime(1);
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let handle = rt.spawn(async move {
            receiver.recv().await.expect("the test sends");
        });
        assert_alive(&rt);
        assert!(!handle.is_finished());
        sender.try_send(()).expect("there is room");
        eventually("the task to complete", || handle.is_finished());
        block_on(handle);

        let panicking = rt.spawn(async { panic!("over, too") });
        eventually("the panicking task to end", || panicking.is_finished());
        drop::<task::JoinHandle<()>>(panicking);
    });
}

#[test]
fn cancelling_a_task_that_never_ran_drops_its_future() {
    within(LIMIT, || {
        let (rt, gate) = occupied();
        let _open = gate.opener();
        let (ran, dropped) = (Flag::new(), Counter::new());
        let handle = rt.spawn({
            let (ran, guard) = (ran.clone(), CountsDrop(dropped.clone()));
            async move {
                let _guard = guard;
                ran.set();
            }
        });
        let mut cancel = Box::pin(handle.cancel());
        let early = block_on(poll_once(&mut cancel));
        gate.open();
        let output = match early {
            Some(output) => output,
            None => block_on(cancel),
        };
        assert_eq!(output, None);
        dropped.reaches(1, "the future to be dropped");
        assert!(!ran.is_set());
        assert_alive(&rt);
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn cancelling_a_task_that_waits_drops_its_future() {
    within(LIMIT, || {
        let rt = runtime(2);
        for _ in 0..100 {
            let (waiting, dropped) = (Flag::new(), Counter::new());
            let handle = rt.spawn({
                let (waiting, guard) = (waiting.clone(), CountsDrop(dropped.clone()));
                async move {
                    let _guard = guard;
                    waiting.set();
                    task::sleep(HOUR).await;
                }
            });
            waiting.wait("the task to run");
            assert_eq!(rt.block_on(handle.cancel()), None);
            assert_eq!(dropped.get(), 1, "cancel waits for the future's end");
        }
    });
}

#[test]
fn cancelling_a_task_inside_its_poll_lets_the_poll_end() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (stuck, ended, resumed, dropped) =
            (Flag::new(), Flag::new(), Flag::new(), Counter::new());
        let handle = rt.spawn({
            let (gate, stuck, ended, resumed) =
                (gate.clone(), stuck.clone(), ended.clone(), resumed.clone());
            let guard = CountsDrop(dropped.clone());
            async move {
                let _guard = guard;
                stuck.set();
                gate.pass();
                ended.set();
                task::yield_now().await;
                resumed.set();
            }
        });
        stuck.wait("the task to run");
        let mut cancel = Box::pin(handle.cancel());
        assert!(block_on(poll_once(&mut cancel)).is_none());
        assert_eq!(dropped.get(), 0);
        gate.open();
        assert_eq!(block_on(cancel), None);
        assert!(ended.is_set());
        assert!(!resumed.is_set());
        assert_eq!(dropped.get(), 1);
        assert_alive(&rt);
    });
}

#[test]
fn cancelling_a_completed_task_gives_its_output() {
    within(LIMIT, || {
        let rt = runtime(1);
        let handle = rt.spawn(async { 7 });
        eventually("the task to complete", || handle.is_finished());
        assert_eq!(block_on(handle.cancel()), Some(7));
    });
}

#[test]
fn cancelling_a_panicked_task_panics() {
    within(LIMIT, || {
        let rt = runtime(1);
        let handle = rt.spawn(async { panic!("before the cancel") });
        eventually("the task to panic", || handle.is_finished());
        let payload =
            panic::catch_unwind(AssertUnwindSafe(|| block_on::<Option<()>>(handle.cancel())))
                .expect_err("the task panicked");
        assert_eq!(panic_text(&*payload), "before the cancel");
        assert_alive(&rt);
    });
}

#[test]
fn a_task_may_cancel_another_and_itself_be_cancelled() {
    within(LIMIT, || {
        let rt = runtime(2);
        let dropped = Counter::new();
        let guards = [(); 2].map(|()| CountsDrop(dropped.clone()));
        let [outer_guard, inner_guard] = guards;
        let inner = rt.spawn(async move {
            let _guard = inner_guard;
            pending::<()>().await;
        });
        let outer = rt.spawn(async move {
            let _guard = outer_guard;
            assert_eq!(inner.cancel().await, None);
            pending::<()>().await;
        });
        dropped.reaches(1, "the inner task to be cancelled");
        assert_eq!(rt.block_on(outer.cancel()), None);
        assert_eq!(dropped.get(), 2);
    });
}

#[test]
fn dropping_a_guard_cancels_the_task() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (waiting, dropped) = (Flag::new(), Counter::new());
        let guard = rt
            .spawn({
                let (waiting, guard) = (waiting.clone(), CountsDrop(dropped.clone()));
                async move {
                    let _guard = guard;
                    waiting.set();
                    pending::<()>().await;
                }
            })
            .cancel_on_drop();
        waiting.wait("the task to run");
        assert_eq!(dropped.get(), 0);
        drop(guard);
        dropped.reaches(1, "the task to be cancelled");
        assert_alive(&rt);
    });
}

#[test]
fn a_guard_gives_the_output_and_can_be_let_go() {
    within(LIMIT, || {
        let rt = runtime(2);
        assert_eq!(rt.block_on(rt.spawn(async { 7 }).cancel_on_drop()), 7);

        let (sender, receiver) = async_channel::bounded::<()>(1);
        let ran = Flag::new();
        let guard = rt
            .spawn({
                let ran = ran.clone();
                async move {
                    receiver.recv().await.expect("the test sends");
                    ran.set();
                }
            })
            .cancel_on_drop();
        drop(guard.detach());
        sender.try_send(()).expect("there is room");
        ran.wait("the task to run although its guard is gone");
    });
}

#[test]
fn a_dropped_timeout_cancels_what_it_guards() {
    within(LIMIT, || {
        let rt = runtime(1);
        let dropped = Counter::new();
        let guard = CountsDrop(dropped.clone());
        let task = rt.spawn(async move {
            let child = task::spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            unstall::future::timeout(Duration::from_millis(5), child.cancel_on_drop()).await
        });
        assert!(rt.block_on(task).is_err());
        dropped.reaches(1, "the guarded task to be cancelled");
    });
}

#[test]
fn a_panic_reaches_whoever_awaits_with_its_payload() {
    #[derive(Debug, PartialEq)]
    struct Payload(i32);
    within(LIMIT, || {
        let rt = runtime(1);
        let handle = rt.spawn(async { panic::panic_any(Payload(7)) });
        let payload = panic::catch_unwind(AssertUnwindSafe(|| rt.block_on(pinned(handle))))
            .expect_err("the task panicked");
        assert_eq!(payload.downcast_ref::<Payload>(), Some(&Payload(7)));

        // Through a chain of tasks, each of which awaits the next.
        let handle = rt.spawn(async {
            task::spawn(async {
                task::yield_now().await;
                panic!("at the bottom")
            })
            .await
        });
        let payload = panic::catch_unwind(AssertUnwindSafe(|| rt.block_on(pinned(handle))))
            .expect_err("the task panicked");
        assert_eq!(panic_text(&*payload), "at the bottom");
        assert_alive(&rt);
    });
}

/// Fixes the output's type, which a task that always panics leaves open.
fn pinned(handle: task::JoinHandle<()>) -> Pin<Box<task::JoinHandle<()>>> {
    Box::pin(handle)
}

#[test]
fn panicking_tasks_kill_no_worker() {
    within(LIMIT, || {
        let rt = runtime(2);
        let threads = rt.metrics().threads;
        for i in 0..100 {
            drop(rt.spawn(async move {
                if i % 2 == 0 {
                    task::yield_now().await;
                }
                panic!("nobody awaits this")
            }));
        }
        let tasks: Vec<_> = (0..100).map(|i| rt.spawn(async move { i })).collect();
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(rt.block_on(task), i);
        }
        // Nor was any replaced: the second standby at most was made meanwhile.
        assert!(rt.metrics().threads <= threads + 2, "{:?}", rt.metrics());
    });
}

/// Panics when it is dropped.
#[derive(Debug)]
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        // A second panic while unwinding would abort, as it does everywhere in Rust.
        if !thread::panicking() {
            panic!("in a destructor");
        }
    }
}

/// In a process of its own, because what is tested is that it does not abort. So are those below.
#[test]
fn a_panic_in_the_destructor_of_a_completed_future_kills_no_worker() {
    in_child(
        "a_panic_in_the_destructor_of_a_completed_future_kills_no_worker",
        &[],
        || {
            /// Is ready at once, and panics when it is dropped after that.
            struct Ready(#[allow(dead_code, reason = "dropped, not read")] PanicsInDrop);
            impl Future for Ready {
                type Output = ();
                fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
                    Poll::Ready(())
                }
            }
            let rt = runtime(1);
            for _ in 0..10 {
                let handle = rt.spawn(Ready(PanicsInDrop));
                // With the output or with the panic, but not never.
                let _either = panic::catch_unwind(AssertUnwindSafe(|| rt.block_on(handle)));
                drop(rt.spawn(Ready(PanicsInDrop)));
                assert_alive(&rt);
            }
        },
    );
}

#[test]
fn a_panic_in_the_destructor_of_a_cancelled_future_kills_no_worker() {
    in_child(
        "a_panic_in_the_destructor_of_a_cancelled_future_kills_no_worker",
        &[],
        || {
            let rt = runtime(1);
            for _ in 0..10 {
                let waiting = Flag::new();
                let handle = rt.spawn({
                    let waiting = waiting.clone();
                    async move {
                        let _guard = PanicsInDrop;
                        waiting.set();
                        pending::<()>().await;
                    }
                });
                waiting.wait("the task to run");
                let _either =
                    panic::catch_unwind(AssertUnwindSafe(|| rt.block_on(handle.cancel())));
                assert_alive(&rt);
            }
            // Never polled.
            let (rt, gate) = occupied();
            let guard = PanicsInDrop;
            let handle = rt.spawn(async move {
                let _guard = guard;
            });
            drop(handle.cancel_on_drop());
            gate.open();
            assert_alive(&rt);
        },
    );
}

#[test]
fn a_panic_in_the_destructor_of_an_output_kills_no_worker() {
    in_child(
        "a_panic_in_the_destructor_of_an_output_kills_no_worker",
        &[],
        || {
            let rt = runtime(1);
            for _ in 0..10 {
                // Nobody takes the output, so the worker drops it.
                drop(rt.spawn(async { PanicsInDrop }));
                assert_alive(&rt);
                // Cancelled after it was made.
                let handle = rt.spawn(async { PanicsInDrop });
                eventually("the task to complete", || handle.is_finished());
                let _panics = panic::catch_unwind(AssertUnwindSafe(|| drop(handle)));
                assert_alive(&rt);
            }
        },
    );
}

/// What it panics with does so in its turn. (Caught once only, the second panic went on into async-task, which ends the process
/// then; for a future and for an output.)
#[test]
fn what_a_destructor_panics_with_may_panic_when_it_is_dropped() {
    struct Nests;
    impl Drop for Nests {
        fn drop(&mut self) {
            panic::panic_any(PanicsInDrop);
        }
    }

    in_child(
        "what_a_destructor_panics_with_may_panic_when_it_is_dropped",
        &[],
        || {
            let rt = runtime(1);
            for _ in 0..10 {
                let waiting = Flag::new();
                let handle = rt.spawn({
                    let waiting = waiting.clone();
                    async move {
                        let _guard = Nests;
                        waiting.set();
                        pending::<()>().await;
                    }
                });
                waiting.wait("the task to run");
                drop(handle.cancel_on_drop());
                drop(rt.spawn(async { Nests }));
                assert_alive(&rt);
            }
            // Whoever is still about to report a panic, and to end the process, is waited for.
            assert!(rt.shutdown(LIMIT).is_complete());
        },
    );
}

#[test]
fn a_panic_while_a_future_with_a_panicking_destructor_is_dropped_with_its_runtime() {
    in_child(
        "a_panic_while_a_future_with_a_panicking_destructor_is_dropped_with_its_runtime",
        &[],
        || {
            let rt = runtime(1);
            let (running, dropped) = (Counter::new(), Counter::new());
            for _ in 0..10 {
                let (running, guard) = (running.clone(), CountsDrop(dropped.clone()));
                drop(rt.spawn(async move {
                    let _guard = guard;
                    let _panics = PanicsInDrop;
                    running.hit();
                    loop {
                        task::yield_now().await;
                    }
                }));
            }
            running.reaches(10, "all tasks to run");
            drop(rt);
            dropped.reaches(10, "all tasks to be dropped");
        },
    );
}

#[test]
fn a_future_that_panics_is_dropped_at_once() {
    within(LIMIT, || {
        let rt = runtime(1);
        let dropped = Counter::new();
        let guard = CountsDrop(dropped.clone());
        let mut polls = 0;
        let handle = rt.spawn(poll_fn(move |cx| {
            let _guard = &guard;
            polls += 1;
            if polls == 3 {
                panic!("third poll");
            }
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
        let payload = panic::catch_unwind(AssertUnwindSafe(|| block_on(handle)))
            .expect_err("the task panicked");
        assert_eq!(panic_text(&*payload), "third poll");
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn tasks_that_still_run_at_the_end_of_the_process_are_not_dropped() {
    const TEST: &str = "tasks_that_still_run_at_the_end_of_the_process_are_not_dropped";
    const LAST_WORDS: &str = "a task was dropped";
    struct Speaks;
    impl Drop for Speaks {
        fn drop(&mut self) {
            // Not `eprintln!`, which the test harness would catch.
            writeln!(io::stderr(), "{LAST_WORDS}").expect("stderr is open");
        }
    }
    if is_child(TEST) {
        let running = Flag::new();
        drop(task::spawn({
            let running = running.clone();
            async move {
                let _speaks = Speaks;
                running.set();
                task::sleep(HOUR).await;
            }
        }));
        running.wait("the task to run");
        return;
    }
    let output = child(TEST, &[]);
    assert!(output.status.success(), "{}", printed(&output));
    assert!(
        !stderr(&output).contains(LAST_WORDS),
        "{}",
        printed(&output)
    );
}

#[test]
fn a_join_handle_knows_its_task() {
    within(LIMIT, || {
        let rt = Arc::new(runtime(1));
        let handle = rt.spawn(async { task::current().id() });
        let id = handle.task().id();
        assert_eq!(handle.task().name(), None);
        assert_eq!(block_on(handle), id);
        let (one, other) = (rt.spawn(async {}), rt.spawn(async {}));
        assert_ne!(one.task().id(), other.task().id());
    });
}

// ---------------------------------------------------------------------------------------------
// No output.

/// Says whose output is missing, where that was spawned, why, and what to do about it.
#[track_caller]
fn assert_says(text: &str, task: &task::Task, line: u32, why: &str) {
    let name = task
        .name()
        .map_or(String::new(), |name| format!(" `{name}`"));
    let who = format!("task {}{name}, spawned at {}:{line}:", task.id(), file!());
    for part in [
        &who,
        "was cancelled",
        why,
        "JoinSet",
        "JoinHandle::cancel()",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

const RUNTIME_ENDED: &str = "its runtime has ended";

#[test]
fn awaiting_a_task_that_ended_with_its_runtime_says_which_one_and_why() {
    within(LIMIT, || {
        let rt = runtime(1);
        let (named, line) = rt.block_on(async {
            let builder = task::Builder::new().name("clerk".to_owned());
            (builder.spawn(pending::<()>()).expect("a task"), line!())
        });
        let [dropped, shut_down] = [runtime(1), runtime(1)];
        let (first, first_line) = (dropped.spawn(pending::<()>()), line!());
        let (second, second_line) = (shut_down.spawn(pending::<u8>()), line!());
        let (guard, guard_line) = (rt.spawn(pending::<()>()).cancel_on_drop(), line!());
        drop((rt, dropped));
        assert!(shut_down.shutdown(LIMIT).is_complete());

        let task = named.task().clone();
        // On a thread of no runtime, with our `block_on` and with another.
        let text = panic_of(|| task::block_on(named));
        assert_says(&text, &task, line, RUNTIME_ENDED);
        let task = first.task().clone();
        let text = panic_of(|| block_on(first));
        assert_says(&text, &task, first_line, RUNTIME_ENDED);
        // In a task of another runtime, which passes the panic on.
        let task = second.task().clone();
        let other = runtime(1);
        let joiner = other.spawn(second);
        let text = panic_of(|| other.block_on(joiner));
        assert_says(&text, &task, second_line, RUNTIME_ENDED);
        let task = guard.task().clone();
        let text = panic_of(|| other.block_on(guard));
        assert_says(&text, &task, guard_line, RUNTIME_ENDED);
        assert_alive(&other);
    });
}

#[test]
fn who_waits_for_a_task_when_its_runtime_ends_is_told_so() {
    within(LIMIT, || {
        let rt = runtime(1);
        let (handle, line) = (rt.spawn(pending::<()>()), line!());
        let task = handle.task().clone();
        let waits = Flag::new();
        let waiter = thread::spawn({
            let waits = waits.clone();
            let mut handle = handle;
            move || {
                panic_of(|| {
                    task::block_on(poll_fn(|cx| {
                        let polled = Pin::new(&mut handle).poll(cx);
                        waits.set();
                        polled
                    }))
                })
            }
        });
        waits.wait("the handle to be polled");
        drop(rt);
        let text = waiter.join().expect("the panic was caught");
        assert_says(&text, &task, line, RUNTIME_ENDED);
    });
}

#[test]
fn awaiting_what_was_never_begun_since_the_runtime_had_ended_says_so() {
    within(LIMIT, || {
        let rt = runtime(1);
        let late = rt.handle();
        drop(rt);
        let (handle, line) = (late.spawn(async {}), line!());
        let task = handle.task().clone();
        let text = panic_of(|| block_on(handle));
        assert_says(&text, &task, line, RUNTIME_ENDED);
        let (handle, line) = (late.spawn_blocking(|| {}), line!());
        let task = handle.task().clone();
        let text = panic_of(|| block_on(handle));
        assert_says(&text, &task, line, RUNTIME_ENDED);
        // … and those ways out are ways out.
        assert_eq!(block_on(late.spawn(async {}).cancel()), None);
        let mut set = task::JoinSet::new();
        set.spawn_on(&late, async {});
        let error = block_on(set.join_next()).expect("a member").unwrap_err();
        assert!(error.is_cancelled(), "{error}");
    });
}

#[test]
fn awaiting_a_local_task_that_ended_with_its_thread_says_so() {
    within(LIMIT, || {
        let thread = thread::spawn(|| (task::spawn_local(pending::<()>()), line!()));
        let (handle, line) = thread.join().expect("a thread without panics");
        let task = handle.task().clone();
        let text = panic_of(|| block_on(handle));
        assert_says(&text, &task, line, "the thread that it stays on has ended");
    });
}

#[test]
fn polling_a_handle_again_says_so_whatever_came_of_the_task() {
    within(LIMIT, || {
        let rt = runtime(1);
        let mut completed = rt.spawn(async { 7 });
        let mut panicked = rt.spawn(async { panic!("this once") });
        assert_eq!(block_on(&mut completed), 7);
        assert_eq!(panic_of(|| block_on::<()>(&mut panicked)), "this once");
        // Also when that could be mistaken for the reason.
        drop(rt);
        for text in [
            panic_of(|| assert_eq!(block_on(&mut completed), 7)),
            panic_of(|| block_on(&mut panicked)),
        ] {
            assert!(text.contains("polled again"), "{text}");
            assert!(!text.contains("cancelled"), "{text}");
        }
        let name = format!("task {},", completed.task().id());
        let text = panic_of(|| assert_eq!(block_on(&mut completed), 7));
        assert!(text.contains(&name), "{text}");
    });
}

#[test]
fn handles_may_go_wherever_their_outputs_may() {
    fn goes_anywhere<T: Send + Sync + Unpin + panic::UnwindSafe + panic::RefUnwindSafe>() {}
    goes_anywhere::<task::JoinHandle<u8>>();
    goes_anywhere::<task::CancelOnDrop<u8>>();
    goes_anywhere::<task::JoinHandle<std::cell::Cell<u8>>>();
}
