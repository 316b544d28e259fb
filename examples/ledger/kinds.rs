//! What the tasks do.

use std::{
    panic::{self, Location},
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed, mpsc},
    thread,
    time::{Duration, Instant},
};

use unstall::{
    future,
    io::{ReadExt as _, WriteExt as _},
    net::{TcpListener, TcpStream},
    task,
};

use crate::{
    book::{Account, Entered, EnteredClosure, Group, Guard, Handle, Intended, Kind, Payload},
    chance::Chance,
    foreign::{Errand, Order, Ring},
    stage::{Peers, Rations, Stage},
};

/// How often each kind is spawned. Those that take long are rationed, too.
const WEIGHTS: [(u64, Kind); 17] = [
    (300, Kind::Plain),
    (30, Kind::Chain),
    (120, Kind::Woken),
    (60, Kind::Waiting),
    (50, Kind::Panicking),
    (40, Kind::Testator),
    (100, Kind::Timer),
    (20, Kind::Blocking),
    (20, Kind::Stuck),
    (1, Kind::Burning),
    (10, Kind::Nested),
    (6, Kind::InPlace),
    (40, Kind::Closure),
    (40, Kind::Local),
    (10, Kind::Owner),
    (3, Kind::Client),
    (1, Kind::Clerk),
];

/// Spawns a task of some kind, from inside a task of this stage.
pub(crate) fn spawn_any(stage: &Arc<Stage>, chance: &mut Chance) -> Handle {
    let chance = &mut chance.fork();
    let kind = chance.pick(&WEIGHTS);
    // Some go to another runtime.
    if chance.one_in(16) {
        let place = chance.between(0, Peers::PLACES as u64 - 1) as usize;
        let forked = chance.fork();
        let there = stage
            .peers
            .get(place)
            .map(|peer| peer.spawn(Kind::Plain, |payload| plain(forked, payload)));
        if let Some(there) = there {
            return there;
        }
    }
    spawn(kind, stage, chance.fork())
}

fn spawn(kind: Kind, stage: &Arc<Stage>, mut chance: Chance) -> Handle {
    let rations = &stage.rations;
    let own = stage.clone();
    match kind {
        Kind::Chain => {
            let links = chance.between(1, 60);
            spawn_link(own, links, chance)
        }
        Kind::Woken => stage.spawn_here(kind, |payload| woken(own, chance, payload)),
        Kind::Waiting => stage.spawn_here(kind, |payload| async {
            Ring::never().await;
            payload
        }),
        Kind::Panicking => stage.spawn_here(kind, |payload| panicking(chance, payload)),
        Kind::Testator => stage.spawn_here(kind, |payload| testator(own, chance, payload)),
        Kind::Timer => stage.spawn_here(kind, |payload| timer(chance, payload)),
        Kind::Blocking if Rations::take(&rations.blocking) => {
            stage.spawn_here(kind, |payload| blocking(own, chance, payload))
        }
        Kind::Stuck if stage.detects && Rations::take(&rations.blocking) => {
            stage.spawn_here(kind, |payload| stuck(own, chance, payload))
        }
        Kind::Burning if Rations::take(&rations.burning) => {
            stage.spawn_here(kind, |payload| burning(chance, payload))
        }
        Kind::Nested => stage.spawn_here(kind, |payload| nested(own, chance, payload)),
        Kind::InPlace if Rations::take(&rations.blocking) => {
            stage.spawn_here(kind, |payload| in_place(own, chance, payload))
        }
        Kind::Closure => {
            let pause = chance.one_in(8) && Rations::take(&rations.blocking);
            stage.spawn_blocking_here(kind, move |payload| {
                if pause {
                    thread::sleep(chance.micros(300, 5000));
                }
                if chance.one_in(10) {
                    panic::panic_any(Intended);
                }
                payload
            })
        }
        Kind::Local => spawn_local(&stage.account, chance),
        Kind::Owner => stage.spawn_here(kind, |payload| owner(own, chance, payload)),
        Kind::Client if stage.server.get().is_some() && Rations::take(&rations.sockets) => {
            stage.spawn_here(kind, |payload| client(own, chance, payload))
        }
        Kind::Clerk => {
            let tasks = chance.between(1, 30);
            stage.spawn_here(kind, |payload| clerk(own, chance, tasks, payload))
        }
        _ => stage.spawn_here(Kind::Plain, |payload| plain(chance, payload)),
    }
}

/// Spawns many others, and does with their handles what can be done with handles.
pub(crate) async fn clerk(
    stage: Arc<Stage>,
    mut chance: Chance,
    tasks: u64,
    payload: Payload,
) -> Payload {
    spawn_many(&stage, &mut chance, tasks).await;
    payload
}

#[derive(Clone, Copy)]
enum Fate {
    Join,
    Forget,
    Cancel,
    CancelLater,
    JoinElsewhere,
    CancelElsewhere,
    DropElsewhere,
    GiveUpJoining,
}

const FATES: [(u64, Fate); 8] = [
    (50, Fate::Join),
    (20, Fate::Forget),
    (8, Fate::Cancel),
    (10, Fate::CancelLater),
    (3, Fate::JoinElsewhere),
    (3, Fate::CancelElsewhere),
    (3, Fate::DropElsewhere),
    (3, Fate::GiveUpJoining),
];

pub(crate) async fn spawn_many(stage: &Arc<Stage>, chance: &mut Chance, tasks: u64) {
    // Of those that are held, who waits for ever is cancelled, also if this task is.
    let mut held: Vec<Guard> = Vec::new();
    for _ in 0..tasks {
        let handle = spawn_any(stage, chance);
        let fate = chance.pick(&FATES);
        if handle.waits_for_ever() {
            match fate {
                Fate::Forget if !stage.is_global() => handle.abandon(),
                Fate::GiveUpJoining if !stage.is_global() => {
                    handle.abandon();
                    let _in_vain = future::timeout(chance.micros(0, 200), handle.join()).await;
                }
                Fate::Cancel => handle.cancel().await,
                Fate::CancelElsewhere => stage.foreign.send(Errand::Cancel(handle)),
                Fate::DropElsewhere => stage.foreign.send(Errand::Drop(Box::new(handle.guard()))),
                _ => held.push(handle.guard()),
            }
            continue;
        }
        match fate {
            Fate::Join | Fate::CancelLater => held.push(handle.guard()),
            Fate::Forget => drop(handle),
            Fate::Cancel => handle.cancel().await,
            Fate::JoinElsewhere => stage.foreign.send(Errand::Join(handle)),
            Fate::CancelElsewhere => stage.foreign.send(Errand::Cancel(handle)),
            Fate::DropElsewhere => stage.foreign.send(Errand::Drop(Box::new(handle.guard()))),
            Fate::GiveUpJoining => {
                let patience = chance.micros(0, 200);
                let _may_be_too_short = future::timeout(patience, handle.join()).await;
            }
        }
        if chance.one_in(10) {
            task::yield_now().await;
        }
        if chance.one_in(40) {
            settle(&mut held, chance).await;
        }
    }
    settle(&mut held, chance).await;
}

/// Joins or cancels those that are held, oldest or newest first.
async fn settle(held: &mut Vec<Guard>, chance: &mut Chance) {
    if chance.one_in(2) {
        held.reverse();
    }
    while let Some(guard) = held.pop() {
        match chance.between(0, 5) {
            0 => drop(guard),
            1 => guard.detach().cancel().await,
            _ if guard.waits_for_ever() => drop(guard),
            _ => guard.detach().join().await,
        }
    }
}

/// What holds up an obstinate task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    InPoll,
    /// Its future cannot be dropped before.
    InDestructor,
}

/// Does not end before somebody drops what is received from. Says when it has begun.
pub(crate) async fn obstinate(
    held: Held,
    begin: mpsc::Sender<()>,
    release: mpsc::Receiver<()>,
    payload: Payload,
) -> Payload {
    /// Waits for the other side when it is dropped.
    struct Waits(mpsc::Receiver<()>);
    impl Drop for Waits {
        fn drop(&mut self) {
            self.0.recv().ok();
        }
    }
    let waits = Waits(release);
    // Nobody listens if the stage ended at once.
    begin.send(()).ok();
    match held {
        Held::InPoll => drop(waits),
        Held::InDestructor => Ring::never().await,
    }
    payload
}

pub(crate) async fn plain(mut chance: Chance, payload: Payload) -> Payload {
    for _ in 0..chance.between(0, 3) {
        task::yield_now().await;
    }
    payload
}

/// `task::spawn` in a function of its own, since a future cannot contain its own kind.
fn spawn_link(stage: Arc<Stage>, left: u64, chance: Chance) -> Handle {
    let own = stage.clone();
    stage.spawn_here(Kind::Chain, |payload| link(own, left, chance, payload))
}

async fn link(stage: Arc<Stage>, left: u64, mut chance: Chance, payload: Payload) -> Payload {
    if left == 0 {
        return payload;
    }
    let next = spawn_link(stage, left - 1, chance.fork());
    if chance.one_in(4) {
        next.join().await;
    }
    payload
}

async fn woken(stage: Arc<Stage>, mut chance: Chance, payload: Payload) -> Payload {
    for _ in 0..chance.between(1, 2) {
        let after = if chance.one_in(20) {
            chance.micros(1, 200)
        } else {
            Duration::ZERO
        };
        let order = Order {
            after,
            in_vain: chance.between(0, 2),
            keep: chance.one_in(20).then(|| chance.micros(1, 200)),
        };
        Ring::new(order, &stage.foreign).await;
    }
    payload
}

async fn panicking(mut chance: Chance, payload: Payload) -> Payload {
    match chance.between(0, 2) {
        0 => {}
        1 => task::yield_now().await,
        _ => task::sleep(chance.micros(1, 2000)).await,
    }
    let _carried = payload;
    panic::panic_any(Intended)
}

/// Spawns a task when it is dropped.
struct Will(Arc<Stage>, Chance);

impl Drop for Will {
    fn drop(&mut self) {
        let chance = self.1.fork();
        drop(
            self.0
                .spawn_here(Kind::Heir, |payload| plain(chance, payload)),
        );
    }
}

async fn testator(stage: Arc<Stage>, mut chance: Chance, payload: Payload) -> Payload {
    let _will = Will(stage, chance.fork());
    for _ in 0..chance.between(0, 2) {
        task::yield_now().await;
    }
    if chance.one_in(3) {
        task::sleep(chance.micros(1, 5000)).await;
    }
    payload
}

async fn timer(mut chance: Chance, payload: Payload) -> Payload {
    let long = chance.micros(0, 15_000);
    match chance.between(0, 3) {
        0 => drop(future::timeout(long, task::sleep(Duration::from_secs(3600))).await),
        1 => drop(future::timeout(Duration::from_secs(3600), task::sleep(long)).await),
        2 => drop(future::timeout(long, task::sleep(long)).await),
        _ => task::sleep(long).await,
    }
    payload
}

async fn blocking(stage: Arc<Stage>, mut chance: Chance, payload: Payload) -> Payload {
    match chance.between(0, 2) {
        0 => {
            let mut sum = stage.lock.lock().expect("nothing panics under this lock");
            *sum += 1;
            thread::sleep(chance.micros(300, 1000));
        }
        1 => {
            // What it wakes or spawns just before must not wait behind it.
            let behind = spawn_any(&stage, &mut chance);
            thread::sleep(chance.micros(300, 5000));
            behind.cancel().await;
        }
        _ => thread::sleep(chance.micros(300, 5000)),
    }
    payload
}

/// Without detection this would wait for ever.
async fn stuck(stage: Arc<Stage>, mut chance: Chance, payload: Payload) -> Payload {
    let (sender, receiver) = mpsc::channel();
    let (ring, rings) = Ring::until_dropped();
    let rescuer = stage.spawn_here(Kind::Rescuer, |payload| async move {
        ring.await;
        // Nobody listens if the other one was cancelled.
        sender.send(()).ok();
        payload
    });
    if chance.one_in(2) {
        task::yield_now().await;
    }
    // Long enough to be looked at, so that the wake-up meets the monitor.
    if chance.one_in(2) {
        thread::sleep(chance.micros(0, 2000));
    }
    drop(rings);
    // An error says that the rescuer ended with its runtime.
    receiver.recv().ok();
    if chance.one_in(2) {
        rescuer.join().await;
    }
    payload
}

async fn burning(mut chance: Chance, payload: Payload) -> Payload {
    let (start, long) = (Instant::now(), chance.micros(12_000, 30_000));
    while start.elapsed() < long {
        std::hint::spin_loop();
    }
    payload
}

async fn nested(stage: Arc<Stage>, mut chance: Chance, payload: Payload) -> Payload {
    task::block_on(async {
        let inner = spawn_any(&stage, &mut chance);
        if inner.waits_for_ever() {
            inner.cancel().await;
        } else {
            inner.join().await;
        }
        if chance.one_in(4) {
            task::sleep(chance.micros(1, 3000)).await;
        }
    });
    payload
}

async fn in_place(stage: Arc<Stage>, mut chance: Chance, payload: Payload) -> Payload {
    let behind = stage.spawn_here(Kind::Plain, |payload| plain(chance.fork(), payload));
    task::block_in_place(|| thread::sleep(chance.micros(300, 3000)));
    behind.join().await;
    payload
}

/// Spawns a task on this thread.
#[track_caller]
pub(crate) fn spawn_local(account: &Arc<Account>, chance: Chance) -> Handle {
    let (entry, payload) = account.open_local(Kind::Local, Location::caller());
    let future = Entered::new(local(chance, payload), &entry);
    Handle::new(task::spawn_local(future), entry)
}

async fn local(mut chance: Chance, payload: Payload) -> Payload {
    // So that it is not `Send`.
    let shared = Rc::new(thread::current().id());
    for _ in 0..chance.between(0, 2) {
        task::yield_now().await;
    }
    if chance.one_in(2) {
        task::sleep(chance.micros(1, 5000)).await;
    }
    assert_eq!(*shared, thread::current().id(), "a local task has moved");
    payload
}

async fn owner(stage: Arc<Stage>, mut chance: Chance, payload: Payload) -> Payload {
    let mut group = Group::default();
    for _ in 0..chance.between(1, 20) {
        add_member(&mut group, &stage, &mut chance);
    }
    match chance.between(0, 4) {
        // The others are cancelled with the set.
        0 => {
            let patience = chance.micros(0, 300);
            let _may_be_too_short = future::timeout(patience, group.join_next()).await;
        }
        1 => {
            group.abort_all();
            while group.join_next().await.is_some() {}
        }
        2 => group.shutdown().await,
        3 => {
            let patience = chance.micros(0, 300);
            let _may_be_too_short = future::timeout(patience, group.shutdown()).await;
            let _whoever_is_stuck = group.remaining();
        }
        // These end in any case.
        _ => {
            group.abort_all();
            group.detach_all();
        }
    }
    payload
}

fn add_member(group: &mut Group, stage: &Arc<Stage>, chance: &mut Chance) {
    let mut forked = chance.fork();
    let what = chance.between(0, 5);
    let (entry, payload) = if what == 3 {
        stage.account.open_local(Kind::Member, Location::caller())
    } else {
        stage.account.open(Kind::Member, Location::caller())
    };
    match what {
        0 => {
            let own = stage.clone();
            let future = Entered::new(woken(own, forked, payload), &entry);
            group.add(entry, |set| set.spawn(future));
        }
        1 => {
            let future = Entered::new(panicking(forked, payload), &entry);
            group.add(entry, |set| set.spawn(future));
        }
        2 => {
            let waiting = async {
                Ring::never().await;
                payload
            };
            let future = Entered::new(waiting, &entry);
            group.add(entry, |set| set.spawn(future));
        }
        3 => {
            let future = Entered::new(local(forked, payload), &entry);
            group.add(entry, |set| set.spawn_local(future));
        }
        4 => {
            let pause = Rations::take(&stage.rations.blocking);
            let closure = move || {
                if pause {
                    thread::sleep(forked.micros(300, 2000));
                }
                payload
            };
            let closure = EnteredClosure::new(closure, &entry);
            group.add(entry, |set| set.spawn_blocking(move || closure.call()));
        }
        _ => {
            let future = Entered::new(plain(forked, payload), &entry);
            group.add(entry, |set| set.spawn(future));
        }
    }
}

/// An echo server, until it is cancelled.
pub(crate) async fn server(stage: Arc<Stage>, listener: TcpListener, payload: Payload) -> Payload {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _goes_on =
                    stage.spawn_here(Kind::Connection, |payload| connection(stream, payload));
            }
            // Out of descriptors, perhaps.
            Err(_) => task::sleep(Duration::from_millis(1)).await,
        }
        if stage.account.is_closing() {
            return payload;
        }
    }
}

async fn connection(mut stream: TcpStream, payload: Payload) -> Payload {
    let mut buffer = [0; 64];
    // Ends with the client; a reset is an end, too.
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    payload
}

async fn client(stage: Arc<Stage>, mut chance: Chance, payload: Payload) -> Payload {
    let server = *stage.server.get().expect("looked at by whoever spawned it");
    let exchanges = chance.between(1, 8);
    let result = async {
        let mut stream = TcpStream::connect(server).await?;
        for _ in 0..exchanges {
            let sent = [chance.between(0, 255) as u8; 40];
            stream.write_all(&sent).await?;
            let mut received = [0; 40];
            stream.read_exact(&mut received).await?;
            assert_eq!(sent, received, "the echo is another one");
        }
        std::io::Result::Ok(())
    }
    .await;
    // The server ends with its runtime, or when the clerks have ended; clients of theirs may go on.
    let may_fail = stage.account.is_closing() || stage.server_ends.load(Relaxed);
    assert!(result.is_ok() || may_fail, "a socket failed: {result:?}");
    payload
}
