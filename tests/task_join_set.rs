//! Groups of tasks: joining, cancelling, letting go, and who is left behind.

mod support;

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::future::{Future, pending, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures_lite::future::{block_on, poll_once, yield_now};
use support::{
    Counter, CountsDrop, Flag, Gate, HOUR, LIMIT, eventually, panic_of, panic_text, runtime,
    runtime_without_detection, within,
};
use unstall::future::timeout;
use unstall::task::{self, JoinError, JoinSet};

/// Counts how often it is invoked.
#[derive(Default)]
struct CountWakes(AtomicUsize);

impl CountWakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for CountWakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Panics when it is dropped.
#[derive(Debug)]
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("a destructor fails, on purpose");
    }
}

fn poll<T>(set: &mut JoinSet<T>, waker: &Arc<CountWakes>) -> Poll<Option<Result<T, JoinError>>> {
    set.poll_join_next(&mut Context::from_waker(&waker.clone().into()))
}

/// Joins the next one, which must be there.
fn next<T>(set: &mut JoinSet<T>) -> Result<T, JoinError> {
    block_on(set.join_next()).expect("the set is not empty")
}

#[test]
fn a_set_and_its_errors_can_be_sent_and_shared() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<JoinSet<Cell<u8>>>();
    is_send_and_sync::<JoinError>();
}

#[test]
fn outputs_come_in_the_order_in_which_the_tasks_end() {
    within(LIMIT, || {
        let rt = runtime(2);
        let mut set = JoinSet::new();
        let mut senders = Vec::new();
        rt.block_on(async {
            for n in 0..3 {
                let (sender, receiver) = async_channel::bounded::<()>(1);
                senders.push(sender);
                set.spawn(async move {
                    receiver.recv().await.expect("the test sends");
                    n
                });
            }
        });
        assert_eq!(set.len(), 3);
        for n in [1, 2, 0] {
            assert!(set.try_join_next().is_none());
            senders[n].try_send(()).expect("there is room");
            assert_eq!(next(&mut set).expect("nothing panics"), n);
        }
        assert!(set.is_empty());
        assert!(block_on(set.join_next()).is_none());
        assert!(set.try_join_next().is_none());
    });
}

#[test]
fn a_join_that_is_given_up_loses_nothing() {
    within(LIMIT, || {
        let rt = runtime(2);
        let mut set = JoinSet::new();
        let mut sum = 0;
        rt.block_on(async {
            for n in 0..1000 {
                set.spawn(async move {
                    yield_now().await;
                    n
                });
            }
            while !set.is_empty() {
                // A new future each time; the one before was dropped while it waited.
                if let Some(Some(joined)) = poll_once(set.join_next()).await {
                    sum += joined.expect("nothing panics");
                } else {
                    task::yield_now().await;
                }
            }
        });
        assert_eq!(sum, (0..1000).sum());
    });
}

#[test]
fn each_end_wakes_whoever_waits_at_most_once() {
    within(LIMIT, || {
        let rt = runtime(2);
        let mut set = JoinSet::new();
        let (sender, receiver) = async_channel::unbounded::<()>();
        rt.block_on(async {
            for _ in 0..1000 {
                let receiver = receiver.clone();
                set.spawn(async move { receiver.recv().await });
            }
        });
        let wakes = Arc::new(CountWakes::default());
        for ended in 0..20 {
            assert!(poll(&mut set, &wakes).is_pending());
            assert_eq!(wakes.count(), ended);
            sender.try_send(()).expect("there is room");
            eventually("the task to end", || wakes.count() > ended);
            assert!(matches!(poll(&mut set, &wakes), Poll::Ready(Some(Ok(_)))));
        }
        assert_eq!(set.len(), 980);
        // Nobody waits: the wakers are not invoked for these.
        drop(sender);
        eventually("all to end", || set.remaining().count() == 0);
        assert_eq!(wakes.count(), 20);
        assert_eq!(block_on(set.join_all()).len(), 980);
    });
}

#[test]
fn the_waker_of_the_last_poll_is_invoked() {
    within(LIMIT, || {
        let rt = runtime(1);
        let mut set = JoinSet::new();
        let (sender, receiver) = async_channel::bounded::<()>(1);
        rt.block_on(async { set.spawn(async move { receiver.recv().await }) });
        let (first, second) = <(Arc<CountWakes>, Arc<CountWakes>)>::default();
        assert!(poll(&mut set, &first).is_pending());
        assert!(poll(&mut set, &second).is_pending());
        assert_eq!(Arc::strong_count(&first), 1, "the set keeps one waker");
        sender.try_send(()).expect("there is room");
        eventually("the second waker", || second.count() == 1);
        assert_eq!(first.count(), 0);
    });
}

#[test]
fn a_set_may_move_to_another_task_while_it_is_waited_for() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let mut set = JoinSet::new();
        rt.block_on(async {
            set.spawn(async move { receiver.recv().await });
            assert!(poll_once(set.join_next()).await.is_none());
        });
        let waiting = Flag::new();
        let other = rt.spawn({
            let waiting = waiting.clone();
            async move {
                let mut join = Box::pin(set.join_next());
                poll_fn(|cx| {
                    let polled = join.as_mut().poll(cx);
                    waiting.set();
                    polled
                })
                .await
                .is_some_and(|joined| joined.is_ok())
            }
        });
        waiting.wait("the other task to wait");
        sender.try_send(()).expect("there is room");
        assert!(block_on(other));
    });
}

#[test]
fn a_waker_may_use_the_set_that_invokes_it() {
    /// Joins in the very moment in which it is invoked.
    struct Joins(Mutex<JoinSet<u32>>, Mutex<Option<u32>>);

    impl Wake for Joins {
        fn wake(self: Arc<Self>) {
            let joined = self.0.lock().expect("no panic").try_join_next();
            *self.1.lock().expect("no panic") = joined.map(|joined| joined.expect("no panic"));
        }
    }

    within(LIMIT, || {
        let rt = runtime(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let joins = Arc::new(Joins(Mutex::default(), Mutex::default()));
        let mut set = joins.0.lock().expect("no panic");
        rt.block_on(async {
            let gate = gate.clone();
            set.spawn_blocking(move || {
                gate.pass();
                7
            });
        });
        let waker = Waker::from(joins.clone());
        let polled = set.poll_join_next(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        drop(set);
        gate.open();
        eventually("the waker to join", || {
            *joins.1.lock().expect("no panic") == Some(7)
        });
    });
}

#[test]
fn members_are_cancelled_in_every_state_and_still_joined() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let gate = Gate::new();
        let _open = gate.opener();
        let (dropped, waiting, stuck) = (Counter::new(), Flag::new(), Flag::new());
        let mut set = JoinSet::new();
        rt.block_on(async {
            // Ended.
            set.spawn(async { 1 });
        });
        eventually("the first to end", || set.remaining().count() == 0);
        rt.block_on(async {
            // Waiting.
            let (guard, waiting) = (CountsDrop(dropped.clone()), waiting.clone());
            set.spawn(async move {
                let _guard = guard;
                waiting.set();
                pending().await
            });
        });
        waiting.wait("the second to wait");
        rt.block_on(async {
            // Inside a poll.
            let (guard, gate, stuck) = (CountsDrop(dropped.clone()), gate.clone(), stuck.clone());
            set.spawn(async move {
                let _guard = guard;
                stuck.set();
                gate.pass();
                pending().await
            });
        });
        stuck.wait("the third to be stuck");
        rt.block_on(async {
            // Queued.
            let guard = CountsDrop(dropped.clone());
            set.spawn(async move {
                let _guard = guard;
                unreachable!("it is cancelled before it runs")
            });
        });

        set.abort_all();
        assert_eq!(set.len(), 4);
        assert_eq!(next(&mut set).expect("it had ended"), 1);
        assert!(set.try_join_next().is_none());
        assert_eq!(dropped.get(), 0);
        gate.open();
        for _ in 0..3 {
            let error = next(&mut set).expect_err("it was cancelled");
            assert!(error.is_cancelled() && !error.is_panic());
        }
        assert_eq!(dropped.get(), 3, "who is joined has been dropped");
        assert!(set.is_empty());

        // The set is as good as new.
        rt.block_on(async { set.spawn(async { 2 }) });
        assert_eq!(next(&mut set).expect("nobody cancels"), 2);
    });
}

#[test]
fn shutdown_waits_for_those_inside_a_poll_and_remaining_says_who_they_are() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (gate, begun, dropped) = (Gate::new(), Counter::new(), Counter::new());
        let _open = gate.opener();
        let mut set = JoinSet::new();
        let (stuck, line, blocking) = rt.block_on(async {
            for _ in 0..100 {
                let guard = CountsDrop(dropped.clone());
                set.spawn(async move {
                    let _guard = guard;
                    task::sleep(HOUR).await;
                });
            }
            let member = {
                let (gate, begun, guard) =
                    (gate.clone(), begun.clone(), CountsDrop(dropped.clone()));
                move || {
                    let _guard = guard;
                    begun.hit();
                    gate.pass();
                }
            };
            let closure = {
                let (gate, begun, guard) =
                    (gate.clone(), begun.clone(), CountsDrop(dropped.clone()));
                move || {
                    let _guard = guard;
                    begun.hit();
                    gate.pass();
                }
            };
            let line = line!() + 1;
            let stuck = set.spawn(async { member() });
            (stuck, line, set.spawn_blocking(closure))
        });
        begun.reaches(2, "both to be stuck");
        let hurry = Duration::from_millis(20);
        // They hold on however often the waiting is given up.
        for _ in 0..3 {
            rt.block_on(timeout(hurry, set.shutdown()))
                .expect_err("two members are stuck");
        }
        eventually("the others to end", || dropped.get() == 100);
        eventually("the two to remain", || set.remaining().count() == 2);
        let remaining: Vec<_> = set.remaining().collect();
        assert_eq!(remaining[0].0.id(), stuck.id());
        assert_eq!(remaining[1].0.id(), blocking.id());
        assert_eq!(remaining[0].1.file(), file!());
        assert_eq!(remaining[0].1.line(), line);

        gate.open();
        block_on(set.shutdown());
        assert_eq!(dropped.get(), 102, "shutdown waits for the last destructor");
        assert!(set.is_empty());
        assert_eq!(set.remaining().count(), 0);
    });
}

#[test]
fn dropping_a_set_cancels_its_members_and_waits_for_nobody() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let (gate, stuck, dropped) = (Gate::new(), Flag::new(), Counter::new());
        let _open = gate.opener();
        let mut set = JoinSet::new();
        rt.block_on(async {
            let (guard, gate, stuck) = (CountsDrop(dropped.clone()), gate.clone(), stuck.clone());
            set.spawn(async move {
                let _guard = guard;
                stuck.set();
                gate.pass();
                pending::<()>().await
            });
            for _ in 0..10 {
                let guard = CountsDrop(dropped.clone());
                set.spawn(async move {
                    let _guard = guard;
                    pending::<()>().await
                });
            }
        });
        stuck.wait("the first to be stuck");
        drop(set);
        assert_eq!(dropped.get(), 0);
        gate.open();
        dropped.reaches(11, "all to be dropped");
    });
}

#[test]
fn detached_members_go_on_and_report_to_nobody() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (dropped, ran) = (Counter::new(), Counter::new());
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let mut set = JoinSet::new();
        rt.block_on(async {
            for _ in 0..10 {
                let (receiver, ran, output) =
                    (receiver.clone(), ran.clone(), CountsDrop(dropped.clone()));
                set.spawn(async move {
                    // Until it is sent something, or the channel closes.
                    let _ = receiver.recv().await;
                    ran.hit();
                    output
                });
            }
        });
        set.detach_all();
        assert!(set.is_empty());
        // Takes the place that one of the others had.
        let guard = CountsDrop(dropped.clone());
        rt.block_on(async { set.spawn(async { guard }) });
        drop(next(&mut set).expect("nothing panics"));
        assert_eq!(dropped.get(), 1);
        sender.try_send(()).expect("there is room");
        dropped.reaches(2, "an output to be dropped while others wait");
        drop((sender, receiver));
        ran.reaches(10, "the detached ones to go on");
        dropped.reaches(11, "their outputs to be dropped");
        assert!(set.try_join_next().is_none());
    });
}

#[test]
fn a_panic_goes_to_whoever_joins_and_to_nobody_else() {
    within(LIMIT, || {
        let rt = runtime(1);
        let mut set = JoinSet::new();
        let line = line!() + 1;
        let task = rt.block_on(async { set.spawn(async { panic!("out of luck") }) });
        let error = next::<()>(&mut set).expect_err("it panicked");
        assert!(error.is_panic() && !error.is_cancelled());
        assert_eq!(error.task().id(), task.id());
        assert_eq!(error.location().line(), line);
        let text = error.to_string();
        assert!(text.contains(&format!("task {}", task.id())), "{text}");
        assert!(text.contains(&format!("{}:{line}:", file!())), "{text}");
        assert!(text.ends_with("panicked: out of luck"), "{text}");
        assert!(format!("{error:?}").contains("out of luck"), "{error:?}");
        let error: Box<dyn Error + Send + Sync> = error.into();
        let error = error.downcast::<JoinError>().expect("it is one");
        let payload = error.into_panic();
        assert_eq!(panic_text(&*payload), "out of luck");

        rt.block_on(async { set.spawn_blocking(|| panic::panic_any(7_u8)) });
        let error = next(&mut set).expect_err("it panicked");
        assert!(error.to_string().ends_with(" panicked"), "{error}");
        let payload = error.try_into_panic().expect("it panicked");
        assert_eq!(payload.downcast_ref(), Some(&7_u8));

        rt.block_on(async { set.spawn(pending()) });
        set.abort_all();
        let error = next(&mut set).expect_err("it was cancelled");
        assert!(error.to_string().ends_with("was cancelled"), "{error}");
        let error = error.try_into_panic().expect_err("there was no panic");
        let text = panic_of(move || error.into_panic());
        assert!(text.contains("was cancelled"), "{text}");

        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

#[test]
fn join_all_gives_all_outputs_or_the_first_panic() {
    within(LIMIT, || {
        let rt = runtime(2);
        let squares: JoinSet<_> =
            rt.block_on(async { (0..100).map(|n| async move { n * n }).collect() });
        let mut squares = block_on(squares.join_all());
        squares.sort();
        assert_eq!(squares, (0..100).map(|n| n * n).collect::<Vec<_>>());

        let dropped = Counter::new();
        let mut set = JoinSet::new();
        rt.block_on(async {
            let guards = (0..10).map(|_| CountsDrop(dropped.clone()));
            set.extend(guards.map(|guard| async move {
                let _guard = guard;
                pending::<()>().await;
            }));
            set.spawn(async { panic!("one of them") });
        });
        assert_eq!(panic_of(|| block_on(set.join_all())), "one of them");
        dropped.reaches(10, "the others to be cancelled");

        let mut set = JoinSet::new();
        rt.block_on(async { set.spawn(pending::<()>()) });
        set.abort_all();
        let text = panic_of(|| block_on(set.join_all()));
        assert!(text.contains("was cancelled"), "{text}");
    });
}

/// Panics when it is dropped, with something that does so in its turn.
struct PanicsWithPanicsInDrop;

impl Drop for PanicsWithPanicsInDrop {
    fn drop(&mut self) {
        panic::panic_any(PanicsInDrop);
    }
}

unstall::task_local! {
    static BOMB: Option<PanicsWithPanicsInDrop> = Some(PanicsWithPanicsInDrop);
}

/// (Caught once only, the locals' panic is one too many: of a member, which is never joined then, and of a task, which ends the process.)
#[test]
fn what_a_destructor_panics_with_may_panic_when_it_is_dropped() {
    within(LIMIT, || {
        let rt = runtime(1);
        let mut set = JoinSet::new();
        rt.block_on(async {
            // The destructor of a future, and that of a task-local.
            let bomb = PanicsWithPanicsInDrop;
            set.spawn(async move {
                let _bomb = bomb;
                pending().await
            });
            task::yield_now().await;
            set.abort_all();
            let error = set.join_next().await.expect("one is there");
            assert!(error.expect_err("it was cancelled").is_cancelled());
            set.spawn(async { BOMB.with(|bomb| assert!(bomb.is_some())) });
            let task = task::spawn(async { BOMB.with(|bomb| assert!(bomb.is_some())) });
            let output = set.join_next().await.expect("one is there");
            output.expect("it completed");
            task.await;
        });
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

/// Of an empty set there is no next one, and somebody waits for it. (As long as `detach_all` does not wake its waiter.)
#[test]
fn who_waits_is_told_that_all_were_detached() {
    within(LIMIT, || {
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let mut set = JoinSet::new();
        set.spawn(async move {
            let _closed = receiver.recv().await;
        });
        let waker = Arc::new(CountWakes::default());
        assert!(poll(&mut set, &waker).is_pending());
        set.detach_all();
        assert_eq!(waker.count(), 1);
        assert!(matches!(poll(&mut set, &waker), Poll::Ready(None)));
        drop(sender);
    });
}

#[test]
fn a_destructor_that_panics_harms_nobody() {
    within(LIMIT, || {
        let rt = runtime(1);
        let mut set = JoinSet::new();
        // A future's, when it is cancelled.
        rt.block_on(async {
            let bomb = PanicsInDrop;
            set.spawn(async move {
                let _bomb = bomb;
                pending().await
            })
        });
        set.abort_all();
        assert!(next(&mut set).expect_err("it was cancelled").is_cancelled());
        // A future's that completed, outside its poll.
        struct Completes(PanicsInDrop);
        impl Future for Completes {
            type Output = Option<PanicsInDrop>;
            fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
                Poll::Ready(None)
            }
        }
        rt.block_on(async { set.spawn(Completes(PanicsInDrop)) });
        assert!(next(&mut set).expect("it completed").is_none());
        // An output's, when nobody is there to take it.
        let gate = Gate::new();
        let _open = gate.opener();
        rt.block_on(async {
            let gate = gate.clone();
            set.spawn_blocking(move || {
                gate.pass();
                Some(PanicsInDrop)
            })
        });
        eventually("the closure to begin", || {
            rt.metrics().blocking_running == 1
        });
        drop(set);
        gate.open();
        // One that is kept by the set belongs to whoever drops that.
        let mut set = JoinSet::new();
        rt.block_on(async { set.spawn(async { PanicsInDrop }) });
        eventually("it to end", || set.remaining().count() == 0);
        assert_eq!(panic_of(|| drop(set)), "a destructor fails, on purpose");

        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
    });
}

#[test]
fn aborting_races_with_completing_and_one_of_them_wins() {
    within(LIMIT, || {
        let rt = runtime(2);
        let mut set = JoinSet::new();
        let (mut spawned, mut completed, mut cancelled) = (0, 0, 0);
        let (futures, outputs) = (Counter::new(), Counter::new());
        for round in 0..300 {
            rt.block_on(async {
                for n in 0..8 {
                    let (guard, output) =
                        (CountsDrop(futures.clone()), CountsDrop(outputs.clone()));
                    set.spawn(async move {
                        let _guard = guard;
                        for _ in 0..n {
                            yield_now().await;
                        }
                        output
                    });
                    spawned += 1;
                }
            });
            for _ in 0..round % 16 {
                thread::yield_now();
            }
            set.abort_all();
            while let Some(joined) = block_on(set.join_next()) {
                match joined {
                    Ok(_) => completed += 1,
                    Err(error) => {
                        assert!(error.is_cancelled());
                        cancelled += 1;
                    }
                }
            }
            assert_eq!(completed + cancelled, spawned);
            assert_eq!(futures.get(), spawned);
            assert_eq!(outputs.get(), spawned);
        }
    });
}

#[test]
fn a_set_may_be_dropped_while_members_complete() {
    within(LIMIT, || {
        let rt = runtime(2);
        let dropped = Counter::new();
        let mut spawned = 0;
        for round in 0..300 {
            let mut set = JoinSet::new();
            rt.block_on(async {
                for n in 0..8 {
                    let output = CountsDrop(dropped.clone());
                    set.spawn(async move {
                        for _ in 0..n {
                            yield_now().await;
                        }
                        output
                    });
                    spawned += 1;
                }
            });
            for _ in 0..round % 16 {
                thread::yield_now();
            }
            drop(set);
        }
        dropped.reaches(spawned, "every output to be dropped");
        assert_eq!(rt.block_on(rt.spawn(async { 7 })), 7);
        assert_eq!(dropped.get(), spawned, "each of them once");
    });
}

#[test]
fn dropping_the_outer_set_cancels_the_inner_one() {
    within(LIMIT, || {
        let rt = runtime(2);
        let (begun, dropped) = (Counter::new(), Counter::new());
        let mut outer = JoinSet::new();
        rt.block_on(async {
            for _ in 0..10 {
                let (begun, dropped) = (begun.clone(), dropped.clone());
                outer.spawn(async move {
                    let mut inner = JoinSet::new();
                    for _ in 0..10 {
                        let (begun, guard) = (begun.clone(), CountsDrop(dropped.clone()));
                        inner.spawn(async move {
                            let _guard = guard;
                            begun.hit();
                            pending::<()>().await
                        });
                    }
                    while inner.join_next().await.is_some() {}
                });
            }
        });
        begun.reaches(100, "all inner members to wait");
        block_on(outer.shutdown());
        dropped.reaches(100, "the inner members to be cancelled");
    });
}

#[test]
fn a_member_may_abort_or_drop_the_set_it_is_in() {
    within(LIMIT, || {
        let rt = runtime(2);
        let set = Arc::new(Mutex::new(Some(JoinSet::new())));
        let with_set = |f: &mut dyn FnMut(&mut JoinSet<u32>)| {
            f(set.lock().expect("no panic").as_mut().expect("it is there"));
        };
        rt.block_on(async {
            let of_member = set.clone();
            with_set(&mut |set| {
                let of_member = of_member.clone();
                set.spawn(pending());
                set.spawn(async move {
                    let mut set = of_member.lock().unwrap_or_else(PoisonError::into_inner);
                    set.as_mut().expect("it is there").abort_all();
                    7
                });
            });
        });
        let mut outputs = Vec::new();
        eventually("both to end", || {
            with_set(&mut |set| outputs.extend(set.try_join_next()));
            outputs.len() == 2
        });
        // The poll in which it aborted itself went on to its end.
        let completed = outputs.iter().filter_map(|output| output.as_ref().ok());
        assert_eq!(completed.collect::<Vec<_>>(), [&7]);

        let dropped = Counter::new();
        rt.block_on(async {
            let of_member = set.clone();
            with_set(&mut |set| {
                let (of_member, guard) = (of_member.clone(), CountsDrop(dropped.clone()));
                set.spawn(async move {
                    let _guard = guard;
                    drop(of_member.lock().expect("no panic").take());
                    pending().await
                });
            });
        });
        dropped.reaches(1, "the member to end with its set");
        assert!(set.lock().expect("no panic").is_none());
    });
}

#[test]
fn members_end_with_their_runtime_and_are_joined_as_cancelled() {
    within(LIMIT, || {
        let rt = runtime_without_detection(1);
        let (gate, stuck, waiting) = (Gate::new(), Flag::new(), Flag::new());
        let _open = gate.opener();
        let mut set = JoinSet::new();
        rt.block_on(async {
            let waiting = waiting.clone();
            set.spawn(async move {
                waiting.set();
                pending().await
            });
        });
        waiting.wait("the first to wait");
        rt.block_on(async {
            let (gate, stuck) = (gate.clone(), stuck.clone());
            set.spawn(async move {
                stuck.set();
                gate.pass();
                7
            });
        });
        stuck.wait("the second to be stuck");
        rt.block_on(async { set.spawn(async { 8 }) });
        drop(rt);
        for _ in ["the one that waits", "the one in the queue"] {
            let error = next(&mut set).expect_err("it was dropped with its runtime");
            assert!(error.is_cancelled());
        }
        gate.open();
        assert_eq!(next(&mut set).expect("the second's poll went on"), 7);
        assert!(set.is_empty());
    });
}

#[test]
fn local_members_need_not_be_send() {
    within(LIMIT, || {
        task::block_on(async {
            let dropped = Counter::new();
            let shared = Rc::new(RefCell::new(Vec::new()));
            let mut set = JoinSet::new();
            for n in 0..10 {
                let shared = shared.clone();
                set.spawn_local(async move {
                    task::yield_now().await;
                    shared.borrow_mut().push(n);
                    Rc::new(n)
                });
            }
            let guard = CountsDrop(dropped.clone());
            set.spawn_local(async move {
                let _guard = guard;
                pending().await
            });
            let mut outputs = Vec::new();
            for _ in 0..10 {
                let joined = set.join_next().await.expect("there are more");
                outputs.push(*joined.expect("nothing panics"));
            }
            assert_eq!(outputs, *shared.borrow());
            set.shutdown().await;
            assert_eq!(dropped.get(), 1);
        });
    });
}

#[test]
fn who_is_joined_has_dropped_its_task_locals() {
    struct SlowToDrop(Option<Counter>);
    impl Drop for SlowToDrop {
        fn drop(&mut self) {
            thread::sleep(Duration::from_millis(5));
            if let Some(dropped) = &self.0 {
                dropped.hit();
            }
        }
    }
    unstall::task_local! {
        static GUARD: RefCell<SlowToDrop> = const { RefCell::new(SlowToDrop(None)) };
    }
    within(LIMIT, || {
        let rt = runtime(2);
        let dropped = Counter::new();
        let mut set = JoinSet::new();
        let set_guard = |dropped: Counter| GUARD.with(|guard| guard.borrow_mut().0 = Some(dropped));
        rt.block_on(async {
            set_guard(Counter::new());
            for _ in 0..5 {
                let dropped = dropped.clone();
                set.spawn(async move { set_guard(dropped) });
            }
            let of_blocking = dropped.clone();
            set.spawn_blocking(move || set_guard(of_blocking));
            let (of_pending, begun) = (dropped.clone(), Flag::new());
            let begins = begun.clone();
            set.spawn(async move {
                set_guard(of_pending);
                begins.set();
                pending().await
            });
            // One that is cancelled before has no locals.
            begun.wait("the last one to begin");
        });
        for joined in 1..=6 {
            next(&mut set).expect("nothing panics");
            assert!(dropped.get() >= joined);
        }
        block_on(set.shutdown());
        assert_eq!(dropped.get(), 7);
    });
}

#[test]
fn a_spawn_that_fails_leaves_the_set_as_it_was() {
    /// Uses a set when the thread has no local tasks any more.
    struct AtTheEnd(Option<mpsc::Sender<Result<u32, JoinError>>>);

    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            let sender = self.0.take().expect("it is set");
            let mut set = JoinSet::new();
            let spawned = panic::catch_unwind(AssertUnwindSafe(|| {
                set.spawn_local(async { 1 });
            }));
            assert!(spawned.is_err());
            assert!(set.is_empty());
            // Has the place that the one before would have had.
            set.spawn(async {
                task::sleep(Duration::from_millis(20)).await;
                2
            });
            assert_eq!(set.remaining().count(), 1);
            let joined = next(&mut set);
            // Nobody waits for it if the test has failed.
            let _ = sender.send(joined);
        }
    }

    thread_local! {
        static AT_THE_END: Cell<Option<AtTheEnd>> = const { Cell::new(None) };
    }

    within(LIMIT, || {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            // Destroyed after what is made later.
            AT_THE_END.set(Some(AtTheEnd(Some(sender))));
            task::block_on(async { task::spawn_local(async {}).await });
        });
        let joined = receiver.recv().expect("the thread ends");
        assert_eq!(joined.expect("it is another one"), 2);
    });
}

#[test]
fn a_set_says_how_many_members_it_has() {
    within(LIMIT, || {
        let rt = runtime(1);
        let mut set = JoinSet::default();
        rt.block_on(async {
            set.spawn(async {});
            set.spawn(pending());
        });
        eventually("one to end", || set.remaining().count() == 1);
        assert_eq!(format!("{set:?}"), "JoinSet { len: 2, ended: 1, .. }");
    });
}
