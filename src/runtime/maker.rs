//! The maker: a thread that makes threads for the monitor, which makes none itself.
//!
//! Making a thread allocates, takes the process's memory-map lock and can wait for milliseconds, or fail. Usually a
//! thread that was told to work has made the next standby before it begins; this is for the times when more
//! are wanted at once, and for those when making them failed and somebody has to try again. One
//! parked thread a process. It holds no lock while it works.
//!
//! It also tries again to make the thread that drops what was queued after its runtime's end, where who queued it could
//! make none: every [`RETRY`] for as long as there is such a runtime.

use std::{
    mem::ManuallyDrop,
    sync::{Arc, OnceLock, Weak},
};

use concurrent_queue::ConcurrentQueue;

use super::{
    Shared,
    parker::Parker,
    threads::{Order, Staffed},
    watch::RETRY,
};
use crate::{
    fault::{self, Fault},
    loom::sync::{AtomicBool, Ordering},
    reactor,
};

struct Maker {
    /// The reactor needs a thread to wait in it: one that belongs to no runtime.
    keeper_wanted: AtomicBool,
    /// Bounded, so that a request allocates nothing. One that does not fit is repeated by the next tick.
    requests: ConcurrentQueue<Weak<Shared>>,
    /// Runtimes that have ended and lack the thread that drops late tasks. Nobody repeats these.
    drains: ConcurrentQueue<Weak<Shared>>,
    parker: Parker,
}

static MAKER: OnceLock<Maker> = OnceLock::new();

/// More runtimes than this do not ask at the same time; and if they do, they ask again.
const REQUESTS: usize = 64;

/// Starts the thread. (If the monitor cannot be started after it and this is called again, there is one
/// more, and both serve.)
pub(crate) fn start() -> std::io::Result<()> {
    let maker = MAKER.get_or_init(|| Maker {
        keeper_wanted: AtomicBool::new(false),
        requests: ConcurrentQueue::bounded(REQUESTS),
        drains: ConcurrentQueue::unbounded(),
        parker: Parker::new(),
    });
    fault::refuse(Fault::StartMonitor)?;
    std::thread::Builder::new()
        .name("unstall-maker".into())
        .spawn(|| {
            let mut late = Vec::new();
            loop {
                if late.is_empty() {
                    maker.parker.park();
                } else {
                    let _either_way = maker.parker.park_timeout(RETRY);
                }
                if maker.keeper_wanted.swap(false, Ordering::Relaxed) {
                    make_keeper();
                }
                for shared in maker.requests.try_iter() {
                    if let Some(shared) = shared.upgrade() {
                        make(&shared);
                        release(shared);
                    }
                }
                late.extend(maker.drains.try_iter());
                late.retain(still_without_drain);
            }
        })
        .map(drop)
}

/// Says how many standbys are missing now; what was said before is out of date. Does not allocate or wait.
pub(crate) fn request(shared: &Arc<Shared>, count: usize) {
    let Some(maker) = MAKER.get() else { return };
    let at_it = shared.standbys_wanted.swap(count, Ordering::Relaxed) > 0;
    if !at_it && maker.requests.push(Arc::downgrade(shared)).is_err() {
        shared.standbys_wanted.store(0, Ordering::Relaxed);
    }
    maker.parker.unpark();
}

/// Nobody waits in the reactor, and there is no thread that could: one is made for that. The monitor asks again until it is
/// there.
pub(crate) fn request_keeper() {
    let Some(maker) = MAKER.get() else { return };
    maker.keeper_wanted.store(true, Ordering::Relaxed);
    maker.parker.unpark();
}

/// One is enough, however often it is asked for before it begins; but one that calls wakers, any of which may block, counts as none.
static HAS_KEEPER: AtomicBool = AtomicBool::new(false);

fn make_keeper() {
    if HAS_KEEPER.swap(true, Ordering::Relaxed) {
        return;
    }
    let made = fault::refuse(Fault::MakeKeeper).and_then(|()| {
        std::thread::Builder::new()
            .name("unstall-reactor".into())
            .spawn(run_keeper)
    });
    if made.is_err() {
        HAS_KEEPER.store(false, Ordering::Relaxed);
    }
}

fn run_keeper() {
    let parker = Arc::new(Parker::new());
    loop {
        reactor::keep(&parker);
        HAS_KEEPER.store(false, Ordering::Relaxed);
        reactor::deliver();
        if HAS_KEEPER.swap(true, Ordering::Relaxed) {
            return; // it took so long that there is another one
        }
    }
}

/// `drain-3`: the runtime has ended, and the thread that drops late tasks could not be made.
pub(crate) fn request_drain(shared: Weak<Shared>) {
    // Its threads are made before any runtime has a task.
    let Some(maker) = MAKER.get() else { return };
    let _never_full = maker.drains.push(shared);
    maker.parker.unpark();
}

/// The tasks that wait there hold their runtime: if that is gone, so are they.
fn still_without_drain(shared: &Weak<Shared>) -> bool {
    let Some(shared) = shared.upgrade() else {
        return false;
    };
    let still = shared.scheduler.make_drain().is_err();
    release(shared);
    still
}

/// The runtime may have been let go by all others meanwhile. What it has of the program (its hooks) may block when it is dropped,
/// and this thread serves all runtimes: another one drops it. If that cannot be made, nobody does.
fn release(shared: Arc<Shared>) {
    if let Some(shared) = Arc::into_inner(shared) {
        let shared = ManuallyDrop::new(shared);
        let _or_leaked = std::thread::Builder::new()
            .name("unstall-drop".into())
            .spawn(|| drop(ManuallyDrop::into_inner(shared)));
    }
}

/// One by one, since the monitor may say meanwhile that fewer are missing: it counts those that are being made.
fn make(shared: &Shared) {
    let take_one = || {
        shared
            .standbys_wanted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |wanted| {
                wanted.checked_sub(1)
            })
    };
    while take_one().is_ok() {
        if let Staffed::NoThread | Staffed::Busy = shared.scheduler.pool.make(Order::StandBy) {
            shared.standbys_wanted.store(0, Ordering::Relaxed);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::{super::builder::Builder, release};

    /// Says on which thread it is dropped.
    struct Says(mpsc::Sender<thread::ThreadId>);

    impl Drop for Says {
        fn drop(&mut self) {
            let _nobody_asks = self.0.send(thread::current().id());
        }
    }

    #[test]
    fn what_a_runtime_has_of_the_program_is_dropped_elsewhere() {
        let (sender, dropped) = mpsc::channel();
        let says = Says(sender);
        let rt = Builder::new()
            .on_caller_thread()
            .on_thread_park(move |_| {
                let _caught = &says;
            })
            .build()
            .expect("a runtime");
        let shared = rt.handle().shared().to_arc();
        drop(rt);
        release(shared);
        let by = dropped.recv_timeout(Duration::from_secs(60));
        assert_ne!(by.expect("it is dropped"), thread::current().id());
    }
}
