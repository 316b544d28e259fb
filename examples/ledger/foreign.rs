//! Threads that belong to no runtime: some wake tasks, others cancel, join and drop them.

use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use unstall::task;

use crate::book::Handle;

/// A future that a foreign thread completes.
#[derive(Debug)]
pub(crate) struct Ring {
    bell: Arc<Bell>,
    /// Sent to the ringers at the first poll.
    order: Option<(Order, Foreign)>,
}

#[derive(Debug, Default)]
struct Bell(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rung: bool,
    waker: Option<Waker>,
}

/// How a bell is to be rung.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) after: Duration,
    /// Wake-ups before it, which tell the task nothing.
    pub(crate) in_vain: u64,
    /// Keep a waker for so long, and then invoke it once more.
    pub(crate) keep: Option<Duration>,
}

impl Ring {
    pub(crate) fn new(order: Order, foreign: &Foreign) -> Self {
        Ring {
            bell: Arc::default(),
            order: Some((order, foreign.clone())),
        }
    }

    /// It is rung when the second of these is dropped.
    pub(crate) fn until_dropped() -> (Self, RingsInDrop) {
        let ring = Ring::never();
        let bell = ring.bell.clone();
        (ring, RingsInDrop(bell))
    }

    /// Nobody will ever ring it.
    pub(crate) fn never() -> Self {
        Ring {
            bell: Arc::default(),
            order: None,
        }
    }
}

/// See [`Ring::until_dropped`].
#[derive(Debug)]
pub(crate) struct RingsInDrop(Arc<Bell>);

impl Drop for RingsInDrop {
    fn drop(&mut self) {
        self.0.ring(Order {
            after: Duration::ZERO,
            in_vain: 0,
            keep: None,
        });
    }
}

impl Future for Ring {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.bell.0.lock().expect("nothing panics under this lock");
        if state.rung {
            return Poll::Ready(());
        }
        let before = state.waker.replace(cx.waker().clone());
        drop(state);
        drop(before);
        if let Some((order, foreign)) = self.order.take() {
            foreign.rings.send((order, self.bell.clone())).ok();
        }
        Poll::Pending
    }
}

impl Bell {
    fn ring(&self, order: Order) {
        let waker = || {
            let state = self.0.lock().expect("nothing panics under this lock");
            state.waker.clone()
        };
        for _ in 0..order.in_vain {
            if let Some(waker) = waker() {
                waker.wake_by_ref();
            }
        }
        if !order.after.is_zero() {
            thread::sleep(order.after);
        }
        let kept = waker();
        let mut state = self.0.lock().expect("nothing panics under this lock");
        state.rung = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        if let (Some(keep), Some(kept)) = (order.keep, kept) {
            thread::sleep(keep);
            kept.wake();
        }
    }
}

/// What a courier does, on a thread that may wait for tasks.
#[derive(Debug)]
pub(crate) enum Errand {
    Join(Handle),
    Cancel(Handle),
    Drop(Box<dyn Any + Send>),
}

/// The foreign threads. They end with the last of these.
#[derive(Clone, Debug)]
pub(crate) struct Foreign {
    rings: Sender<(Order, Arc<Bell>)>,
    errands: Sender<Errand>,
}

impl Foreign {
    /// # Panics
    ///
    /// If the threads cannot be made.
    pub(crate) fn start() -> Foreign {
        let (rings, receiver) = mpsc::channel::<(Order, Arc<Bell>)>();
        workforce("ringer", receiver, |(order, bell)| bell.ring(order));
        let (errands, receiver) = mpsc::channel();
        workforce("courier", receiver, |errand| match errand {
            Errand::Join(handle) => task::block_on(handle.join()),
            Errand::Cancel(handle) => task::block_on(handle.cancel()),
            Errand::Drop(anything) => drop(anything),
        });
        Foreign { rings, errands }
    }

    pub(crate) fn send(&self, errand: Errand) {
        self.errands
            .send(errand)
            .expect("the couriers live as long as somebody sends them");
    }
}

/// Two threads that take jobs from one channel.
fn workforce<T: Send + 'static>(
    name: &str,
    jobs: Receiver<T>,
    work: impl Fn(T) + Clone + Send + 'static,
) {
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..2 {
        let (jobs, work) = (jobs.clone(), work.clone());
        let next = move || {
            jobs.lock()
                .expect("nothing panics under this lock")
                .recv()
                .ok()
        };
        thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                while let Some(job) = next() {
                    work(job);
                }
            })
            .expect("a few threads can be made");
    }
}
