//! Four candidates for the local queue, on what a worker does with it: the crate's own ring, and
//! the queues of async-executor (`concurrent-queue`), asynchronix (`st3`) and rayon
//! (`crossbeam-deque`).
//!
//! What is not alike: crossbeam's deque is unbounded and takes at most 32 items in one steal;
//! concurrent-queue has many producers, and a batch of it is a loop.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Bencher, BenchmarkGroup, Criterion, criterion_group, criterion_main};

#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the ring needs a part of it"
)]
#[path = "../../src/loom.rs"]
mod loom;

#[allow(dead_code, unused_imports, reason = "the ring names its steps to it")]
#[path = "../../src/fault/mod.rs"]
mod fault;

#[allow(dead_code, reason = "the ring can do more than the benches ask for")]
#[path = "../../src/runtime/queue/local.rs"]
mod local;

const CAPACITY: usize = local::CAPACITY;

/// What a worker wants from its queue. Items are as wide as a task pointer.
trait Queue {
    /// What thieves hold.
    type Remote: Send + 'static;

    fn new() -> Self;
    fn remote(&self) -> Self::Remote;
    /// What does not fit is dropped.
    fn push(&self, item: usize);
    fn pop(&self) -> Option<usize>;
    /// Moves about half of the victim's items to this queue, and returns one.
    fn steal_from(&self, victim: &Self::Remote) -> Option<usize>;
}

struct OwnRing(Arc<local::Ring<usize>>);

impl Queue for OwnRing {
    type Remote = Arc<local::Ring<usize>>;

    fn new() -> Self {
        OwnRing(Arc::new(local::Ring::new()))
    }

    fn remote(&self) -> Self::Remote {
        self.0.clone()
    }

    #[inline]
    fn push(&self, item: usize) {
        // SAFETY: an `OwnRing` is not shared; what others have is its `Remote`.
        unsafe { self.0.push(item, drop) }
    }

    #[inline]
    fn pop(&self) -> Option<usize> {
        // SAFETY: as in `push`.
        unsafe { self.0.pop() }
    }

    #[inline]
    fn steal_from(&self, victim: &Self::Remote) -> Option<usize> {
        // SAFETY: as in `push`.
        unsafe { victim.steal_into(&self.0) }.map(|stolen| stolen.first)
    }
}

struct ConcurrentQueue(Arc<concurrent_queue::ConcurrentQueue<usize>>);

impl Queue for ConcurrentQueue {
    type Remote = Arc<concurrent_queue::ConcurrentQueue<usize>>;

    fn new() -> Self {
        ConcurrentQueue(Arc::new(concurrent_queue::ConcurrentQueue::bounded(
            CAPACITY,
        )))
    }

    fn remote(&self) -> Self::Remote {
        self.0.clone()
    }

    #[inline]
    fn push(&self, item: usize) {
        let _ = self.0.push(item);
    }

    #[inline]
    fn pop(&self) -> Option<usize> {
        self.0.pop().ok()
    }

    /// The way async-executor does it.
    #[inline]
    fn steal_from(&self, victim: &Self::Remote) -> Option<usize> {
        let first = victim.pop().ok();
        let half = victim.len().div_ceil(2).min(CAPACITY - self.0.len());
        for _ in 0..half {
            let Ok(item) = victim.pop() else { break };
            self.push(item);
        }
        first
    }
}

struct St3(st3::fifo::Worker<usize>);

impl Queue for St3 {
    type Remote = st3::fifo::Stealer<usize>;

    fn new() -> Self {
        St3(st3::fifo::Worker::new(CAPACITY))
    }

    fn remote(&self) -> Self::Remote {
        self.0.stealer()
    }

    #[inline]
    fn push(&self, item: usize) {
        let _ = self.0.push(item);
    }

    #[inline]
    fn pop(&self) -> Option<usize> {
        self.0.pop()
    }

    #[inline]
    fn steal_from(&self, victim: &Self::Remote) -> Option<usize> {
        victim
            .steal_and_pop(&self.0, |len| len.div_ceil(2))
            .ok()
            .map(|(first, _)| first)
    }
}

struct Crossbeam(crossbeam_deque::Worker<usize>);

impl Queue for Crossbeam {
    type Remote = crossbeam_deque::Stealer<usize>;

    fn new() -> Self {
        Crossbeam(crossbeam_deque::Worker::new_fifo())
    }

    fn remote(&self) -> Self::Remote {
        self.0.stealer()
    }

    #[inline]
    fn push(&self, item: usize) {
        self.0.push(item);
    }

    #[inline]
    fn pop(&self) -> Option<usize> {
        self.0.pop()
    }

    #[inline]
    fn steal_from(&self, victim: &Self::Remote) -> Option<usize> {
        victim.steal_batch_and_pop(&self.0).success()
    }
}

/// A ping-pong of one task: the fast path of a push and of a pop.
fn push_and_pop_one<Q: Queue>(bencher: &mut Bencher<'_>) {
    let queue = Q::new();
    bencher.iter(|| {
        queue.push(black_box(1));
        queue.pop()
    });
}

/// A burst of spawns, then the work.
fn fill_and_empty<Q: Queue>(bencher: &mut Bencher<'_>) {
    let queue = Q::new();
    bencher.iter(|| {
        for item in 0..CAPACITY {
            queue.push(black_box(item));
        }
        while let Some(item) = queue.pop() {
            black_box(item);
        }
    });
}

/// 256 items go over from one queue to the other, half of what is left in each steal: 9 steals.
fn steal_by_halves<Q: Queue>(bencher: &mut Bencher<'_>) {
    let mut here = Q::new();
    let mut there = Q::new();
    for item in 0..CAPACITY {
        there.push(item);
    }
    bencher.iter(|| {
        let victim = there.remote();
        while let Some(item) = here.steal_from(&victim) {
            here.push(item);
        }
        std::mem::swap(&mut here, &mut there);
    });
}

/// How often the thief comes. Without a pace the quickest thief would disturb its owner most.
const BETWEEN_STEALS: Duration = Duration::from_micros(1);

/// [`fill_and_empty`] beside a thread that steals half every microsecond: once or twice a round.
fn fill_and_empty_beside_a_thief<Q: Queue>(bencher: &mut Bencher<'_>) {
    bencher.iter_custom(|rounds| -> Duration {
        let queue = Q::new();
        let victim = queue.remote();
        let over = Arc::new(AtomicBool::new(false));
        let thief = thread::spawn({
            let over = over.clone();
            move || {
                let mine = Q::new();
                while !over.load(Ordering::Relaxed) {
                    let next = Instant::now() + BETWEEN_STEALS;
                    black_box(mine.steal_from(&victim));
                    while let Some(item) = mine.pop() {
                        black_box(item);
                    }
                    while Instant::now() < next {
                        std::hint::spin_loop();
                    }
                }
            }
        });
        let start = Instant::now();
        for _ in 0..rounds {
            for item in 0..CAPACITY {
                queue.push(black_box(item));
            }
            while let Some(item) = queue.pop() {
                black_box(item);
            }
        }
        let time = start.elapsed();
        over.store(true, Ordering::Relaxed);
        thief.join().expect("the thief panicked");
        time
    });
}

/// One group each: what is measured, with the candidates side by side.
macro_rules! compare {
    ($criterion:expr, $($what:ident),*) => {$(
        let mut group: BenchmarkGroup<'_, _> = $criterion.benchmark_group(stringify!($what));
        group.bench_function("unstall", $what::<OwnRing>);
        group.bench_function("concurrent-queue", $what::<ConcurrentQueue>);
        group.bench_function("st3", $what::<St3>);
        group.bench_function("crossbeam-deque", $what::<Crossbeam>);
        group.finish();
    )*};
}

fn local_queue(criterion: &mut Criterion) {
    compare!(
        criterion,
        push_and_pop_one,
        fill_and_empty,
        steal_by_halves,
        fill_and_empty_beside_a_thief
    );
}

criterion_group!(benches, local_queue);
criterion_main!(benches);
