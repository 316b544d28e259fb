//! Names that led to a regular file or a directory of a local file system when they were last opened.
//!
//! Owns: a table of as many names as a program opens again and again. Called by: any thread. No locks. Deliberately does not know: what
//! is at a name now.
//!
//! A name is not kept, but a hash of it, in the place that the hash gives; another name with the same place takes it. The hash has a key
//! that is drawn once a process, so that nobody can choose names that share one. A name that has come to mean something else is
//! what a known name is not asked about: who opens it looks at what was opened, and forgets it.

use std::{
    hash::{BuildHasher, RandomState},
    os::unix::ffi::OsStrExt,
    path::Path,
    sync::LazyLock,
};

use crate::loom::sync::{AtomicU64, Ordering};

/// 16 KiB of hashes.
const PLACES: usize = 2048;

static KNOWN: [AtomicU64; PLACES] = [const { AtomicU64::new(0) }; PLACES];
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// One name. 0 says that a place is empty, so no name has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name(u64);

impl Name {
    pub(super) fn of(path: &Path) -> Name {
        Name(KEY.hash_one(path.as_os_str().as_bytes()).max(1))
    }

    pub(super) fn is_known(self) -> bool {
        self.place().load(Ordering::Relaxed) == self.0
    }

    pub(super) fn learn(self) {
        self.place().store(self.0, Ordering::Relaxed);
    }

    pub(super) fn forget(self) {
        let _another_has_the_place =
            self.place()
                .compare_exchange(self.0, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn place(self) -> &'static AtomicU64 {
        &KNOWN[self.0 as usize % PLACES]
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, PLACES};

    #[test]
    fn a_name_is_known_until_it_is_forgotten_or_another_takes_its_place() {
        let (name, other, elsewhere) = (Name(5), Name(5 + PLACES as u64), Name(6));
        assert!(!name.is_known());
        name.learn();
        elsewhere.learn();
        assert!(name.is_known() && !other.is_known());
        other.forget();
        assert!(name.is_known());
        other.learn();
        assert!(!name.is_known() && other.is_known());
        other.forget();
        assert!(!other.is_known() && elsewhere.is_known());
    }
}
