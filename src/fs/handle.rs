//! What the clones of a [`File`](super::File) share: the system's file, and what is on its way between the file and them.
//!
//! Owns: bytes that were read and that nobody has taken, bytes that were accepted and are not written. Called by: tasks, on
//! any executor, and the threads that read and write for them. One lock a file, a leaf: no wakers and no calls that wait under it.
//!
//! * **Reading** is tried in place; who reads much lets others have their turn. What would have to be waited for is read on a thread, as much as was asked for, and
//!   waits here to be taken: who gives up loses nothing, the next read gets it. What was read and not taken is unread, by moving
//!   the file's position back, before anything that depends on the position.
//! * **Writing** only puts bytes here. A thread writes them at once, and whatever has come meanwhile with them. So what is
//!   written is on its way without a flush, and the error of a write is that of the next operation. After an error all
//!   that was accepted and not written is dropped: what came after the gap would be in the wrong place.
//! * What has a position is read or written, one at a time. What has none (a terminal) may be both: who waits
//!   for input does not keep others from writing.
//! * **Dropping** the last clone sees to it that everything is written. Writing that a thread has not begun is done where the
//!   handle is dropped, since the program may be about to end; writing under way is waited for. Both are announced, so
//!   that nothing waits with it. Only what has no position is left to its thread, since who should read it may never come.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    task::{Context, Poll, Waker, ready},
};

use super::{
    kind::Kind,
    sys::{self, Now},
    thread,
    whole::MOST_IN_PLACE,
};
use crate::{fork, task};

/// As much is read or written on a thread at a time, and accepted before a write waits. More makes no disk faster.
const MOST_AT_ONCE: usize = 1 << 20;

/// So much is read in place, by one task or by several, until others on the same worker have their turn: some 100 µs. Reads of less than a
/// page count as one.
const TURN: usize = 1 << 20;
const PAGE: usize = 4096;

/// A buffer that is larger is not kept for the next write.
const MOST_KEPT: usize = 64 << 10;

/// The file, as those see it who work on it on other threads.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) file: std::fs::File,
    pub(super) kind: Kind,
    state: Mutex<State>,
    /// Writing on a thread has come to its end.
    written: Condvar,
}

#[derive(Debug)]
struct State {
    /// Whether reads are tried in place.
    in_place: bool,
    /// What was read in place since somebody last let others have their turn.
    in_turn: usize,
    /// A thread reads, or is going to.
    reading: bool,
    read: Bytes,
    /// How the last read on a thread ended, if there were no bytes: at the end of the file, or with an error.
    nothing_read: Option<io::Result<()>>,
    writing: Writing,
    /// Accepted, and not taken by a thread.
    unwritten: Vec<u8>,
    /// An empty buffer, to be used again.
    spare: Vec<u8>,
    write_error: Option<io::Error>,
    /// Of tasks that wait for any of this to change.
    wakers: Vec<Waker>,
}

/// Bytes that were read; those from `taken` on nobody has got.
#[derive(Debug, Default)]
struct Bytes {
    bytes: Vec<u8>,
    taken: usize,
}

impl Bytes {
    fn left(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    fn take(&mut self, buf: &mut [u8]) -> usize {
        let count = self.left().len().min(buf.len());
        buf[..count].copy_from_slice(&self.left()[..count]);
        self.taken += count;
        if self.left().is_empty() {
            *self = Bytes::default();
        }
        count
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// Nobody does. There may be something unwritten all the same, if the thread that was to write it never began.
    No,
    /// A thread will.
    Begins,
    /// A thread does.
    Goes,
}

impl State {
    fn wait(&mut self, cx: &Context<'_>) {
        if !self.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.wakers.push(cx.waker().clone());
        }
    }

    fn is_written(&self) -> bool {
        self.writing == Writing::No && self.unwritten.is_empty()
    }
}

fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

impl Shared {
    pub(super) fn new(file: std::fs::File, kind: Kind) -> Shared {
        Shared {
            file,
            kind,
            state: Mutex::new(State {
                in_place: kind == Kind::Regular,
                in_turn: 0,
                reading: false,
                read: Bytes::default(),
                nothing_read: None,
                writing: Writing::No,
                unwritten: Vec::new(),
                spare: Vec::new(),
                write_error: None,
                wakers: Vec::new(),
            }),
            written: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no code that could panic runs under a file's lock")
    }

    // --- reading ---

    pub(super) fn poll_read(
        self: &Arc<Self>,
        cx: &Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        fork::check()?;
        let mut state = self.lock();
        if self.kind.has_position() {
            state = ready!(self.poll_written(state, cx))?;
        }
        if state.reading {
            state.wait(cx);
            return Poll::Pending;
        }
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if !state.read.left().is_empty() {
            return Poll::Ready(Ok(state.read.take(buf)));
        }
        match state.nothing_read.take() {
            Some(Ok(())) => return Poll::Ready(Ok(0)),
            Some(Err(error)) => return Poll::Ready(Err(error)),
            None => {}
        }
        if state.in_turn >= TURN {
            state.in_turn = 0;
            drop(state);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if state.in_place {
            let most = buf.len().min(MOST_IN_PLACE);
            match sys::read(&self.file, &mut buf[..most]) {
                Now::Done(result) => {
                    state.in_turn += result.as_ref().map_or(0, |count| *count).max(PAGE);
                    return Poll::Ready(result);
                }
                Now::Later => {}
                Now::Never => state.in_place = false,
            }
        }
        state.in_turn = 0;
        state.reading = true;
        state.wait(cx);
        drop(state);
        let reader = Reader(Some(self.clone()));
        let most = buf.len().min(MOST_AT_ONCE);
        thread::start(self.kind.lane(), move || reader.read(most));
        Poll::Pending
    }

    /// What was read and not taken is read again by who comes next. Nobody reads meanwhile.
    fn unread(&self, state: &mut State) {
        let left = state.read.left().len();
        if left > 0
            && (&self.file)
                .seek(SeekFrom::Current(-(left as i64)))
                .is_err()
        {
            // A device that only looked as if it had a position: what was read is kept.
            return;
        }
        state.read = Bytes::default();
        state.nothing_read = None;
    }

    // --- writing ---

    pub(super) fn poll_write(
        self: &Arc<Self>,
        cx: &Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        fork::check()?;
        let mut state = self.lock();
        if let Some(error) = state.write_error.take() {
            return Poll::Ready(Err(error));
        }
        if self.kind.has_position() {
            if state.reading {
                state.wait(cx);
                return Poll::Pending;
            }
            self.unread(&mut state);
        }
        let room = MOST_AT_ONCE - state.unwritten.len();
        if room == 0 && !buf.is_empty() {
            state.wait(cx);
            self.start_writing(state);
            return Poll::Pending;
        }
        let count = room.min(buf.len());
        state.unwritten.extend_from_slice(&buf[..count]);
        self.start_writing(state);
        Poll::Ready(Ok(count))
    }

    /// Sees to it that what was accepted is written.
    fn start_writing(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if state.writing != Writing::No || state.unwritten.is_empty() {
            return;
        }
        state.writing = Writing::Begins;
        drop(state);
        let writer = Writer(Some(self.clone()));
        thread::start(self.kind.lane(), move || writer.write());
    }

    pub(super) fn poll_flush(self: &Arc<Self>, cx: &Context<'_>) -> Poll<io::Result<()>> {
        fork::check()?;
        self.poll_written(self.lock(), cx).map_ok(drop)
    }

    /// Goes on when everything that was accepted is written, or with the error if it could not be.
    fn poll_written<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        cx: &Context<'_>,
    ) -> Poll<io::Result<MutexGuard<'a, State>>> {
        if let Some(error) = state.write_error.take() {
            return Poll::Ready(Err(error));
        }
        if state.is_written() {
            return Poll::Ready(Ok(state));
        }
        state.wait(cx);
        self.start_writing(state);
        Poll::Pending
    }

    /// Waits until no write is under way, whatever became of it.
    pub(super) fn poll_quiet(self: &Arc<Self>, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.is_written() || state.write_error.is_some() {
            return Poll::Ready(());
        }
        state.wait(cx);
        self.start_writing(state);
        Poll::Pending
    }

    // --- the position ---

    pub(super) fn poll_seek(
        self: &Arc<Self>,
        cx: &Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        fork::check()?;
        if !self.kind.has_position() {
            // The system says why not.
            return Poll::Ready((&self.file).seek(pos));
        }
        let mut state = ready!(self.poll_still(cx))?;
        let pos = match pos {
            SeekFrom::Current(offset) => {
                let left = state.read.left().len() as i64;
                let Some(offset) = offset.checked_sub(left) else {
                    return Poll::Ready(Err(io::ErrorKind::InvalidInput.into()));
                };
                SeekFrom::Current(offset)
            }
            pos => pos,
        };
        let result = (&self.file).seek(pos);
        if result.is_ok() {
            state.read = Bytes::default();
            state.nothing_read = None;
        }
        Poll::Ready(result)
    }

    /// Goes on when nobody reads or writes, with what was read and not taken unread.
    pub(super) fn poll_unread(self: &Arc<Self>, cx: &Context<'_>) -> Poll<io::Result<()>> {
        fork::check()?;
        let mut state = ready!(self.poll_still(cx))?;
        self.unread(&mut state);
        Poll::Ready(Ok(()))
    }

    fn poll_still(self: &Arc<Self>, cx: &Context<'_>) -> Poll<io::Result<MutexGuard<'_, State>>> {
        let mut state = ready!(self.poll_written(self.lock(), cx))?;
        if state.reading {
            state.wait(cx);
            return Poll::Pending;
        }
        Poll::Ready(Ok(state))
    }

    // --- the end ---

    /// No handle is left, or its owner wants the system's file.
    pub(super) fn finish(&self) {
        if fork::is_child() {
            return; // the parent writes it
        }
        let is_written = self.lock().is_written();
        if !is_written && self.kind.has_position() {
            task::block_in_place(|| self.write_rest());
        }
    }

    fn write_rest(&self) {
        let mut state = self.lock();
        while state.writing == Writing::Goes {
            state = self.written.wait(state).expect("as in `lock`");
        }
        // A thread that was to begin finds nothing to do.
        state.writing = Writing::No;
        let bytes = std::mem::take(&mut state.unwritten);
        drop(state);
        // Whoever wants to know of an error flushes before.
        let _nobody_asks = write_all(&self.file, &bytes);
    }

    /// The position is where the program believes it to be, if nobody reads just now.
    pub(super) fn settle(&self) {
        if fork::is_child() || !self.kind.has_position() {
            return;
        }
        let mut state = self.lock();
        if !state.reading {
            self.unread(&mut state);
        }
    }
}

/// Reads for somebody, on a thread; or tells that it could not.
struct Reader(Option<Arc<Shared>>);

impl Reader {
    fn read(mut self, most: usize) {
        let Some(shared) = self.0.take() else { return };
        let mut bytes = vec![0; most];
        let result = loop {
            match (&shared.file).read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        Reader::end(
            &shared,
            result.map(|count| {
                bytes.truncate(count);
                bytes
            }),
        );
    }

    fn end(shared: &Shared, result: io::Result<Vec<u8>>) {
        let mut state = shared.lock();
        state.reading = false;
        match result {
            Ok(bytes) if bytes.is_empty() => state.nothing_read = Some(Ok(())),
            Ok(bytes) => state.read = Bytes { bytes, taken: 0 },
            Err(error) => state.nothing_read = Some(Err(error)),
        }
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wake(wakers);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            Reader::end(&shared, Err(thread::ended()));
        }
    }
}

/// Writes what was accepted, on a thread; or tells that it could not.
struct Writer(Option<Arc<Shared>>);

impl Writer {
    fn write(mut self) {
        let Some(shared) = self.0.take() else { return };
        let mut state = shared.lock();
        if state.writing != Writing::Begins {
            return; // somebody was quicker, and has written it
        }
        state.writing = Writing::Goes;
        while !state.unwritten.is_empty() {
            let spare = std::mem::take(&mut state.spare);
            let mut bytes = std::mem::replace(&mut state.unwritten, spare);
            let wakers = std::mem::take(&mut state.wakers); // there is room again
            drop(state);
            wake(wakers);
            let result = write_all(&shared.file, &bytes);
            bytes.clear();
            state = shared.lock();
            if bytes.capacity() <= MOST_KEPT {
                state.spare = bytes;
            }
            if let Err(error) = result {
                state.unwritten.clear();
                state.write_error = Some(error);
            }
        }
        Writer::end(&shared, state);
    }

    fn end(shared: &Shared, mut state: MutexGuard<'_, State>) {
        state.writing = Writing::No;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        shared.written.notify_all();
        wake(wakers);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            let mut state = shared.lock();
            if state.writing == Writing::Begins {
                // What was accepted stays; who drops the last handle writes it.
                state.write_error = Some(thread::ended());
                Writer::end(&shared, state);
            }
        }
    }
}

fn write_all(mut file: &std::fs::File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)
}
