//! A ledger of things that must be dropped, each of them once.

use std::sync::{Arc, Mutex};

/// How often each thing that was entered was dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<usize>>>);

impl Ledger {
    pub(crate) fn enter(&self) -> Mark {
        let mut drops = self.0.lock().unwrap();
        drops.push(0);
        Mark(self.clone(), drops.len() - 1)
    }

    #[track_caller]
    pub(crate) fn everything_is_dropped_once(&self, of: &str) {
        let drops = self.0.lock().unwrap();
        assert!(
            drops.iter().all(|count| *count == 1),
            "{of}: dropped so often: {drops:?}"
        );
    }
}

/// An entry, for each clone of it and whatever it is in.
#[derive(Debug)]
pub(crate) struct Mark(Ledger, usize);

impl Clone for Mark {
    fn clone(&self) -> Mark {
        self.0.enter()
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.0.lock().unwrap()[self.1] += 1;
    }
}
