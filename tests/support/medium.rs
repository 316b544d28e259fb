//! A medium for tests of readers and writers, ours and the standard library's: it makes short reads and writes, is interrupted, fails,
//! comes to early ends, and lets ours wait.

#![allow(
    dead_code,
    reason = "every test file compiles this module for itself and uses a part of it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use unstall::io as ours;

use crate::random::Random;

/// What happens once to who reads or writes at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Interrupted,
    Fails,
    /// As at the end, or as where there is no room.
    Nothing,
}

/// When those who are polled let wait.
#[derive(Clone, Debug)]
pub(crate) enum Waits {
    Never,
    /// Before each call, once.
    OnceEach(bool),
    Sometimes(Random),
}

impl Fault {
    pub(crate) const ALL: [Fault; 3] = [Fault::Interrupted, Fault::Fails, Fault::Nothing];
}

/// Bytes with a position, as a file. It is the place and not the call that decides what goes wrong, so that who asks
/// for more at a time meets the same.
#[derive(Clone, Debug)]
pub(crate) struct Medium {
    pub(crate) bytes: Vec<u8>,
    pub(crate) position: usize,
    faults: BTreeMap<usize, Fault>,
    /// Nobody reads or writes past one of these at once.
    pub(crate) bounds: BTreeSet<usize>,
    pub(crate) flushes: usize,
    pub(crate) closed: bool,
    waits: Waits,
    /// How many of it and its clones there are.
    pub(crate) alive: Arc<()>,
}

impl Medium {
    /// Without faults.
    pub(crate) fn new(bytes: &[u8]) -> Medium {
        Medium {
            bytes: bytes.to_vec(),
            position: 0,
            faults: BTreeMap::new(),
            bounds: BTreeSet::new(),
            flushes: 0,
            closed: false,
            waits: Waits::Never,
            alive: Arc::default(),
        }
    }

    /// The same one, whose readers and writers wait so.
    pub(crate) fn with(&self, waits: Waits) -> Medium {
        Medium {
            waits,
            ..self.clone()
        }
    }

    /// The fault happens at the place, which nobody reads or writes past at once.
    pub(crate) fn fault(&mut self, place: usize, fault: Fault) {
        self.bounds.insert(place);
        self.faults.insert(place, fault);
    }

    /// How much of `wanted` bytes is read or written from here.
    fn room(&mut self, wanted: usize) -> io::Result<usize> {
        let here = self.position;
        match self.faults.remove(&here) {
            Some(Fault::Interrupted) => return Err(ErrorKind::Interrupted.into()),
            Some(Fault::Fails) => return Err(ErrorKind::BrokenPipe.into()),
            Some(Fault::Nothing) => return Ok(0),
            None => {}
        }
        let bound = self.bounds.range(here + 1..).next();
        Ok(bound.map_or(wanted, |bound| wanted.min(bound - here)))
    }

    fn poll<T>(
        mut self: Pin<&mut Self>,
        cx: &Context<'_>,
        call: impl FnOnce(&mut Medium) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let waits = match &mut self.waits {
            Waits::Never => false,
            Waits::OnceEach(waited) => {
                *waited = !*waited;
                *waited
            }
            Waits::Sometimes(random) => random.one_in(3),
        };
        if waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(call(&mut self))
    }
}

impl io::Read for Medium {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let room = self.room(buf.len())?;
        // It may stand behind the end.
        let left = self.bytes.get(self.position..).unwrap_or_default();
        let count = room.min(left.len());
        buf[..count].copy_from_slice(&left[..count]);
        self.position += count;
        Ok(count)
    }
}

impl io::Write for Medium {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let count = self.room(buf.len())?;
        let end = self.position + count;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[self.position..end].copy_from_slice(&buf[..count]);
        self.position = end;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushes += 1;
        Ok(())
    }
}

impl io::Seek for Medium {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        let (from, offset) = match pos {
            SeekFrom::Start(offset) => (offset as usize, 0),
            SeekFrom::Current(offset) => (self.position, offset),
            SeekFrom::End(offset) => (self.bytes.len(), offset),
        };
        let position = from as i64 as i128 + i128::from(offset);
        self.position = usize::try_from(position).map_err(|_| ErrorKind::InvalidInput)?;
        Ok(self.position as u64)
    }
}

impl ours::Read for Medium {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |medium| io::Read::read(medium, buf))
    }
}

impl ours::Write for Medium {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |medium| io::Write::write(medium, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, io::Write::flush)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, |medium| {
            medium.closed = true;
            Ok(())
        })
    }
}

impl ours::Seek for Medium {
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        self.poll(cx, |medium| io::Seek::seek(medium, pos))
    }
}
