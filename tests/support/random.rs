//! Random numbers for property tests: the same in each run, and a failure says how to have it again.
//!
//! `UNSTALL_TEST_SEED=7` tries the one seed that a failure named; `UNSTALL_TEST_ROUNDS=100000` tries so many of them.

#![allow(
    dead_code,
    reason = "every test file compiles this module for itself and uses a part of it"
)]

use std::io::Write as _;

use crate::support::{HOUR, LIMIT, within};

/// The same numbers for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number of bytes or items, less than `end`.
    pub(crate) fn size(&mut self, end: usize) -> usize {
        self.below(end as u64) as usize
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.size(from.len())]
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// Tries a property with so many seeds, each in its turn.
///
/// # Panics
///
/// As [`within`] does; the limit is wide, and wider for more rounds than usual.
pub(crate) fn each_seed(rounds: u64, mut property: impl FnMut(&mut Random) + Send + 'static) {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse().expect("it is a number"))
    };
    let seeds = match (number("UNSTALL_TEST_SEED"), number("UNSTALL_TEST_ROUNDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, more) => 0..more.unwrap_or(rounds),
    };
    let limit = if seeds.end - seeds.start > rounds {
        HOUR
    } else {
        5 * LIMIT
    };
    within(limit, move || {
        for seed in seeds {
            let _says = SaysSeed(seed);
            property(&mut Random::new(seed));
        }
    });
}

/// Says which seed it was that failed.
struct SaysSeed(u64);

impl Drop for SaysSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let again = format_args!("once more with UNSTALL_TEST_SEED={}\n", self.0);
            // If nobody listens, nobody misses it.
            let _ = std::io::stderr().write_fmt(again);
        }
    }
}
