//! Waits between attempts at what nobody announces to become possible again.

use std::time::Duration;

/// Long enough not to be busy, and short beside a round trip to another machine.
const FIRST: Duration = Duration::from_millis(1);

/// Ten attempts a second cost nothing that can be measured, and nobody has to wait for much longer than that.
const LONGEST: Duration = Duration::from_millis(100);

/// How long to wait before the next attempt: each time twice as long, within bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause(Duration);

impl Pause {
    pub(crate) const fn first() -> Pause {
        Pause(FIRST)
    }

    /// After one more failure.
    #[must_use]
    pub(crate) fn longer(self) -> Pause {
        Pause(LONGEST.min(self.0 * 2))
    }

    pub(crate) fn length(self) -> Duration {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses = std::iter::successors(Some(Pause::first()), |pause| Some(pause.longer()));
        let millis: Vec<_> = pauses
            .map(|pause| pause.length().as_millis())
            .take(9)
            .collect();
        assert_eq!(millis, [1, 2, 4, 8, 16, 32, 64, 100, 100]);
    }
}
