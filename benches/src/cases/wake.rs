//! What it costs to move between tasks.

use std::time::Instant;

use crate::sync::{Countdown, oneshot};
use crate::{Rt, Sample};

const PINGS: usize = 1_000;
const YIELDING_TASKS: usize = 200;
const YIELDS: usize = 1_000;
const CHAIN: usize = 1_000;

pub(super) fn ping_pong<R: Rt>() -> Sample {
    let (countdown, finish) = Countdown::new(PINGS);
    let start = Instant::now();
    R::block_on(async {
        R::detach(R::spawn_within(async move {
            for _ in 0..PINGS {
                R::detach(R::spawn_within(ping::<R>(countdown.clone())));
            }
        }));
        finish.wait();
    });
    start.elapsed().into()
}

async fn ping<R: Rt>(countdown: Countdown) {
    let (ping, pinged) = oneshot();
    let (pong, ponged) = oneshot();
    R::detach(R::spawn_within(async move {
        pinged.await;
        pong.send();
    }));
    ping.send();
    ponged.await;
    countdown.count_down();
}

pub(super) fn yield_many<R: Rt>() -> Sample {
    let (countdown, finish) = Countdown::new(YIELDING_TASKS);
    let start = Instant::now();
    for _ in 0..YIELDING_TASKS {
        let countdown = countdown.clone();
        R::detach(R::spawn(async move {
            for _ in 0..YIELDS {
                R::yield_now().await;
            }
            countdown.count_down();
        }));
    }
    finish.wait();
    start.elapsed().into()
}

pub(super) fn chained_spawn<R: Rt>() -> Sample {
    let (countdown, finish) = Countdown::new(1);
    let start = Instant::now();
    R::block_on(async {
        R::detach(R::spawn_within(async move { link::<R>(countdown, CHAIN) }));
        finish.wait();
    });
    start.elapsed().into()
}

fn link<R: Rt>(end: Countdown, left: usize) {
    if left == 0 {
        end.count_down();
    } else {
        R::detach(R::spawn_within(async move { link::<R>(end, left - 1) }));
    }
}
