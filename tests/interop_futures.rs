//! The traits of the futures crates for spawning.

mod support;

use std::thread;

use futures_task::{FutureObj, Spawn};
use support::{Counter, CountsDrop, LIMIT, runtime, within};
use unstall::runtime::{Builder, Handle};
use unstall::{channel, task};

fn boxed(future: impl Future<Output = ()> + Send + 'static) -> FutureObj<'static, ()> {
    Box::new(future).into()
}

#[test]
fn a_handle_spawns_on_its_runtime() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(1)
            .thread_name("own")
            .build()
            .unwrap();
        let (sender, receiver) = channel::bounded(1);
        let spawner: &dyn Spawn = &rt.handle();
        spawner.status().unwrap();
        let name = async move {
            let name = thread::current().name().map(str::to_owned);
            sender.send(name).await.unwrap();
        };
        spawner.spawn_obj(boxed(name)).unwrap();
        let name = task::block_on(receiver.recv()).unwrap().unwrap();
        assert!(name.starts_with("own/"), "{name}");
    });
}

/// … which is that of the current task.
#[test]
fn the_current_handle_spawns_where_spawn_does() {
    within(LIMIT, || {
        let rt = Builder::new()
            .worker_threads(1)
            .thread_name("own")
            .build()
            .unwrap();
        let (sender, receiver) = channel::bounded(1);
        let name = async move {
            let name = thread::current().name().map(str::to_owned);
            sender.send(name).await.unwrap();
        };
        let spawned = rt.spawn(async { Handle::current().spawn_obj(boxed(name)) });
        task::block_on(spawned).unwrap();
        let name = task::block_on(receiver.recv()).unwrap().unwrap();
        assert!(name.starts_with("own/"), "{name}");
    });
}

#[test]
fn a_runtime_that_has_ended_takes_no_more_and_says_so() {
    within(LIMIT, || {
        let rt = runtime(1);
        let handle = rt.handle();
        drop(rt);
        let drops = Counter::new();
        let counts = CountsDrop(drops.clone());
        let spawned = handle.spawn_obj(boxed(async move { drop(counts) }));
        assert!(spawned.unwrap_err().is_shutdown());
        assert!(handle.status().unwrap_err().is_shutdown());
        assert_eq!(drops.get(), 1);
    });
}
