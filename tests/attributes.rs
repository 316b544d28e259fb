//! `#[unstall::main]` and `#[unstall::test]`, as programs use them. What their errors say is tested in
//! `crates/macros`.
#![cfg(feature = "attributes")]

mod support;

use std::io;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use support::{LIMIT, child, in_child, is_child, panic_of, printed, within};
use unstall::net::TcpListener;
use unstall::{runtime, task};

#[unstall::test]
async fn a_test_runs_as_a_task() {
    let this = task::current().id();
    assert_ne!(task::spawn(async { task::current().id() }).await, this);
    task::yield_now().await;
    assert_eq!(task::current().id(), this);
    // On the test's own thread, so nothing need be `Send`.
    let local = Rc::new(7);
    let sum = task::spawn_local({
        let local = local.clone();
        async move { *local + 1 }
    });
    assert_eq!(sum.await, *local + 1);
}

#[unstall::test]
async fn a_test_may_return_a_result() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    assert_ne!(listener.local_addr()?.port(), 0);
    Ok(())
}

#[unstall::test]
async fn a_test_that_returns_an_error_fails() -> Result<(), String> {
    const TEST: &str = "a_test_that_returns_an_error_fails";
    if is_child(TEST) {
        return Err("the child's error".into());
    }
    let output = task::spawn_blocking(|| child(TEST, &[])).await;
    assert!(!output.status.success(), "{}", printed(&output));
    assert!(
        printed(&output).contains("the child's error"),
        "{}",
        printed(&output)
    );
    Ok(())
}

#[unstall::test]
#[should_panic(expected = "on purpose")]
async fn a_panic_is_the_tests_own() {
    task::yield_now().await;
    panic!("on purpose");
}

#[unstall::test(worker_threads = 1)]
#[should_panic(expected = "in a task")]
async fn a_panic_of_an_awaited_task_is_the_tests_own() {
    task::spawn(async { panic!("in a task") }).await;
}

#[unstall::test]
#[ignore = "that it is not run is the test"]
async fn an_ignored_test_is_not_run() {
    panic!("it was to be ignored");
}

#[unstall::test(worker_threads = 3, thread_name = "own", detection = true)]
async fn a_test_with_options_has_its_own_runtime() {
    assert_eq!(runtime::metrics().workers, 3);
    let name = task::spawn(async { thread::current().name().map(str::to_owned) }).await;
    assert!(
        name.as_deref().is_some_and(|name| name.starts_with("own/")),
        "{name:?}"
    );
}

#[unstall::test(detection = false, worker_threads = 1)]
async fn without_detection_nothing_is_handed_over() {
    task::spawn(async { thread::sleep(Duration::from_millis(100)) }).await;
    let metrics = runtime::metrics();
    assert_eq!(metrics.isolations, 0, "{metrics:?}");
    assert_eq!(metrics.replacements, 0, "{metrics:?}");
}

#[test]
fn the_builder_accepts_as_many_workers_as_the_attributes() {
    let one_more = runtime::Builder::new().worker_threads(1025).build();
    let text = one_more.expect_err("one too many").to_string();
    assert!(text.contains("1 to 1024"), "{text}");
}

mod by_another_name {
    use unstall as rt;
    use unstall::test;

    #[test]
    async fn the_attribute_may_be_imported() {
        rt::task::yield_now().await;
    }

    #[test(crate = rt, worker_threads = 2)]
    async fn the_crate_may_be_a_path() {
        assert_eq!(rt::runtime::metrics().workers, 2);
    }

    #[rt::main(crate = self::rt)]
    pub(crate) async fn main() -> u8 {
        rt::task::spawn(async { 7 }).await
    }

    macro_rules! test_with {
        ($name:ident, $workers:expr, $path:path) => {
            #[rt::test(worker_threads = $workers, crate = $path)]
            async fn $name() {
                assert_eq!(rt::runtime::metrics().workers, $workers);
            }
        };
    }
    test_with!(options_may_come_from_a_macro, 2, ::unstall);
}

mod plain {
    /// Documentation and lint levels may stand here, too.
    #[unstall::main]
    #[allow(non_snake_case, reason = "to see that it is heeded")]
    pub(crate) async fn main() -> Result<u8, std::num::ParseIntError> {
        #![allow(unused_mut, reason = "to see that it is heeded")]
        let mut Number = unstall::task::spawn(async { "7" }).await;
        Ok(Number.parse::<u8>()? + 1)
    }
}

#[test]
fn main_is_an_ordinary_function() {
    within(LIMIT, || {
        assert_eq!(plain::main(), Ok(8));
        assert_eq!(by_another_name::main(), 7);
    });
}

mod configured {
    use unstall::{runtime, task};

    #[unstall::main(worker_threads = 3, thread_name = "web", detection = false)]
    pub(crate) async fn main() -> (usize, Option<String>) {
        let name = task::spawn(async { std::thread::current().name().map(str::to_owned) }).await;
        (runtime::metrics().workers, name)
    }
}

#[test]
fn main_configures_the_global_runtime() {
    // The environment does not count where there are options.
    in_child(
        "main_configures_the_global_runtime",
        &[("UNSTALL_THREAD_COUNT", "2")],
        || {
            let (workers, name) = configured::main();
            assert_eq!(workers, 3);
            assert!(
                name.as_deref().is_some_and(|name| name.starts_with("web/")),
                "{name:?}"
            );
            assert_eq!(runtime::metrics().workers, 3);
        },
    );
}

#[test]
fn main_with_options_says_so_if_it_comes_too_late() {
    in_child(
        "main_with_options_says_so_if_it_comes_too_late",
        &[],
        || {
            task::block_on(task::spawn(async {}));
            let text = panic_of(configured::main);
            assert!(text.contains("the global runtime exists already"), "{text}");
        },
    );
}
