//! A TCP echo server, and as many clients as it has connections, over loopback.

use std::net::SocketAddr;
use std::time::Duration;

use super::load::Load;
use super::{Actor, micros, raise_limit};
use crate::stats::quantile;

/// How long requests are sent for: some thousands of each connection, or ten where there are the most.
const LASTS: Duration = Duration::from_millis(500);
const LASTS_QUICK: Duration = Duration::from_millis(100);

/// Time and CPU time of the server a request; with one connection also what its round trips took.
pub(super) fn measure(
    server: &mut Actor,
    address: SocketAddr,
    connections: usize,
    bytes: usize,
    quick: bool,
) -> Vec<f64> {
    raise_limit();
    let lasts = if quick { LASTS_QUICK } else { LASTS };
    let mut load = Load::connect(address, connections, bytes).unwrap_or_else(|error| {
        panic!("{connections} connections, a descriptor each here and there: {error}")
    });
    // Caches and queues are warm, and whoever sleeps for a while is awake.
    load.run(lasts / 10).expect("the server answers");

    let before = server.cpu();
    let outcome = load.run(lasts).expect("the server answers");
    let cpu = server.cpu() - before;
    let requests = outcome.round_trips.len() as f64;
    let mut figures = vec![micros(outcome.time) / requests, cpu / requests];
    if connections == 1 {
        let at = |q| quantile(&outcome.round_trips, q).expect("there was a request");
        figures.extend([at(0.5), at(0.99)]);
    }
    figures
}
