//! The sources that are registered: where an event finds whom it is for.
//!
//! Owns: a record for each source, and which of them are free. Called by: any thread, to register and deregister; the
//! reactor's owner, to look one up, without a lock. Lock order: its lock is a leaf. Deliberately does not know: what a
//! source is.
//!
//! Records are never freed: an event may be under way for a source that is gone. It is recognised by its token's
//! generation, and if it is not, because its source ends this very moment, it makes somebody try an operation that would
//! block.

use std::{sync::OnceLock, task::Waker};

use super::readiness::Readiness;
use crate::loom::sync::{AtomicU32, Mutex, Ordering};

/// The first page has so many records, each further one twice as many as the one before.
const FIRST_PAGE: usize = if cfg!(loom) { 1 } else { 64 };
/// More than there can be file descriptors.
const PAGES: usize = 26;

/// What the kernel keeps for a source: which record, and the how-manieth of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(u64);

impl Token {
    pub(crate) const fn new(index: u32, generation: u32) -> Token {
        Token((generation as u64) << 32 | index as u64)
    }

    pub(crate) fn from_raw(raw: u64) -> Token {
        Token(raw)
    }

    pub(crate) fn to_raw(self) -> u64 {
        self.0
    }

    fn index(self) -> u32 {
        self.0 as u32
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// Two lines of the cache, which are fetched together, have all that most events touch.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Record {
    index: u32,
    generation: AtomicU32,
    pub(crate) read: Readiness,
    pub(crate) write: Readiness,
}

impl Record {
    fn new(index: u32) -> Record {
        Record {
            index,
            generation: AtomicU32::new(0),
            read: Readiness::new(),
            write: Readiness::new(),
        }
    }

    pub(crate) fn token(&self) -> Token {
        Token::new(self.index, self.generation.load(Ordering::Relaxed))
    }
}

#[derive(Debug)]
pub(crate) struct Table {
    pages: [OnceLock<Box<[Record]>>; PAGES],
    free: Mutex<Free>,
}

#[derive(Debug, Default)]
struct Free {
    /// Records that were used before.
    indices: Vec<u32>,
    /// The first that never was.
    next: u32,
}

impl Table {
    pub(crate) fn new() -> Table {
        Table {
            pages: [const { OnceLock::new() }; PAGES],
            free: Mutex::new(Free::default()),
        }
    }

    /// A record for a source that is about to be registered.
    pub(crate) fn take(&self) -> &Record {
        let index = {
            let mut free = self.lock();
            free.indices.pop().unwrap_or_else(|| {
                free.next += 1;
                free.next - 1
            })
        };
        let (page, place) = place(index);
        let records = self.pages[page].get_or_init(|| {
            let (size, first) = (FIRST_PAGE << page, index as usize - place);
            (first..first + size)
                .map(|index| Record::new(index as u32))
                .collect()
        });
        &records[place]
    }

    /// The source is no longer registered. Those who wait for it are added to `woken`.
    pub(crate) fn give_back(&self, record: &Record, woken: &mut Vec<Waker>) {
        record.generation.store(
            record.token().generation().wrapping_add(1),
            Ordering::Relaxed,
        );
        record.read.reset(woken);
        record.write.reset(woken);
        self.lock().indices.push(record.index);
    }

    /// The record that an event is for, unless its source is gone.
    pub(crate) fn find(&self, token: Token) -> Option<&Record> {
        let (page, place) = place(token.index());
        let record = self.pages.get(page)?.get()?.get(place)?;
        (record.token() == token).then_some(record)
    }

    /// Does anybody wait for a source?
    pub(crate) fn is_waited_for(&self) -> bool {
        self.pages
            .iter()
            .map_while(OnceLock::get)
            .flatten()
            .any(|record| record.read.is_waited_for() || record.write.is_waited_for())
    }

    fn lock(&self) -> crate::loom::sync::MutexGuard<'_, Free> {
        self.free.lock().expect("nothing panics under this lock")
    }
}

/// Page, and place on it.
fn place(index: u32) -> (usize, usize) {
    let shifted = index as usize + FIRST_PAGE;
    let page = (shifted / FIRST_PAGE).ilog2() as usize;
    (page, shifted - (FIRST_PAGE << page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_has_a_place_of_its_own() {
        let mut expected = (0, 0);
        for index in 0..10_000 {
            assert_eq!(place(index), expected, "of {index}");
            expected.1 += 1;
            if expected.1 == FIRST_PAGE << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert!(place(u32::MAX).0 <= PAGES);
    }

    #[test]
    fn a_record_that_is_used_again_has_another_token() {
        let table = Table::new();
        let records: Vec<&Record> = (0..200).map(|_| table.take()).collect();
        let tokens: Vec<Token> = records.iter().map(|record| record.token()).collect();
        for (record, token) in records.iter().zip(&tokens) {
            assert!(std::ptr::eq(table.find(*token).unwrap(), *record));
        }
        table.give_back(records[7], &mut Vec::new());
        assert!(table.find(tokens[7]).is_none());
        let again = table.take();
        assert!(std::ptr::eq(again, records[7]));
        assert_ne!(again.token(), tokens[7]);
        assert!(table.find(Token::new(1 << 30, 0)).is_none());
    }
}
