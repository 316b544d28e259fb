//! Task-locals, `current()` and names.

mod support;

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use support::{Counter, CountsDrop, LIMIT, panic_of, runtime, within};
use unstall::task::{self, AccessError, LocalKey, TaskId};

unstall::task_local! {
    /// Each task begins with this.
    static NUMBER: Cell<u32> = Cell::new(5);
    static LIST: RefCell<Vec<u32>> = RefCell::new(Vec::new());
}

#[test]
fn a_task_local_is_made_for_each_task_and_lives_as_long() {
    within(LIMIT, || {
        let rt = runtime(2);
        let tasks: Vec<_> = (0..200)
            .map(|i| {
                rt.spawn(async move {
                    assert_eq!(NUMBER.with(Cell::get), 5);
                    NUMBER.with(|number| number.set(i));
                    for j in 0..3 {
                        LIST.with(|list| list.borrow_mut().push(i + j));
                        task::yield_now().await;
                        assert_eq!(NUMBER.with(Cell::get), i);
                    }
                    LIST.with(|list| list.borrow().clone())
                })
            })
            .collect();
        for (i, task) in (0..).zip(tasks) {
            assert_eq!(rt.block_on(task), [i, i + 1, i + 2]);
        }
    });
}

#[test]
fn a_task_local_is_made_when_it_is_first_asked_for() {
    thread_local! {
        static MADE: Cell<u32> = const { Cell::new(0) };
    }
    unstall::task_local! {
        static LAZY: u32 = {
            MADE.set(MADE.get() + 1);
            7
        };
    }
    within(LIMIT, || {
        task::block_on(async {
            assert_eq!(MADE.get(), 0);
            assert_eq!(LAZY.with(|lazy| *lazy), 7);
            assert_eq!(LAZY.with(|lazy| *lazy), 7);
            assert_eq!(MADE.get(), 1);
        });
        task::block_on(async { assert_eq!(LAZY.with(|lazy| *lazy), 7) });
        assert_eq!(MADE.get(), 2);
    });
}

#[test]
fn outside_a_task_there_are_no_task_locals() {
    within(LIMIT, || {
        let error: AccessError = NUMBER.try_with(Cell::get).expect_err("this is no task");
        assert_eq!(
            error.to_string(),
            "already destroyed or called outside the context of a task"
        );
        assert_eq!(format!("{error:?}"), "AccessError");
        let text = panic_of(|| NUMBER.with(Cell::get));
        assert!(text.contains("outside the context of a task"), "{text}");
        // Nor after one.
        task::block_on(async { NUMBER.with(|number| number.set(1)) });
        NUMBER.try_with(Cell::get).expect_err("this is no task");
    });
}

#[test]
fn task_locals_are_dropped_when_the_task_ends() {
    unstall::task_local! {
        static GUARD: RefCell<Option<CountsDrop>> = RefCell::new(None);
    }
    fn keep(dropped: &Counter) {
        GUARD.with(|guard| *guard.borrow_mut() = Some(CountsDrop(dropped.clone())));
    }
    within(LIMIT, || {
        let rt = runtime(1);
        let dropped = Counter::new();
        // Completed.
        rt.block_on(rt.spawn({
            let dropped = dropped.clone();
            async move {
                keep(&dropped);
                task::yield_now().await;
                assert_eq!(dropped.get(), 0);
            }
        }));
        dropped.reaches(1, "the completed task's local to be dropped");
        // Cancelled.
        let waiting = support::Flag::new();
        let handle = rt.spawn({
            let (dropped, waiting) = (dropped.clone(), waiting.clone());
            async move {
                keep(&dropped);
                waiting.set();
                pending::<()>().await;
            }
        });
        waiting.wait("the task to run");
        assert_eq!(dropped.get(), 1);
        assert_eq!(rt.block_on(handle.cancel()), None);
        dropped.reaches(2, "the cancelled task's local to be dropped");
        // Panicked.
        drop(rt.spawn({
            let dropped = dropped.clone();
            async move {
                keep(&dropped);
                panic!("with a task-local")
            }
        }));
        dropped.reaches(3, "the panicked task's local to be dropped");
        // A block_on.
        let inside = dropped.clone();
        rt.block_on(async move { keep(&inside) });
        assert_eq!(dropped.get(), 4);
    });
}

#[test]
fn destructors_of_a_future_see_its_task_locals() {
    /// Reports what its destructor sees.
    struct Asks(mpsc::Sender<(Result<u32, AccessError>, Option<TaskId>)>);
    impl Drop for Asks {
        fn drop(&mut self) {
            let seen = (
                NUMBER.try_with(Cell::get),
                task::try_current().map(|task| task.id()),
            );
            self.0.send(seen).expect("the test listens");
        }
    }
    within(LIMIT, || {
        let rt = runtime(1);
        let (report, reports) = mpsc::channel();
        let waiting = support::Flag::new();
        let handle = rt.spawn({
            let waiting = waiting.clone();
            async move {
                let _asks = Asks(report);
                NUMBER.with(|number| number.set(9));
                waiting.set();
                pending::<()>().await;
            }
        });
        waiting.wait("the task to run");
        let id = handle.task().id();
        assert_eq!(rt.block_on(handle.cancel()), None);
        assert_eq!(reports.recv(), Ok((Ok(9), Some(id))));
    });
}

#[test]
fn a_task_local_may_use_another_while_it_is_made() {
    unstall::task_local! {
        static DOUBLE: u32 = NUMBER.with(Cell::get) * 2;
    }
    within(LIMIT, || {
        task::block_on(async {
            NUMBER.with(|number| number.set(21));
            assert_eq!(DOUBLE.with(|double| *double), 42);
        });
    });
}

#[test]
fn nested_block_on_is_a_task_of_its_own() {
    within(LIMIT, || {
        let rt = runtime(1);
        let task = rt.spawn(async {
            NUMBER.with(|number| number.set(1));
            let outer = task::current().id();
            let inner = task::block_on(async {
                assert_eq!(NUMBER.with(Cell::get), 5);
                NUMBER.with(|number| number.set(2));
                task::spawn(async {}).await;
                assert_eq!(NUMBER.with(Cell::get), 2);
                task::current().id()
            });
            assert_ne!(outer, inner);
            assert_eq!(task::current().id(), outer);
            NUMBER.with(Cell::get)
        });
        assert_eq!(rt.block_on(task), 1);
    });
}

#[test]
fn local_keys_can_be_passed_around() {
    unstall::task_local!(pub(crate) static ONE: u32 = 1);
    fn get(key: &'static LocalKey<u32>) -> u32 {
        key.with(|value| *value)
    }
    within(LIMIT, || task::block_on(async { assert_eq!(get(&ONE), 1) }));
}

#[test]
fn there_is_a_current_task_inside_tasks_only() {
    within(LIMIT, || {
        assert!(task::try_current().is_none());
        let text = panic_of(task::current);
        assert!(text.contains("outside the context of a task"), "{text}");

        let rt = runtime(1);
        let in_task = rt.spawn(async {
            let before = task::current().id();
            task::sleep(Duration::from_millis(1)).await;
            assert_eq!(task::current().id(), before);
            before
        });
        let id = in_task.task().id();
        assert_eq!(rt.block_on(in_task), id);

        let in_block_on = rt.block_on(async { task::current().id() });
        assert_ne!(in_block_on, id);
        let in_local = rt.block_on(async {
            let local = task::spawn_local(async { task::current().id() });
            let id = local.task().id();
            assert_eq!(local.await, id);
            id
        });
        assert_ne!(in_local, in_block_on);
        assert!(task::try_current().is_none());
        // Nor on a thread that a task started.
        let elsewhere = rt.block_on(async {
            thread::spawn(|| task::try_current().is_none())
                .join()
                .expect("no panic")
        });
        assert!(elsewhere);
    });
}

#[test]
fn ids_tell_tasks_apart() {
    within(LIMIT, || {
        let rt = runtime(2);
        let mut ids: Vec<_> = (0..1000).map(|_| rt.spawn(async {}).task().id()).collect();
        assert_eq!(ids[0], ids[0].clone());
        let texts: std::collections::HashSet<_> = ids.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 1000);
        ids.dedup();
        assert_eq!(ids.len(), 1000);
    });
}

#[test]
fn a_builder_names_tasks() {
    within(LIMIT, || {
        let rt = runtime(1);
        let name = || task::current().name().map(str::to_owned);
        rt.block_on(async {
            let named = |name: &str| task::Builder::new().name(name.into());
            let spawned = named("spawned")
                .spawn(async move { name() })
                .expect("spawning works");
            assert_eq!(spawned.task().name(), Some("spawned"));
            assert_eq!(spawned.await.as_deref(), Some("spawned"));

            let local = named("local")
                .local(async move { name() })
                .expect("spawning works");
            assert_eq!(local.task().name(), Some("local"));
            assert_eq!(local.await.as_deref(), Some("local"));

            let blocking = named("blocking").blocking(async move { name() });
            assert_eq!(blocking.as_deref(), Some("blocking"));

            // Any text will do.
            let odd = named("zwölf\0\n")
                .spawn(async move { name() })
                .expect("spawning works");
            assert_eq!(odd.await.as_deref(), Some("zwölf\0\n"));

            let unnamed = task::Builder::new()
                .spawn(async move { name() })
                .expect("spawning works");
            assert_eq!(unnamed.await, None);
            assert_eq!(task::spawn(async move { name() }).await, None);
        });
        let debug = format!("{:?}", rt.spawn(async {}).task());
        assert!(debug.contains("Task"), "{debug}");
    });
}
