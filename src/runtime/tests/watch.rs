//! The monitor's looks, with evidence made up: what is done about which, without threads and without waiting.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use crate::{
    loom::sync::{Arc, Ordering},
    runtime::{
        judge::{KernelState, Sample, Thresholds},
        parker::Parker,
        report::Note,
        scheduler::Scheduler,
        slot::{LEFT_ALONE, State},
        tests::number::{LOCATION, Number},
        threads::{Joined, Order, Quotas},
        watch::{CONFIRM, Eyes, Pace, QUIET, Watcher},
    },
};

const MS: Duration = Duration::from_millis(1);
const LOOK: Duration = Duration::from_micros(300);

/// What all threads are made out to be doing, and the CPU time they have used.
struct Seen {
    kernel: Cell<Option<KernelState>>,
    cpu: Cell<Option<Duration>>,
    /// What was said about whose slices.
    slices: RefCell<Vec<(u32, bool)>>,
}

impl Eyes for Seen {
    fn sample(&self, _: u32, polls: u64, at: Duration) -> Sample {
        let kernel = self.kernel.get();
        Sample {
            at,
            kernel,
            cpu: self.cpu.get(),
            polls,
        }
    }

    fn computes(&self, tid: u32, begins: bool) {
        self.slices.borrow_mut().push((tid, begins));
    }
}

/// A runtime with `workers` seated workers, each inside a poll, and `parked` further threads.
struct Scene {
    scheduler: Arc<Scheduler<Number>>,
    watcher: Watcher,
    seen: Seen,
    now: Duration,
    requested: usize,
}

impl Scene {
    fn new(workers: usize, parked: usize) -> Scene {
        Scene::with_quota(workers, parked, 64)
    }

    /// … of which so many may be detached.
    fn with_quota(workers: usize, parked: usize, detached: usize) -> Scene {
        let quotas = Quotas {
            workers,
            closures: 1,
            files: 1,
            detached,
            keep_alive: Duration::MAX,
            stack: 1 << 20,
            on_caller: false,
        };
        let scheduler = Arc::new(Scheduler::new(quotas, || {}));
        for _ in 0..workers {
            let number = scheduler.pool.enlist().expect("a record");
            let _counted = scheduler.idle.take_permit().expect("a permit");
            let slot = &scheduler.pool.thread(number).slot;
            slot.set(State::Active);
            scheduler.sit_down(number);
            slot.begin_poll(LOCATION);
            let tid = &scheduler.pool.thread(number).tid;
            tid.store(100 + number, Ordering::Relaxed);
        }
        for _ in 0..parked {
            let number = scheduler.pool.enlist().expect("a record");
            assert_eq!(
                scheduler.pool.join_stack(number, &Arc::new(Parker::new())),
                Joined::Stack
            );
        }
        Scene {
            scheduler,
            watcher: Watcher::new(workers, Some(Thresholds::default())),
            seen: Seen {
                kernel: Cell::new(None),
                cpu: Cell::new(Some(Duration::ZERO)),
                slices: RefCell::default(),
            },
            now: Duration::ZERO,
            requested: 0,
        }
    }

    /// All workers in this state, using that much CPU time for each millisecond.
    fn all(&mut self, kernel: Option<KernelState>, cpu_per_ms: Duration, passes: Duration) -> Pace {
        self.seen.kernel.set(kernel);
        self.now += passes;
        if let Some(cpu) = self.seen.cpu.get() {
            let used = cpu_per_ms.as_nanos() * passes.as_nanos() / MS.as_nanos();
            self.seen
                .cpu
                .set(Some(cpu + Duration::from_nanos(used as u64)));
        }
        let requested = Cell::new(0);
        let pace = self
            .watcher
            .tick(&self.scheduler, self.now, &self.seen, |missing| {
                requested.set(missing);
            });
        self.requested = requested.get();
        pace
    }

    fn block(&mut self, passes: Duration) -> Pace {
        self.all(Some(KernelState::InSyscall(0)), Duration::ZERO, passes)
    }

    fn burn(&mut self, passes: Duration) -> Pace {
        self.all(Some(KernelState::Running), MS, passes)
    }

    fn queue(&self, count: usize) {
        (0..count).for_each(|number| self.scheduler.global.push(Number(number)));
    }

    fn state(&self, number: u32) -> State {
        self.scheduler.pool.thread(number).slot.state()
    }

    fn orders(&self) -> Vec<Order> {
        self.scheduler
            .pool
            .threads_ever_made()
            .map(|thread| thread.take_order())
            .filter(|order| *order != Order::None)
            .collect()
    }
}

#[test]
fn a_blocked_worker_loses_its_queue_and_its_permit() {
    let mut scene = Scene::new(1, 1);
    // SAFETY: no other thread is in this test.
    unsafe {
        scene
            .scheduler
            .pool
            .thread(0)
            .slot
            .ring
            .push(Number(7), |_| panic!("there is room"))
    };
    assert_eq!(scene.block(LOOK), CONFIRM, "first seen");
    assert_eq!(scene.state(0), State::Active, "one look is no evidence");
    scene.block(LOOK);
    assert_eq!(scene.state(0), State::Detached);
    assert_eq!(
        scene.scheduler.global.len(),
        1,
        "what waited behind it is free"
    );
    assert_eq!(
        scene.orders(),
        [Order::Work],
        "and somebody was told to run it"
    );
    assert_eq!(scene.scheduler.idle.active(), 1);
}

/// The kernel's word is missing: the CPU clock alone shows that the poll computed at first and sleeps now.
#[test]
fn who_computed_before_it_blocked_loses_its_permit_as_soon_as_others() {
    let mut scene = Scene::new(1, 1);
    scene.all(None, MS, LOOK);
    scene.all(None, MS, 9 * MS);
    scene.all(None, Duration::ZERO, 2 * MS);
    assert_eq!(scene.state(0), State::Isolated, "it takes long");
    for _ in 0..10 {
        scene.all(None, Duration::ZERO, MS);
    }
    assert_eq!(scene.state(0), State::Detached, "and it sleeps by now");
}

#[test]
fn nobody_is_woken_for_a_blocked_worker_with_nothing_behind_it() {
    let mut scene = Scene::new(1, 1);
    scene.block(LOOK);
    scene.block(LOOK);
    assert_eq!(scene.state(0), State::Detached);
    assert!(scene.orders().is_empty());
    assert_eq!(
        scene.scheduler.idle.active(),
        0,
        "its permit is free for what comes"
    );
}

#[test]
fn a_poll_that_moves_is_left_alone() {
    let mut scene = Scene::new(2, 1);
    scene.queue(3);
    for _ in 0..100 {
        scene.block(LOOK);
        for number in 0..2 {
            let slot = &scene.scheduler.pool.thread(number).slot;
            slot.end_poll();
            slot.begin_poll(LOCATION);
        }
        scene
            .scheduler
            .global
            .push(scene.scheduler.global.pop().expect("there are three"));
    }
    assert_eq!(
        (scene.state(0), scene.state(1)),
        (State::Active, State::Active)
    );
    assert!(scene.orders().is_empty());
}

#[test]
fn a_poll_that_is_long_is_cut_short_once() {
    let mut scene = Scene::new(1, 1);
    let is_cut = |scene: &Scene| scene.scheduler.pool.thread(0).slot.take_cut();
    scene.burn(MS);
    assert!(!is_cut(&scene), "one look is no evidence");
    scene.burn(20 * MS);
    assert!(is_cut(&scene));
    for _ in 0..10 {
        scene.burn(10 * MS);
        assert!(
            !is_cut(&scene),
            "or who polls inside this poll would never get on"
        );
    }
}

#[test]
fn the_poll_after_a_long_one_is_not_cut_short() {
    let mut scene = Scene::new(1, 1);
    scene.burn(MS);
    scene.burn(20 * MS);
    let slot = &scene.scheduler.pool.thread(0).slot;
    slot.end_poll();
    assert!(!slot.take_cut());
    slot.begin_poll(LOCATION);
    assert!(!slot.take_cut());
}

#[test]
fn a_poll_that_says_so_is_left_alone_and_the_next_one_is_not() {
    let mut scene = Scene::new(1, 1);
    let slot = |scene: &Scene, word| {
        let slot = &scene.scheduler.pool.thread(0).slot;
        slot.end_poll();
        slot.set_task(word);
        slot.begin_poll(LOCATION);
        assert_eq!(slot.task(), Some(7));
    };
    scene.queue(1);
    slot(&scene, 7 | LEFT_ALONE);
    for _ in 0..100 {
        scene.block(MS);
    }
    assert_eq!(scene.state(0), State::Active);
    assert!(scene.orders().is_empty());
    slot(&scene, 7);
    scene.block(MS);
    scene.block(MS);
    assert_eq!(scene.state(0), State::Detached);
}

#[test]
fn a_worker_without_a_core_is_left_alone() {
    let mut scene = Scene::new(1, 1);
    scene.queue(1);
    for _ in 0..100 {
        scene.all(Some(KernelState::Running), MS / 10, MS);
    }
    assert_ne!(
        scene.state(0),
        State::Detached,
        "a busy host is not the program's fault"
    );
    assert!(scene.orders().is_empty());
}

/// What it has used it has used. (It was not known, and many such tasks kept each other from being known.)
#[test]
fn a_task_that_computes_for_long_is_known_whatever_share_of_a_core_it_gets() {
    let mut scene = Scene::new(1, 1);
    scene.scheduler.pool.thread(0).slot.set_task(7);
    let known = |scene: &Scene| scene.scheduler.burners.is_known(|| 7);
    for _ in 0..40 {
        assert!(!known(&scene), "not yet 10 ms");
        scene.all(Some(KernelState::Running), MS / 4, MS);
    }
    scene.all(Some(KernelState::Running), MS / 4, MS);
    assert!(known(&scene));
    assert!(scene.orders().is_empty());
}

#[test]
fn a_burning_worker_is_isolated_and_keeps_its_permit() {
    let mut scene = Scene::new(1, 1);
    for _ in 0..9 {
        scene.burn(MS);
        assert_eq!(scene.state(0), State::Active, "not yet 10 ms");
    }
    for _ in 0..5 {
        scene.burn(MS);
    }
    assert_eq!(scene.state(0), State::Isolated);
    assert!(
        scene.orders().is_empty(),
        "nothing waits, so nobody takes its core"
    );
}

#[test]
fn burning_workers_are_replaced_when_the_queue_starves() {
    let mut scene = Scene::new(2, 5);
    (0..15).for_each(|_| {
        scene.burn(MS);
    });
    scene.queue(10);
    for _ in 0..10 {
        scene.burn(MS);
    }
    assert_eq!(
        (scene.state(0), scene.state(1)),
        (State::Detached, State::Detached)
    );
    // One begins to search; whoever finds work wakes the next.
    assert_eq!(scene.orders(), [Order::Work]);
    assert_eq!(scene.scheduler.detached(), 2, "at most P in all");
    assert_eq!(*scene.seen.slices.borrow(), [(100, true), (101, true)]);
    for number in 0..2 {
        let stall = &scene.scheduler.pool.thread(number).stall;
        assert!(stall.ends_long_slices(), "the owner takes them back …");
        assert!(!stall.ends_long_slices(), "… once");
    }
}

#[test]
fn who_burns_and_cannot_be_replaced_has_the_usual_slices() {
    let mut scene = Scene::with_quota(1, 2, 0);
    (0..15).for_each(|_| {
        scene.burn(MS);
    });
    scene.queue(3);
    for _ in 0..5 {
        scene.burn(MS);
    }
    assert_eq!(scene.state(0), State::Isolated);
    let slices = scene.seen.slices.borrow();
    assert!(slices.len() >= 2 && slices.len() % 2 == 0, "{slices:?}");
    for (index, said) in slices.iter().enumerate() {
        assert_eq!(*said, (100, index % 2 == 0), "given, and taken back");
    }
    let stall = &scene.scheduler.pool.thread(0).stall;
    assert!(!stall.ends_long_slices(), "its owner has nothing to do");
}

#[test]
fn burning_workers_are_not_replaced_while_the_queue_moves() {
    let mut scene = Scene::new(2, 5);
    (0..15).for_each(|_| {
        scene.burn(MS);
    });
    scene.queue(10);
    for _ in 0..10 {
        scene.burn(MS / 2);
        scene
            .scheduler
            .global
            .push(scene.scheduler.global.pop().expect("there are ten"));
    }
    assert_eq!(
        (scene.state(0), scene.state(1)),
        (State::Isolated, State::Isolated)
    );
    assert!(scene.orders().is_empty());
}

/// `/proc` cannot be read: a CPU clock that stands still is evidence enough, after longer.
#[test]
fn without_the_kernels_word_a_still_clock_decides() {
    let mut scene = Scene::new(1, 1);
    scene.queue(1);
    scene.all(None, Duration::ZERO, LOOK);
    scene.all(None, Duration::ZERO, LOOK);
    assert_eq!(
        scene.state(0),
        State::Active,
        "it may only be waiting for a core"
    );
    for _ in 0..30 {
        scene.all(None, Duration::ZERO, MS);
    }
    assert_eq!(scene.state(0), State::Detached);
    assert_eq!(scene.orders(), [Order::Work]);
}

/// The wall-clock rung: neither `/proc` nor a CPU clock.
#[test]
fn without_any_evidence_the_wall_clock_decides() {
    let mut scene = Scene::new(1, 1);
    scene.seen.cpu.set(None);
    scene.queue(1);
    for _ in 0..30 {
        scene.all(None, Duration::ZERO, MS);
    }
    assert_eq!(
        scene.state(0),
        State::Detached,
        "isolated, and replaced since work starves"
    );
    assert_eq!(scene.orders(), [Order::Work]);
}

/// The last verdict was reported, whatever it was; on a busy machine, or with the CPU clock refused at times, that was
/// often "unknown".
#[test]
fn what_was_known_of_a_stall_is_reported_though_evidence_ends() {
    let mut scene = Scene::new(1, 0);
    let kind = |scene: &Scene| {
        let stall = &scene.scheduler.pool.thread(0).stall;
        stall
            .noted()
            .map_or(Note::NONE, |(word, _)| Note::from_word(word))
    };
    scene.seen.cpu.set(None);
    scene.all(None, Duration::ZERO, Duration::ZERO);
    scene.all(None, Duration::ZERO, 10 * MS);
    assert_eq!(kind(&scene), Note::UNKNOWN);

    scene.seen.cpu.set(Some(MS));
    scene.burn(10 * MS);
    scene.burn(10 * MS);
    assert_eq!(kind(&scene), Note::BURNING);

    scene.seen.cpu.set(None);
    scene.all(None, Duration::ZERO, 10 * MS);
    scene.all(None, Duration::ZERO, 10 * MS);
    assert_eq!(kind(&scene), Note::BURNING);

    scene.seen.cpu.set(Some(20 * MS));
    for _ in 0..3 {
        scene.block(LOOK);
    }
    assert_eq!(kind(&scene), Note::blocked(Some(0)));
}

#[test]
fn detection_off_looks_at_nobody() {
    let mut scene = Scene::new(1, 1);
    scene.watcher = Watcher::new(1, None);
    scene.queue(1);
    for _ in 0..100 {
        assert_eq!(scene.block(MS), QUIET);
    }
    assert_eq!(scene.state(0), State::Active);
    assert!(scene.orders().is_empty());
}

/// Each round of a burst sends out twice as many; those who are missing are asked for, once.
#[test]
fn a_burst_of_blocking_tasks_doubles_the_threads_each_round() {
    let mut scene = Scene::new(2, 60);
    scene.queue(1000);
    let mut sent = Vec::new();
    for _ in 0..4 {
        scene.block(LOOK);
        scene.block(LOOK);
        let orders = scene.orders();
        sent.push(
            orders
                .iter()
                .filter(|order| **order == Order::RunOne)
                .count(),
        );
        assert!(scene.scheduler.idle.active() <= 2);
        assert_eq!(scene.requested, 0, "there are enough");
        // One thread was woken as a worker; in the place of both that it would become, and stuck again:
        let _searches = scene.scheduler.idle.end_search();
        let _second = scene.scheduler.idle.take_permit();
        for number in 0..2 {
            let slot = &scene.scheduler.pool.thread(number).slot;
            slot.end_poll();
            slot.set(State::Active);
            scene.scheduler.sit_down(number);
            slot.begin_poll(LOCATION);
            scene.scheduler.release_detached();
        }
    }
    // 2^k · P, of which P are workers.
    assert_eq!(sent, [0, 2, 6, 14]);
}

/// Threads that come back at once say that what waits does not block.
#[test]
fn a_burst_ends_when_what_waits_does_not_block() {
    let mut scene = Scene::new(1, 30);
    scene.queue(1000);
    let mut sent = Vec::new();
    for _ in 0..8 {
        scene.block(LOOK);
        scene.block(LOOK);
        let now = scene
            .orders()
            .iter()
            .filter(|order| **order == Order::RunOne)
            .count();
        scene.scheduler.counters.quick.add(now as u64);
        (0..now).for_each(|_| scene.scheduler.release_detached());
        sent.push(now);
        let _searches = scene.scheduler.idle.end_search();
        let slot = &scene.scheduler.pool.thread(0).slot;
        slot.end_poll();
        slot.set(State::Active);
        scene.scheduler.sit_down(0);
        slot.begin_poll(LOCATION);
        scene.scheduler.release_detached();
    }
    assert!(sent.iter().all(|sent| *sent <= 1), "{sent:?}");
}

#[test]
fn threads_that_are_missing_are_asked_for() {
    let mut scene = Scene::new(1, 1);
    scene.queue(1000);
    scene.block(LOOK);
    scene.block(LOOK);
    assert_eq!(scene.orders(), [Order::Work]);
    let _searches = scene.scheduler.idle.end_search();
    let slot = &scene.scheduler.pool.thread(0).slot;
    slot.end_poll();
    slot.set(State::Active);
    scene.scheduler.sit_down(0);
    slot.begin_poll(LOCATION);
    scene.block(LOOK);
    scene.block(LOOK);
    assert_eq!(
        scene.requested, 2,
        "one for the permit that is free, one to run without"
    );
}

#[test]
fn an_idle_runtime_lets_the_monitor_sleep() {
    let mut scene = Scene::new(1, 0);
    scene.scheduler.pool.thread(0).slot.end_poll();
    let (seat, _) = scene.scheduler.on_seat(0).expect("it sits");
    scene.scheduler.stand_up(seat);
    scene.scheduler.idle.release_permit(false);
    assert_ne!(
        scene.block(MS),
        QUIET,
        "something happened since the last look"
    );
    assert_eq!(scene.block(MS), QUIET);
}

/// Its only worker is a caller of `block_on`, who is not there; a thread more could not run what waits.
#[test]
fn no_thread_is_asked_for_where_only_a_caller_of_block_on_works() {
    let quotas = Quotas {
        workers: 1,
        closures: 1,
        files: 1,
        detached: 0,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller: true,
    };
    let scheduler = Scheduler::new(quotas, || {});
    let mut watcher = Watcher::new(1, None);
    let seen = Seen {
        kernel: Cell::new(None),
        cpu: Cell::new(None),
        slices: RefCell::default(),
    };
    scheduler.global.push(Number(0));
    scheduler.set_shortage(true);
    let mut requested = 0;
    watcher.tick(&scheduler, MS, &seen, |missing| requested = missing);
    assert!(scheduler.has_shortage(), "nobody could be woken");
    assert_eq!(requested, 0);
}

/// It would find nothing to watch over.
#[test]
fn the_monitor_is_woken_by_runtimes_with_detection_alone() {
    thread_local! {
        static NUDGES: Cell<u32> = const { Cell::new(0) };
    }
    let quotas = Quotas {
        workers: 1,
        closures: 1,
        files: 1,
        detached: 1,
        keep_alive: Duration::MAX,
        stack: 1 << 20,
        on_caller: false,
    };
    let nudges_of = |scheduler: Scheduler<Number>| {
        let number = scheduler.pool.enlist().expect("a record");
        let joined = scheduler.pool.join_stack(number, &Arc::new(Parker::new()));
        assert_eq!(joined, Joined::Stack);
        scheduler.push_remote(Number(0));
        assert_eq!(scheduler.pool.thread(number).take_order(), Order::Work);
        NUDGES.take()
    };
    let scheduler = || Scheduler::new(quotas, || NUDGES.set(NUDGES.get() + 1));
    assert_eq!(nudges_of(scheduler()), 1);
    assert_eq!(nudges_of(scheduler().without_detection()), 0);
}
