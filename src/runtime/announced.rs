//! A poll that is about to wait: it announces that, and helps where nobody else can.
//!
//! Owns: nothing. Called by: a worker, inside its own poll, by way of `block_in_place` and a nested `block_on`. Deliberately
//! does not know: what it waits for. Sections 5 and 6 of PROTOCOLS.md.

use super::{
    scheduler::Scheduler,
    slot::{Item, State},
    worker::{Ended, Host, Worker, address_here},
};
use crate::fault;

impl<T: Item, H: Host<T>> Worker<'_, T, H> {
    /// Inside a poll of this worker: it is about to block. See `handover`.
    pub(crate) fn announce(&self) -> bool {
        // In a hook between two polls. Outside of the stack, unlike at `park-3`: who sees it free finds another thread.
        if let Some(Ended::Idle { searching }) = self.held.take() {
            fault::step("hook-1");
            let _last = self.scheduler.idle.release_permit(searching);
        }
        self.scheduler.announce(self.number, self.seat())
    }

    /// Inside a poll of this worker: the monitor wants it to end.
    #[inline]
    pub(crate) fn take_cut(&self) -> bool {
        self.thread.slot.take_cut()
    }

    /// This thread is inside a poll and could not give up its permit: nobody else runs what waits.
    pub(crate) fn kept_permit(&self) -> bool {
        self.thread.slot.state() == State::Isolated
    }

    /// A nested `block_on` is about to sleep: if there is no thread for the work that waits, this one is to be
    /// woken for it.
    pub(crate) fn offer_help(&self) -> Helper<'_, T> {
        self.scheduler.pool.add_helper(self.number, &self.parker);
        Helper {
            scheduler: self.scheduler,
            number: self.number,
        }
    }

    /// Runs one queued task below the one that this thread is in. Only where nobody else can: it waits until the
    /// inner one's poll ends, and deadlocks if that waits for the outer one. False if there is nothing
    /// to do, or somebody to do it.
    ///
    /// The task runs without a permit (or with the one that could not be given up): a thread that nobody watches must not
    /// keep one.
    pub(crate) fn help(&self, offer: Helper<'_, T>) -> bool {
        // While it helps, others are to be woken.
        drop(offer);
        let scheduler = self.scheduler;
        // At the end no thread is to be had any more, and nothing is to be polled. Another one drops what is queued: the
        // task that this one is in may hold what its destructor waits for.
        if scheduler.pool.is_closing() {
            return false;
        }
        let kept_permit = self.kept_permit();
        if !kept_permit && !scheduler.pool.is_exhausted(self.number) {
            return false;
        }
        // Each task that is helped with may block and help in its turn, one above the other on the stack. Half of it
        // is left for what they do there.
        if self.stack_base.get().abs_diff(address_here()) > scheduler.pool.quotas.stack / 2 {
            return false;
        }
        let next = scheduler.global.pop();
        let Some(item) = next.or_else(|| scheduler.burners.pop()) else {
            return false;
        };
        // Again, after it was taken; as in `poll`.
        if scheduler.pool.is_closing() {
            scheduler.push_remote(item);
            return false;
        }
        // Not counted as a poll: it is inside one.
        item.run();
        true
    }
}

/// A thread that may be woken to help; see [`Worker::offer_help`].
#[must_use = "the offer ends when this is dropped"]
#[derive(Debug)]
pub(crate) struct Helper<'a, T: Item> {
    scheduler: &'a Scheduler<T>,
    number: u32,
}

impl<T: Item> Drop for Helper<'_, T> {
    fn drop(&mut self) {
        self.scheduler.pool.remove_helper(self.number);
    }
}
