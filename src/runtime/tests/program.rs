//! Tasks of a model of the whole runtime: what they do, step by step, and the ledger that each of them keeps.
//!
//! A task is scheduled, polled, woken and dropped as async-task does it: one runnable at a time; woken while it runs, it is
//! scheduled again at the end of its poll. Who waits for a task in `std`'s way, or in a nested `block_on`, has made it in
//! the same poll, so that nobody waits for those who wait for it.

use std::{fmt, panic::Location, ptr::NonNull, sync::Mutex as Unseen, time::Duration};

use super::{
    super::{parker::Parker, slot::Item, threads::Lane, worker::Cause},
    common::Gate,
    world::{Local, World, chance, pick, schedule, this_thread, with_worker},
};
use crate::loom::{clock, sync::Arc};

/// As in `task::block_on`: how often a nested one that kept its permit looks whether it can help.
const HELP_EVERY: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(super) enum Step {
    /// `yield_now`.
    Yield,
    /// Waits for something outside: a socket, a timer.
    Outside,
    /// `std::thread::sleep`.
    Sleep(Duration),
    /// Computes.
    Burn(Duration),
    Spawn(Program),
    /// Makes a task that says what it does.
    SpawnInLane(Program),
    SpawnLocal(Program),
    SpawnBlocking(Program),
    /// Makes a task and waits until it has ended.
    Join(How, Program),
    /// Passes the first gate and waits, in `std`'s way, until the second was passed so often.
    Meet {
        begun: Gate,
        go: Gate,
        count: usize,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// Awaits its handle.
    Awaiting,
    /// In a channel of `std`.
    Blocking,
    /// The same inside `block_in_place`.
    Announced,
    /// In a nested `block_on`.
    Nested,
}

pub(super) type Program = Vec<Step>;

/// What a program is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Task,
    /// Nobody can wake it.
    Closure,
}

/// A task that does up to `steps` things of any kind, and makes tasks that make tasks, `depth` deep.
pub(super) fn draw(steps: usize, depth: usize) -> Program {
    draw_for(
        Sort::Task,
        steps,
        depth,
        &[How::Blocking, How::Announced, How::Nested],
    )
}

/// One that waits for no other without saying so: nobody has to see to it.
pub(super) fn draw_well_behaved(steps: usize, depth: usize) -> Program {
    draw_for(Sort::Task, steps, depth, &[How::Announced, How::Nested])
}

fn draw_for(sort: Sort, steps: usize, depth: usize, waits: &[How]) -> Program {
    let step = |_| {
        let inner = |sort| draw_for(sort, steps.saturating_sub(1).max(1), depth - 1, waits);
        let time = || Duration::from_micros([1, 300, 2000, 12_000][pick(0..=3)]);
        // Those that make no tasks come first.
        let most = if depth == 0 { 4 } else { 10 };
        match pick(0..=most) {
            0 | 1 if sort == Sort::Task => Step::Yield,
            2 if sort == Sort::Task => Step::Outside,
            0 | 3 => Step::Sleep(time()),
            1 | 2 | 4 => Step::Burn(time()),
            5 if chance(25) => Step::SpawnInLane(inner(Sort::Task)),
            5 => Step::Spawn(inner(Sort::Task)),
            6 => Step::SpawnLocal(inner(Sort::Task)),
            7 => Step::SpawnBlocking(inner(Sort::Closure)),
            8 if sort == Sort::Task => Step::Join(How::Awaiting, inner(Sort::Task)),
            _ => Step::Join(waits[pick(0..=waits.len() - 1)], inner(Sort::Task)),
        }
    };
    (0..pick(0..=steps)).map(step).collect()
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock().unwrap();
        let home = match self.home {
            Home::Anywhere => "anywhere",
            Home::Thread { .. } => "local",
            Home::Closures(Lane::Blocking) => "closure",
            Home::Closures(Lane::Files) => "file closure",
            Home::Closures(Lane::Computing) => unreachable!("no closure is"),
            Home::Lane(Lane::Blocking) => "blocking",
            Home::Lane(Lane::Files) => unreachable!("no task is"),
            Home::Lane(Lane::Computing) => "computing",
        };
        write!(
            f,
            "task {:p} {home} scheduled {} running {} ended {} next {:?}",
            self,
            state.scheduled,
            state.running,
            state.ended,
            state.steps.as_slice()
        )
    }
}

/// Where a task is run.
#[derive(Clone)]
pub(super) enum Home {
    Anywhere,
    Thread {
        local: Arc<Local>,
        parker: Arc<Parker>,
    },
    /// Once.
    Closures(Lane),
    /// Again and again.
    Lane(Lane),
}

/// Who waits for the end of a task, besides those at its gate.
enum Joiner {
    Nobody,
    Task(Arc<Task>),
    Thread(Arc<Parker>),
}

pub(super) struct Task {
    id: u64,
    world: Arc<World>,
    home: Home,
    state: Unseen<State>,
    done: Gate,
}

struct State {
    steps: std::vec::IntoIter<Step>,
    /// Its runnable is in a queue, or on its way.
    scheduled: bool,
    running: bool,
    /// While it ran.
    woken: bool,
    ended: bool,
    joiner: Joiner,
}

/// What the queues hold.
#[derive(Debug)]
pub(super) struct Runnable(Option<Arc<Task>>);

impl Runnable {
    fn take(&mut self) -> Option<Arc<Task>> {
        let task = self.0.take()?;
        let mut state = task.state.lock().unwrap();
        assert!(state.scheduled, "polled or dropped once");
        state.scheduled = false;
        drop(state);
        Some(task)
    }

    /// Of a local task whose thread is gone.
    pub(super) fn forget(mut self) {
        self.take();
    }
}

impl Drop for Runnable {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Some(task) = self.take() {
            assert!(
                task.world.scheduler.pool.is_closing(),
                "dropped while the runtime lives"
            );
            task.end();
        }
    }
}

impl Item for Runnable {
    fn into_raw(mut self) -> NonNull<()> {
        let task = self.0.take().expect("it was not run");
        let raw = Arc::into_raw(task).cast_mut();
        NonNull::new(raw).expect("not null").cast()
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        // SAFETY: the caller has `raw` from `into_raw` and uses it once.
        Runnable(Some(unsafe { Arc::from_raw(raw.cast::<Task>().as_ptr()) }))
    }

    fn run(mut self) {
        let task = self.take().expect("it was not run");
        task.poll();
    }

    fn location(&self) -> &'static Location<'static> {
        Location::caller()
    }

    fn id(&self) -> u64 {
        self.0.as_ref().map_or(0, |task| task.id)
    }
}

/// How a step went.
#[derive(PartialEq, Eq)]
enum Went {
    Done,
    Pending,
}

impl Task {
    /// Makes a task and schedules it.
    pub(super) fn spawn(world: &Arc<World>, program: Program) -> Arc<Task> {
        Task::spawn_at(world, Home::Anywhere, program, Joiner::Nobody)
    }

    pub(super) fn spawn_blocking(world: &Arc<World>, program: Program) {
        let lane = [Lane::Blocking, Lane::Files][pick(0..=1)];
        Task::spawn_at(world, Home::Closures(lane), program, Joiner::Nobody);
    }

    fn spawn_in_lane(world: &Arc<World>, program: Program) {
        let lane = [Lane::Blocking, Lane::Computing][pick(0..=1)];
        Task::spawn_at(world, Home::Lane(lane), program, Joiner::Nobody);
    }

    fn spawn_at(world: &Arc<World>, home: Home, program: Program, joiner: Joiner) -> Arc<Task> {
        let task = Arc::new(Task {
            id: world.tasks.lock().unwrap().len() as u64 + 1,
            world: world.clone(),
            home,
            state: Unseen::new(State {
                steps: program.into_iter(),
                scheduled: true,
                running: false,
                woken: false,
                ended: false,
                joiner,
            }),
            done: Gate::new(),
        });
        world.tasks.lock().unwrap().push(task.clone());
        if let Home::Thread { local, .. } = &task.home {
            local.begin(&task);
        }
        task.schedule(Cause::Spawned);
        task
    }

    fn schedule(self: &Arc<Task>, cause: Cause) {
        let runnable = Runnable(Some(self.clone()));
        schedule(&self.world, &self.home, runnable, cause);
    }

    /// By anybody.
    pub(super) fn wake(self: &Arc<Task>) {
        {
            let mut state = self.state.lock().unwrap();
            if state.ended || state.scheduled {
                return;
            }
            if state.running {
                state.woken = true;
                return;
            }
            state.scheduled = true;
        }
        self.schedule(Cause::Woken);
    }

    fn poll(self: &Arc<Task>) {
        {
            let mut state = self.state.lock().unwrap();
            assert!(!state.running && !state.ended, "one poll at a time");
            state.running = true;
        }
        self.world.check_bounds();
        loop {
            let step = self.state.lock().unwrap().steps.next();
            match step.map(|step| self.take(step)) {
                Some(Went::Done) => {}
                Some(Went::Pending) => break,
                None => return self.end(),
            }
        }
        let again = {
            let mut state = self.state.lock().unwrap();
            state.running = false;
            let again = std::mem::take(&mut state.woken);
            state.scheduled |= again;
            again
        };
        if again {
            self.schedule(Cause::Yielded);
        }
    }

    /// It has done all, or was dropped.
    fn end(self: &Arc<Task>) {
        let joiner = {
            let mut state = self.state.lock().unwrap();
            assert!(!state.ended, "it ends once");
            state.ended = true;
            state.running = false;
            std::mem::replace(&mut state.joiner, Joiner::Nobody)
        };
        if let Home::Thread { local, .. } = &self.home {
            local.forget(self);
        }
        self.done.pass();
        match joiner {
            Joiner::Nobody => {}
            Joiner::Task(task) => task.wake(),
            Joiner::Thread(parker) => parker.unpark(),
        }
        self.world.ended.pass();
    }

    /// Of a local task: its thread ends.
    pub(super) fn cancel(self: &Arc<Task>) {
        let ended = self.state.lock().unwrap().ended;
        if !ended {
            self.end();
        }
    }

    pub(super) fn assert_over(&self) {
        let state = self.state.lock().unwrap();
        assert!(!state.scheduled, "no runnable is left");
        assert!(!state.running, "no poll goes on");
        assert!(state.ended, "it has ended or was dropped");
    }

    fn take(self: &Arc<Task>, step: Step) -> Went {
        let world = &self.world;
        match step {
            Step::Yield => {
                self.wake();
                return Went::Pending;
            }
            Step::Outside => {
                world.reactor.register(self);
                return Went::Pending;
            }
            Step::Sleep(time) => world.kernel.asleep(|| clock::sleep(time)),
            Step::Burn(time) => clock::sleep(time),
            Step::Spawn(program) => drop(Task::spawn(world, program)),
            Step::SpawnInLane(program) => Task::spawn_in_lane(world, program),
            Step::SpawnLocal(program) => {
                let home = this_thread(|this| Home::Thread {
                    local: this.local.clone(),
                    parker: this.parker.clone(),
                });
                Task::spawn_at(world, home, program, Joiner::Nobody);
            }
            Step::SpawnBlocking(program) => Task::spawn_blocking(world, program),
            Step::Join(How::Awaiting, program) => {
                let joiner = Joiner::Task(self.clone());
                Task::spawn_at(world, Home::Anywhere, program, joiner);
                return Went::Pending;
            }
            Step::Join(How::Blocking, program) => {
                let child = Task::spawn(world, program);
                world.kernel.asleep(|| child.done.wait(1));
            }
            Step::Join(How::Announced, program) => {
                let child = Task::spawn(world, program);
                with_worker(|worker| worker.announce());
                world.kernel.asleep(|| child.done.wait(1));
            }
            Step::Join(How::Nested, program) => {
                let joiner = Joiner::Thread(this_thread(|this| this.parker.clone()));
                let child = Task::spawn_at(world, Home::Anywhere, program, joiner);
                child.wait_nested();
            }
            Step::Meet { begun, go, count } => {
                begun.pass();
                world.kernel.asleep(|| go.wait(count));
            }
        }
        self.world.check_bounds();
        Went::Done
    }

    /// As `block_on` inside a task.
    fn wait_nested(&self) {
        let (local, parker) = this_thread(|this| (this.local.clone(), this.parker.clone()));
        loop {
            local.run_ready();
            if self.done.was_passed(1) {
                return;
            }
            if local.is_ready() {
                continue;
            }
            with_worker(|worker| {
                let gave_up_permit = worker.announce();
                if worker.help(worker.offer_help()) {
                    return;
                }
                let _offer = worker.offer_help();
                self.world.kernel.asleep(|| {
                    if gave_up_permit {
                        parker.park();
                    } else {
                        parker.park_timeout(HELP_EVERY);
                    }
                });
            });
        }
    }
}
