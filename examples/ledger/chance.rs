//! Everything random here comes from the seed. Each task has a generator of its own, made by the one that spawned it,
//! so that what it decides does not depend on who runs first.

use std::time::Duration;

/// splitmix64, by Sebastiano Vigna.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// For whoever is the `who`th in this round.
    pub(crate) fn new(seed: u64, round: u64, who: u64) -> Self {
        let mut chance = Chance(seed);
        chance.0 ^= chance.next() ^ round;
        chance.0 ^= chance.next() ^ who;
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One for somebody else.
    pub(crate) fn fork(&mut self) -> Self {
        Chance(self.next())
    }

    /// From `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    pub(crate) fn micros(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_micros(self.between(least, most))
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.next() % n == 0
    }

    /// One of these, each as often as its weight says.
    pub(crate) fn pick<T: Copy>(&mut self, weighed: &[(u64, T)]) -> T {
        let sum = weighed.iter().map(|(weight, _)| weight).sum::<u64>();
        let mut left = self.next() % sum;
        for (weight, value) in weighed {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        unreachable!("the number is below the sum of the weights")
    }
}
