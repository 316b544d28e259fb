//! The local queue: loom models of its protocol, and plain tests of what it does.
//!
//! The models run with `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test --release --lib`.
//! Every ring in here begins two items before its indices wrap, so that all of them run over the
//! edge.

use crate::runtime::queue::local::{CAPACITY, Ring, Stolen};

/// Two items before the wrap.
const START: u32 = u32::MAX - 1;

/// A ring with `items` in it.
fn ring_of(items: impl IntoIterator<Item = u32>) -> Ring<u32> {
    let ring = Ring::starting_at(START);
    for item in items {
        push(&ring, item, |item| panic!("no room for {item}"));
    }
    ring
}

/// [`Ring::push`], by the one thread in the test that plays the ring's owner.
fn push(ring: &Ring<u32>, item: u32, overflow: impl FnMut(u32)) {
    // SAFETY: each test calls this for one ring from one thread only, after creating it there or
    // being spawned by the thread that did.
    unsafe { ring.push(item, overflow) }
}

/// [`Ring::push_batch`], by the owner.
fn push_batch(ring: &Ring<u32>, items: &mut impl Iterator<Item = u32>) -> usize {
    // SAFETY: as in `push`; the iterators in here know nothing of rings.
    unsafe { ring.push_batch(items) }
}

/// [`Ring::pop`], by the owner.
fn pop(ring: &Ring<u32>) -> Option<u32> {
    // SAFETY: as in `push`.
    unsafe { ring.pop() }
}

/// [`Ring::steal_into`], by the owner of `dst`.
fn steal(ring: &Ring<u32>, dst: &Ring<u32>) -> Option<Stolen<u32>> {
    // SAFETY: as in `push`, for `dst`.
    unsafe { ring.steal_into(dst) }
}

#[cfg(loom)]
/// Everything that one steal into a ring of the thief's own gets.
fn steal_once(ring: &Ring<u32>) -> Vec<u32> {
    let mine = ring_of([]);
    let Some(stolen) = steal(ring, &mine) else {
        return Vec::new();
    };
    let mut got = vec![stolen.first];
    assert_eq!(mine.drain(|item| got.push(item)), stolen.moved);
    got
}

fn drained(ring: &Ring<u32>) -> Vec<u32> {
    let mut got = Vec::new();
    assert_eq!(ring.drain(|item| got.push(item)), got.len());
    got
}

/// Each of the items `0..count` came out exactly once.
fn assert_each_once(mut got: Vec<u32>, count: u32) {
    got.sort_unstable();
    assert!(
        got.iter().copied().eq(0..count),
        "{count} items went in, out came {got:?}"
    );
}

/// The protocol, in all its interleavings. Two threads in one slot are loom's "Concurrent write
/// accesses to `UnsafeCell`".
#[cfg(loom)]
mod models {
    use super::*;
    use crate::loom::sync::{Arc, AtomicBool, Ordering, full_fence};
    use ::loom::{model, thread};

    /// Guards ring-push-2 before ring-push-3, and ring-push-3 <-> ring-claim-2.
    ///
    /// Sees: ring-push-2, ring-claim-2, queue/local/pop/1, queue/local/claim/1.
    #[test]
    fn thief_sees_what_was_pushed() {
        model(|| {
            let ring = Arc::new(ring_of([]));
            let thief = thread::spawn({
                let ring = ring.clone();
                move || steal_once(&ring)
            });
            let mut got = Vec::new();
            push(&ring, 0, |_| unreachable!());
            push(&ring, 1, |_| unreachable!());
            push(&ring, 2, |_| unreachable!());
            got.extend(pop(&ring));
            got.extend(thief.join().unwrap());
            got.extend(drained(&ring));
            assert_each_once(got, 3);
        });
    }

    /// Guards ring-claim-5 <-> ring-push-1: a slot is read before it is written again.
    ///
    /// Sees: ring-push-1, ring-claim-4.steal.
    #[test]
    fn owner_refills_while_a_thief_copies() {
        model(|| {
            let ring = Arc::new(ring_of(0..4));
            let thief = thread::spawn({
                let ring = ring.clone();
                move || steal_once(&ring)
            });
            let mut got = Vec::new();
            push(&ring, 4, |item| got.push(item));
            push(&ring, 5, |item| got.push(item));
            got.extend(thief.join().unwrap());
            got.extend(drained(&ring));
            assert_each_once(got, 6);
        });
    }

    /// Guards `held`: an item popped beside an open claim gives no room back.
    ///
    /// Sees: ring-pop-1.held, queue/local/push_batch/1, queue/local/drop/1.
    #[test]
    fn owner_pops_and_refills_while_a_thief_copies() {
        model(|| {
            let ring = Arc::new(ring_of(0..4));
            let thief = thread::spawn({
                let ring = ring.clone();
                move || steal_once(&ring)
            });
            let mut got = Vec::new();
            got.extend(pop(&ring));
            push(&ring, 4, |item| got.push(item));
            got.extend(pop(&ring));
            let mut batch = 5..7;
            push_batch(&ring, &mut batch);
            got.extend(batch);
            got.extend(thief.join().unwrap());
            got.extend(drained(&ring));
            assert_each_once(got, 7);
        });
    }

    /// Guards `claims`: the first claim to be closed does not give back the slots of the other.
    ///
    /// Sees: ring-claim-5.
    #[test]
    fn owner_refills_while_two_thieves_copy() {
        model(|| {
            let ring = Arc::new(ring_of(0..4));
            let thieves = [(); 2].map(|()| {
                let ring = ring.clone();
                thread::spawn(move || steal_once(&ring))
            });
            let mut got = Vec::new();
            push(&ring, 4, |item| got.push(item));
            push(&ring, 5, |item| got.push(item));
            for thief in thieves {
                got.extend(thief.join().unwrap());
            }
            got.extend(drained(&ring));
            assert_each_once(got, 6);
        });
    }

    /// Guards ring-claim-1 <-> ring-claim-3: no thief counts items with a tail older than its head.
    ///
    /// Sees: queue/local/claim/3.
    #[test]
    fn two_thieves_and_the_owner_share() {
        model(|| {
            let ring = Arc::new(ring_of([]));
            let thieves = [(); 2].map(|()| {
                let ring = ring.clone();
                thread::spawn(move || steal_once(&ring))
            });
            let mut got = Vec::new();
            push(&ring, 0, |_| unreachable!());
            push(&ring, 1, |_| unreachable!());
            got.extend(pop(&ring));
            for thief in thieves {
                got.extend(thief.join().unwrap());
            }
            got.extend(drained(&ring));
            assert_each_once(got, 2);
        });
    }

    /// Guards ring-claim-1 <-> ring-pop-1: the same for items that the owner took.
    ///
    /// Sees: ring-claim-2.early, queue/local/publish/1.
    #[test]
    fn thief_of_a_ring_that_the_owner_empties() {
        model(|| {
            let ring = Arc::new(ring_of([]));
            let thief = thread::spawn({
                let ring = ring.clone();
                move || steal_once(&ring)
            });
            let mut got = Vec::new();
            push(&ring, 0, |_| unreachable!());
            got.extend(pop(&ring));
            push(&ring, 1, |_| unreachable!());
            got.extend(pop(&ring));
            got.extend(thief.join().unwrap());
            assert!(ring.is_empty());
            assert_each_once(got, 2);
        });
    }

    /// Guards the one exchange of an overflow against those of thieves.
    ///
    /// Sees: ring-pop-1.
    #[test]
    fn overflow_against_two_thieves() {
        model(|| {
            let ring = Arc::new(ring_of(0..4));
            let thieves = [(); 2].map(|()| {
                let ring = ring.clone();
                thread::spawn(move || steal_once(&ring))
            });
            let mut got = Vec::new();
            push(&ring, 4, |item| got.push(item));
            got.extend(pop(&ring));
            for thief in thieves {
                got.extend(thief.join().unwrap());
            }
            got.extend(drained(&ring));
            assert_each_once(got, 5);
        });
    }

    /// Guards ring-push-3 as the one step that publishes a batch.
    ///
    /// Sees: ring-push-3.
    #[test]
    fn batch_appears_in_one_step() {
        model(|| {
            let ring = Arc::new(ring_of([]));
            let drainer = thread::spawn({
                let ring = ring.clone();
                move || drained(&ring)
            });
            assert_eq!(push_batch(&ring, &mut (0..3)), 3);
            let mut got = drainer.join().unwrap();
            assert!(matches!(got.len(), 0 | 3), "a part of the batch: {got:?}");
            got.extend(drained(&ring));
            assert_each_once(got, 3);
        });
    }

    /// Guards ring-push-3 for the ring that a thief fills.
    ///
    /// Sees: ring-push-2.batch.
    #[test]
    fn thief_is_itself_robbed() {
        model(|| {
            let ring = Arc::new(ring_of(0..4));
            let mine = Arc::new(ring_of(4..7));
            let second = thread::spawn({
                let mine = mine.clone();
                move || drained(&mine)
            });
            let mut got = Vec::new();
            got.extend(steal(&ring, &mine).map(|stolen| stolen.first));
            got.extend(second.join().unwrap());
            got.extend(steal(&ring, &mine).map(|stolen| stolen.first));
            got.extend(drained(&mine));
            got.extend(drained(&ring));
            assert_each_once(got, 7);
        });
    }

    /// Guards the exchange of a drain against the owner's plain store.
    ///
    /// Sees: ring-claim-3, ring-claim-3.store, ring-claim-4, queue/local/push/1, queue/local/claim/2.
    #[test]
    fn drain_against_push_and_pop() {
        model(|| {
            let ring = Arc::new(ring_of(0..3));
            let drainer = thread::spawn({
                let ring = ring.clone();
                move || drained(&ring)
            });
            let mut got = Vec::new();
            push(&ring, 3, |item| got.push(item));
            got.extend(pop(&ring));
            push(&ring, 4, |item| got.push(item));
            push(&ring, 5, |item| got.push(item));
            got.extend(drainer.join().unwrap());
            got.extend(drained(&ring));
            assert_each_once(got, 6);
        });
    }

    /// Guards the promise of [`Ring::drain`]: it needs no thief to finish first.
    ///
    /// Sees: ring-claim-1.
    #[test]
    fn drain_leaves_nothing_while_thieves_are_at_work() {
        model(|| {
            let ring = Arc::new(ring_of(0..4));
            let thieves = [(); 2].map(|()| {
                let ring = ring.clone();
                thread::spawn(move || steal_once(&ring))
            });
            let mut got = drained(&ring);
            assert!(ring.is_empty(), "left behind a thief: {}", ring.len());
            for thief in thieves {
                got.extend(thief.join().unwrap());
            }
            assert_each_once(got, 4);
        });
    }

    /// Guards the order of the two loads in [`Ring::len`]: a searcher sees no items that never
    /// were.
    ///
    /// Sees: queue/local/len/1.
    #[test]
    fn length_is_never_more_than_was_pushed() {
        model(|| {
            let ring = Arc::new(ring_of([]));
            let searcher = thread::spawn({
                let ring = ring.clone();
                move || assert!(ring.len() <= 1, "saw {} items", ring.len())
            });
            push(&ring, 0, |_| unreachable!());
            assert_eq!(pop(&ring), Some(0));
            searcher.join().unwrap();
            assert!(ring.is_empty());
        });
    }

    /// Guards what a slot's mark rests on: *put, fence, look at the mark* against *mark, fence,
    /// drain*.
    ///
    /// Sees: ring-claim-1, queue/local/claim/4.
    #[test]
    fn put_then_check_against_mark_then_drain() {
        model(|| {
            let ring = Arc::new(ring_of(0..1));
            let marked = Arc::new(AtomicBool::new(false));
            let monitor = thread::spawn({
                let (ring, marked) = (ring.clone(), marked.clone());
                move || {
                    marked.store(true, Ordering::Relaxed);
                    full_fence();
                    drained(&ring)
                }
            });
            let mut got = Vec::new();
            push(&ring, 1, |item| got.push(item));
            full_fence();
            if marked.load(Ordering::Relaxed) {
                got.extend(drained(&ring));
            }
            got.extend(monitor.join().unwrap());
            assert!(ring.is_empty(), "stuck behind the mark");
            assert_each_once(got, 2);
        });
    }
}

/// What the ring does, step by step and with real threads.
#[cfg(not(loom))]
mod plain {
    use super::*;
    use crate::loom::sync::{Arc, AtomicBool, Ordering};
    use std::collections::VecDeque;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc;
    use std::thread;
    use std::time::{Duration, Instant};

    const FULL: u32 = CAPACITY as u32;
    const HALF: u32 = FULL / 2;

    /// Marsaglia's xorshift with 64 bits: the same numbers in each run.
    struct Chance(u64);

    impl Chance {
        fn new(seed: u64) -> Self {
            // Spread small seeds; never 0, where the generator would stay.
            Chance((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
        }

        /// A number below `limit`.
        fn below(&mut self, limit: u32) -> u32 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (((self.0 >> 32) * u64::from(limit)) >> 32) as u32
        }
    }

    /// Runs `body` on a thread of its own, and panics if it is not through in time.
    fn within(limit: Duration, body: impl FnOnce() + Send + 'static) {
        let (done, wait) = mpsc::channel();
        let thread = thread::spawn(move || {
            body();
            let _ = done.send(());
        });
        if wait.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
            panic!("not through after {limit:?}");
        }
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }

    #[test]
    fn ring_does_what_a_plain_queue_does() {
        for seed in 0..20 {
            let mut chance = Chance::new(seed);
            let (ring, thief) = (ring_of([]), ring_of([]));
            let (mut like_ring, mut like_thief) = (VecDeque::new(), VecDeque::new());
            let mut fresh = 0..;
            // Every seed has its own mean length: some hover around empty, some around full.
            let pushes = 20 + 4 * (seed as u32 % 10);
            for _ in 0..5_000 {
                match chance.below(100) {
                    op if op < pushes => {
                        let item = fresh.next().unwrap();
                        let (mut out, mut like_out) = (Vec::new(), Vec::new());
                        push(&ring, item, |item| out.push(item));
                        if like_ring.len() < CAPACITY {
                            like_ring.push_back(item);
                        } else {
                            like_out.extend(like_ring.drain(..CAPACITY / 2));
                            like_out.push(item);
                        }
                        assert_eq!(out, like_out);
                    }
                    op if op < pushes + 2 => {
                        let count = chance.below(FULL);
                        let first = fresh.start;
                        let took = push_batch(&ring, &mut fresh.by_ref().take(count as usize));
                        assert_eq!(took, (count as usize).min(CAPACITY - like_ring.len()));
                        assert_eq!(fresh.start as usize, first as usize + took);
                        like_ring.extend(first..fresh.start);
                    }
                    op if op < 90 => assert_eq!(pop(&ring), like_ring.pop_front()),
                    op if op < 96 => {
                        let half = like_ring.len().div_ceil(2);
                        let count = half.min(CAPACITY - like_thief.len() + 1);
                        let mut batch = like_ring.drain(..count);
                        match steal(&ring, &thief) {
                            Some(stolen) => {
                                assert_eq!(Some(stolen.first), batch.next());
                                assert_eq!(stolen.moved, batch.len());
                                like_thief.extend(batch);
                            }
                            None => assert_eq!(count, 0),
                        }
                    }
                    96 => assert_eq!(drained(&ring), Vec::from_iter(like_ring.drain(..))),
                    _ => assert_eq!(drained(&thief), Vec::from_iter(like_thief.drain(..))),
                }
                for (ring, like) in [(&ring, &like_ring), (&thief, &like_thief)] {
                    assert_eq!(ring.len(), like.len());
                    assert_eq!(ring.is_empty(), like.is_empty());
                    assert_eq!(ring.room(), CAPACITY - like.len());
                }
            }
        }
    }

    #[test]
    fn full_ring_gives_its_older_half_and_the_new_item() {
        let ring = ring_of(0..FULL);
        let mut out = Vec::new();
        push(&ring, FULL, |item| out.push(item));
        assert!(out.iter().copied().eq((0..HALF).chain([FULL])), "{out:?}");
        assert!(drained(&ring).into_iter().eq(HALF..FULL));
    }

    #[test]
    fn full_ring_gives_only_the_new_item_while_others_take() {
        let ring = ring_of(0..FULL);
        let mut out = Vec::new();
        // In the middle of a drain the items are gone, and yet there is no room.
        ring.drain(|_| push(&ring, FULL, |item| out.push(item)));
        assert_eq!(out, vec![FULL; CAPACITY]);
        assert_eq!((ring.len(), ring.room()), (0, CAPACITY));
    }

    #[test]
    fn overflow_may_use_the_ring() {
        let ring = ring_of(0..FULL);
        let mut out = Vec::new();
        push(&ring, FULL, |item| {
            out.push(item);
            out.extend(pop(&ring));
            push(&ring, FULL + 1 + item, |item| out.push(item));
        });
        out.extend(drained(&ring));
        // A new item for each that came out of the older half, and one for the one that did not
        // fit.
        out.sort_unstable();
        let expected = (0..=FULL)
            .chain(FULL + 1..FULL + 1 + HALF)
            .chain([2 * FULL + 1]);
        assert!(out.iter().copied().eq(expected), "{out:?}");
    }

    #[test]
    fn panic_in_overflow_leaves_a_sound_ring() {
        let item = Arc::new(());
        let ring = Ring::starting_at(START);
        let push_one = |overflow: fn(Arc<()>)| {
            // SAFETY: this thread is the owner.
            unsafe { ring.push(item.clone(), overflow) }
        };
        (0..CAPACITY).for_each(|_| push_one(|_| unreachable!()));
        let result = catch_unwind(AssertUnwindSafe(|| push_one(|_| panic!("on purpose"))));
        assert!(result.is_err());
        assert_eq!((ring.len(), ring.room()), (CAPACITY / 2, CAPACITY / 2));
        assert_eq!(Arc::strong_count(&item), 1 + CAPACITY / 2);
        (0..CAPACITY / 2).for_each(|_| push_one(|_| unreachable!()));
        drop(ring);
        assert_eq!(Arc::strong_count(&item), 1);
    }

    #[test]
    fn panic_in_a_batch_keeps_what_was_taken() {
        let ring = ring_of([]);
        let mut batch = (0..9).inspect(|&item| assert!(item < 3, "on purpose"));
        let result = catch_unwind(AssertUnwindSafe(|| push_batch(&ring, &mut batch)));
        assert!(result.is_err());
        assert_eq!(drained(&ring), [0, 1, 2]);
    }

    #[test]
    fn dropped_ring_drops_its_items() {
        let item = Arc::new(());
        let ring = Ring::starting_at(START);
        for _ in 0..5 {
            // SAFETY: this thread is the owner.
            unsafe { ring.push(item.clone(), |_| unreachable!()) };
        }
        // SAFETY: as above.
        drop(unsafe { ring.pop() });
        assert_eq!(Arc::strong_count(&item), 5);
        drop(ring);
        assert_eq!(Arc::strong_count(&item), 1);
    }

    /// An owner that pushes, pops and overflows, two thieves, one of which steals from the other as
    /// well, and a drainer.
    #[test]
    fn each_item_comes_out_once() {
        within(Duration::from_secs(20), || {
            const ITEMS: u32 = 1_000_000;
            let deadline = Instant::now() + Duration::from_millis(700);
            let rings = Arc::new([ring_of([]), ring_of([]), ring_of([])]);
            let over = Arc::new(AtomicBool::new(false));
            let takers = [1, 2, 0].map(|mine| {
                let (rings, over) = (rings.clone(), over.clone());
                thread::spawn(move || {
                    let mut got = Vec::new();
                    // Once more after the end is seen, to take what came before it.
                    let mut last_round = false;
                    while !last_round {
                        last_round = over.load(Ordering::Acquire);
                        if mine == 0 {
                            rings[0].drain(|item| got.push(item));
                            thread::sleep(Duration::from_micros(50));
                            continue;
                        }
                        for from in 0..mine {
                            got.extend(
                                steal(&rings[from], &rings[mine]).map(|stolen| stolen.first),
                            );
                        }
                        for _ in 0..mine * 8 {
                            got.extend(pop(&rings[mine]));
                        }
                        thread::yield_now();
                    }
                    got
                })
            });

            let mut chance = Chance::new(1);
            let mut got = Vec::new();
            let mut pushed = 0;
            while pushed < ITEMS && Instant::now() < deadline {
                for _ in 0..chance.below(2 * FULL) {
                    push(&rings[0], pushed, |item| got.push(item));
                    pushed += 1;
                }
                let end = pushed + chance.below(8);
                let mut batch = pushed..end;
                push_batch(&rings[0], &mut batch);
                got.extend(batch);
                pushed = end;
                for _ in 0..chance.below(FULL) {
                    got.extend(pop(&rings[0]));
                }
            }
            over.store(true, Ordering::Release);
            let by_owner = got.len();
            for taker in takers {
                got.extend(taker.join().unwrap());
            }
            assert!(by_owner < got.len(), "nobody but the owner got anything");
            rings.iter().for_each(|ring| got.extend(drained(ring)));
            assert_each_once(got, pushed);
        });
    }
}
