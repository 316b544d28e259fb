//! The monitor's sleep, and how it ends.
//!
//! Owns: the flag that says that the monitor sleeps. Called by: the monitor ([`Doze::doze`]) and anybody
//! ([`Doze::nudge`]). Deliberately does not know: what the monitor sleeps for. Section 6 of PROTOCOLS.md.

use super::parker::Parker;
use crate::{
    fault,
    loom::sync::{AtomicBool, Ordering, full_fence},
};

#[derive(Debug)]
pub(crate) struct Doze {
    pub(crate) parker: Parker,
    asleep: AtomicBool,
}

impl Doze {
    pub(crate) fn new() -> Doze {
        Doze {
            parker: Parker::new(),
            asleep: AtomicBool::new(false),
        }
    }

    /// `doze-4`: something happened that the monitor must not sleep over.
    pub(crate) fn nudge(&self) {
        fault::step("doze-4");
        // ORDER doze-4 <-> doze-2: the permit was taken before this look, as the flag is set before the monitor
        // looks at the permits.
        full_fence();
        if !self.asleep.load(Ordering::Relaxed) {
            return;
        }
        // Only one of those who come together pays for the wake-up.
        if self.asleep.swap(false, Ordering::Relaxed) {
            self.parker.unpark();
        }
    }

    /// The monitor: sleeps until it is nudged, unless there is something to watch after all.
    pub(crate) fn doze(&self, all_quiet: impl FnOnce() -> bool) {
        fault::step("doze-1");
        // Here and below a swap for loom's sake, as in `order-1`.
        self.asleep.swap(true, Ordering::Relaxed);
        fault::step("doze-2");
        // ORDER doze-2 <-> doze-4: one of the two sees the other.
        full_fence();
        if all_quiet() {
            fault::step("doze-3");
            self.parker.park();
        }
        // Awake; a nudge from here on need not wake anybody.
        self.asleep.swap(false, Ordering::Relaxed);
    }
}
