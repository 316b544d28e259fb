//! What a task and its neighbours see of a hand-over: nothing, except that time has passed.

mod support;

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;

use futures_lite::future::{poll_once, yield_now};
use support::{
    Counter, CountsDrop, Flag, Gate, LIMIT, eventually, in_child, panic_text, runtime, within,
};
use unstall::runtime::Runtime;
use unstall::task::{self, JoinHandle};

unstall::task_local! {
    static NUMBER: Cell<usize> = Cell::new(1);
}

/// Blocks in a poll on the only worker of `rt`, and gives the task back once that worker was handed
/// over and another thread runs tasks. `after` runs in the same poll once `gate` is open.
fn handed_over<T: Send + 'static>(
    rt: &Runtime,
    gate: &Gate,
    after: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let (gate, stuck) = (gate.clone(), Flag::new());
    let task = rt.spawn({
        let stuck = stuck.clone();
        async move {
            stuck.set();
            gate.pass();
            after()
        }
    });
    stuck.wait("the task to block");
    rt.block_on(rt.spawn(async {}));
    eventually("the worker to be detached", || rt.metrics().detached == 1);
    task
}

/// The runtime is whole again: every worker is back, and tasks run.
fn assert_healthy(rt: &Runtime) {
    eventually("the detached worker to come back", || {
        rt.metrics().detached == 0
    });
    let metrics = rt.metrics();
    assert!(metrics.active <= metrics.workers, "{metrics:?}");
    assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
}

#[test]
fn a_task_keeps_its_identity_and_locals_while_its_worker_is_handed_over() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let stuck = Flag::new();
        let blocker = {
            let (gate, stuck) = (gate.clone(), stuck.clone());
            rt.spawn(async move {
                NUMBER.with(|number| number.set(7));
                let me = task::current().id();
                stuck.set();
                gate.pass();
                // In the same poll, by now on a worker without a permit.
                assert_eq!(task::current().id(), me);
                assert_eq!(NUMBER.with(Cell::get), 7);
                // What is spawned here runs, and is somebody else.
                let child = task::spawn(async { (task::current().id(), NUMBER.with(Cell::get)) });
                let child_id = child.task().id();
                assert_eq!(child.await, (child_id, 1));
                // Perhaps on another thread.
                assert_eq!(task::current().id(), me);
                assert_eq!(NUMBER.with(Cell::get), 7);
                me
            })
        };
        stuck.wait("the task to block");
        for _ in 0..3 {
            let probe = rt.spawn(async {
                let before = (task::current().id(), NUMBER.with(Cell::get));
                task::yield_now().await;
                let after = (task::current().id(), NUMBER.with(Cell::get));
                assert_eq!(before, after);
                after
            });
            let probe_id = probe.task().id();
            assert_eq!(rt.block_on(probe), (probe_id, 1));
        }
        gate.open();
        let id = blocker.task().id();
        assert_eq!(rt.block_on(blocker), id);
        assert_healthy(&rt);
    });
}

#[test]
fn tasks_that_a_hand_over_moves_keep_their_identity_and_locals() {
    within(LIMIT, || {
        const MOVED: usize = 50;
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (begun, done) = (Counter::new(), Counter::new());
        let blocker = rt.spawn({
            let (gate, begun, done) = (gate.clone(), begun.clone(), done.clone());
            async move {
                let (sender, receiver) = async_channel::bounded(MOVED);
                for i in 0..MOVED {
                    let (begun, done, receiver) = (begun.clone(), done.clone(), receiver.clone());
                    drop(task::spawn(async move {
                        NUMBER.with(|number| number.set(i));
                        let me = task::current().id();
                        begun.hit();
                        receiver
                            .recv()
                            .await
                            .expect("the blocked task sent to everybody");
                        assert_eq!(NUMBER.with(Cell::get), i);
                        assert_eq!(task::current().id(), me);
                        done.hit();
                    }));
                }
                while begun.get() < MOVED {
                    task::yield_now().await;
                }
                // All of them are queued behind this poll when it blocks.
                for _ in 0..MOVED {
                    sender.try_send(()).expect("there is room");
                }
                gate.pass();
            }
        });
        done.reaches(MOVED, "the moved tasks to run");
        assert!(!blocker.is_finished());
        gate.open();
        rt.block_on(blocker);
        assert_healthy(&rt);
    });
}

#[test]
fn a_panic_during_a_hand_over_reaches_the_join_handle_and_nobody_else() {
    within(LIMIT, || {
        let rt = runtime(1);
        for round in 0..3 {
            let gate = Gate::new();
            let _open = gate.opener();
            let task = handed_over(&rt, &gate, move || {
                if round < 3 {
                    panic!("round {round}")
                }
            });
            gate.open();
            let payload = panic::catch_unwind(AssertUnwindSafe(|| rt.block_on(task)))
                .expect_err("the task panicked");
            assert_eq!(panic_text(&*payload), format!("round {round}"));
            assert_healthy(&rt);
        }
    });
}

#[test]
fn a_task_cancelled_during_a_hand_over_ends_with_its_poll() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (dropped, stuck, resumed) = (Counter::new(), Flag::new(), Flag::new());
        let task = rt.spawn({
            let (gate, stuck, resumed) = (gate.clone(), stuck.clone(), resumed.clone());
            let guard = CountsDrop(dropped.clone());
            async move {
                let _guard = guard;
                stuck.set();
                gate.pass();
                yield_now().await;
                resumed.set();
            }
        });
        stuck.wait("the task to block");
        eventually("the worker to be detached", || rt.metrics().detached == 1);
        let mut cancel = Box::pin(task.cancel());
        assert!(
            rt.block_on(poll_once(&mut cancel)).is_none(),
            "its poll goes on"
        );
        assert_eq!(dropped.get(), 0);
        gate.open();
        assert_eq!(rt.block_on(cancel), None);
        assert_eq!(dropped.get(), 1);
        assert!(!resumed.is_set());
        assert_healthy(&rt);
    });
}

/// In a process of its own, because what is tested is that it does not abort.
#[test]
fn a_panic_in_a_destructor_during_a_hand_over_kills_no_worker() {
    #[derive(Debug)]
    struct PanicsInDrop;
    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    in_child(
        "a_panic_in_a_destructor_during_a_hand_over_kills_no_worker",
        &[],
        || {
            let rt = runtime(1);
            for cancel in [false, true] {
                let gate = Gate::new();
                let _open = gate.opener();
                // The output, which nobody takes; or, cancelled, what the poll leaves behind.
                let task = handed_over(&rt, &gate, || PanicsInDrop);
                if cancel {
                    drop(task.cancel_on_drop());
                } else {
                    drop(task);
                }
                gate.open();
                assert_healthy(&rt);
            }
        },
    );
}

#[test]
fn a_join_handle_dropped_during_a_hand_over_detaches_the_task() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (outputs_dropped, went_on) = (Counter::new(), Flag::new());
        let output = CountsDrop(outputs_dropped.clone());
        let task = handed_over(&rt, &gate, {
            let went_on = went_on.clone();
            move || {
                went_on.set();
                output
            }
        });
        drop(task);
        assert!(!went_on.is_set());
        gate.open();
        outputs_dropped.reaches(1, "the output that nobody awaits to be dropped");
        assert!(went_on.is_set());
        assert_healthy(&rt);
        assert_eq!(outputs_dropped.get(), 1);
    });
}

#[test]
fn an_output_made_during_a_hand_over_reaches_who_awaits_it() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let task = handed_over(&rt, &gate, || 7);
        let doubled = rt.spawn(async move { 2 * task.await });
        gate.open();
        assert_eq!(rt.block_on(doubled), 14);
        assert_healthy(&rt);
    });
}

#[test]
fn tasks_queued_behind_a_blocked_one_run_once_whether_awaited_cancelled_or_dropped() {
    within(LIMIT, || {
        const EACH: usize = 100;
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (ran, dropped) = (Counter::new(), Counter::new());
        let blocker = rt.spawn({
            let (gate, ran, dropped) = (gate.clone(), ran.clone(), dropped.clone());
            async move {
                let (mut awaited, mut cancelled) = (Vec::new(), Vec::new());
                for i in 0..3 * EACH {
                    let (ran, guard) = (ran.clone(), CountsDrop(dropped.clone()));
                    let task = task::spawn(async move {
                        let _guard = guard;
                        ran.hit();
                    });
                    match i % 3 {
                        0 => awaited.push(task),
                        1 => {
                            let mut cancel = Box::pin(task.cancel());
                            // Marks it; it is still queued behind this very poll.
                            let polled = poll_once(&mut cancel).await;
                            cancelled.push((cancel, polled));
                        }
                        _ => drop(task),
                    }
                }
                gate.pass();
                for task in awaited {
                    task.await;
                }
                let mut completed = 0;
                for (cancel, polled) in cancelled {
                    let output = match polled {
                        Some(output) => output,
                        None => cancel.await,
                    };
                    completed += usize::from(output.is_some());
                }
                completed
            }
        });
        // All of them go while the blocker still blocks.
        dropped.reaches(3 * EACH, "the queue to be moved");
        assert!(!blocker.is_finished());
        gate.open();
        let completed = rt.block_on(blocker);
        assert_eq!(ran.get(), 2 * EACH + completed);
        assert_eq!(dropped.get(), 3 * EACH);
        assert_healthy(&rt);
    });
}

#[test]
fn a_worker_is_handed_over_again_and_again() {
    within(LIMIT, || {
        let rt = runtime(1);
        for round in 0..20 {
            let gate = Gate::new();
            let _open = gate.opener();
            let task = handed_over(&rt, &gate, move || round);
            gate.open();
            assert_eq!(rt.block_on(task), round);
        }
        assert_healthy(&rt);
        let metrics = rt.metrics();
        assert!(metrics.isolations >= 20, "{metrics:?}");
        assert!(metrics.replacements >= 1, "{metrics:?}");
        assert!(metrics.returns + metrics.retirements >= 20, "{metrics:?}");
        // Returned threads are used again.
        assert!(metrics.threads_peak < 20, "{metrics:?}");
    });
}

/// The same poll blocks, returns and blocks again, and so do its successors.
#[test]
fn a_task_that_blocks_in_every_poll_delays_nobody() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (rounds, probes, stop) = (Counter::new(), Counter::new(), Flag::new());
        let blockers: Vec<_> = (0..4)
            .map(|_| {
                let (rounds, probes, stop) = (rounds.clone(), probes.clone(), stop.clone());
                rt.spawn(async move {
                    while !stop.is_set() {
                        let (sender, receiver) = mpsc::channel();
                        let probes = probes.clone();
                        drop(task::spawn(async move {
                            probes.hit();
                            sender.send(()).expect("the blocker waits");
                        }));
                        receiver.recv().expect("the probe ran");
                        rounds.hit();
                        task::yield_now().await;
                    }
                })
            })
            .collect();
        rounds.reaches(100, "a hundred rounds of blocking and being rescued");
        stop.set();
        for blocker in blockers {
            rt.block_on(blocker);
        }
        assert_eq!(rounds.get(), probes.get());
        assert_healthy(&rt);
    });
}

#[test]
fn local_tasks_of_a_handed_over_worker_go_on_on_their_own_thread() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (stuck, stop) = (Flag::new(), Flag::new());
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let (report, reports) = mpsc::channel();

        let blocker = rt.spawn({
            let (gate, stuck) = (gate.clone(), stuck.clone());
            async move {
                let begun = Flag::new();
                drop(task::spawn_local({
                    let begun = begun.clone();
                    async move {
                        // A value that no other thread may touch.
                        let here = Rc::new(thread::current().id());
                        begun.set();
                        receiver.recv().await.expect("the test sends");
                        report
                            .send((*here, thread::current().id()))
                            .expect("the test listens");
                        for _ in 0..10 {
                            task::yield_now().await;
                            assert_eq!(thread::current().id(), *here);
                        }
                        report
                            .send((*here, thread::current().id()))
                            .expect("the test listens");
                    }
                }));
                while !begun.is_set() {
                    task::yield_now().await;
                }
                stuck.set();
                gate.pass();
            }
        });
        stuck.wait("the task to block");

        // The replacement keeps the only permit for as long as it likes.
        let hog = rt.spawn({
            let stop = stop.clone();
            async move {
                while !stop.is_set() {
                    task::yield_now().await;
                }
                thread::current().id()
            }
        });
        eventually("the worker to be detached", || rt.metrics().detached == 1);
        // Wakes the local task while its thread is blocked …
        sender.try_send(()).expect("there is room");
        assert!(
            reports.try_recv().is_err(),
            "a local task ran while its thread was blocked"
        );
        // … and when the thread comes back there is no permit for it.
        gate.open();
        for _ in 0..2 {
            let (before, after) = reports.recv().expect("the local task goes on");
            assert_eq!(before, after);
        }
        stop.set();
        rt.block_on(hog);
        rt.block_on(blocker);
        assert_healthy(&rt);
    });
}

/// The local task's thread has blocked, come back and gone idle before the wake.
#[test]
fn a_local_task_is_woken_on_a_thread_that_lost_its_permit() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (stuck, stop) = (Flag::new(), Flag::new());
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let (report, reports) = mpsc::channel();
        let blocker = rt.spawn({
            let (gate, stuck) = (gate.clone(), stuck.clone());
            async move {
                let begun = Flag::new();
                drop(task::spawn_local({
                    let begun = begun.clone();
                    async move {
                        let here = thread::current().id();
                        begun.set();
                        receiver.recv().await.expect("the test sends");
                        report
                            .send((here, thread::current().id()))
                            .expect("the test listens");
                    }
                }));
                while !begun.is_set() {
                    task::yield_now().await;
                }
                stuck.set();
                gate.pass();
            }
        });
        stuck.wait("the task to block");
        let hog = rt.spawn({
            let stop = stop.clone();
            async move {
                while !stop.is_set() {
                    task::yield_now().await;
                }
            }
        });
        eventually("the worker to be detached", || rt.metrics().detached == 1);
        gate.open();
        rt.block_on(blocker);
        eventually("the worker to give up its slot", || {
            rt.metrics().detached == 0
        });
        sender.try_send(()).expect("there is room");
        let (before, after) = reports.recv().expect("the local task goes on");
        assert_eq!(before, after);
        stop.set();
        rt.block_on(hog);
    });
}

#[test]
fn a_runtime_may_be_dropped_while_a_worker_is_handed_over() {
    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let dropped = Counter::new();
        let went_on = Flag::new();
        let guard = CountsDrop(dropped.clone());
        drop(handed_over(&rt, &gate, {
            let went_on = went_on.clone();
            move || {
                went_on.set();
                // What a poll on its way out spawns must not be lost in a queue that nobody empties.
                drop(task::spawn(async move {
                    let _guard = guard;
                    std::future::pending::<()>().await;
                }));
            }
        }));
        // Opened only once the drop is under way, whether that waits for the worker or not.
        let opener = thread::spawn(move || {
            thread::sleep(std::time::Duration::from_millis(100));
            gate.open();
        });
        drop(rt);
        opener.join().expect("the gate is open");
        went_on.wait("the poll to go on");
        dropped.reaches(1, "the last task to be dropped");
        assert_eq!(dropped.get(), 1);
    });
}
