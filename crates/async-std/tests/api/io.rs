//! `async_std::io`.

use async_std::{io, stream};

use crate::names_of_std::{AsFd, AsRawFd, Debug, Duration, RefUnwindSafe, UnwindSafe};

fn buf_read_ext_read_until<'a, This: io::BufReadExt + ?Sized>(
    this: &'a mut This,
    byte: u8,
    buf: &'a mut Vec<u8>,
) -> impl Future<Output = Result<usize, io::Error>>
where
    This: Unpin,
{
    <This as io::BufReadExt>::read_until(this, byte, buf)
}

fn buf_read_ext_read_line<'a, This: io::BufReadExt + ?Sized>(
    this: &'a mut This,
    buf: &'a mut String,
) -> impl Future<Output = Result<usize, io::Error>>
where
    This: Unpin,
{
    <This as io::BufReadExt>::read_line(this, buf)
}

fn buf_read_ext_lines<This: io::BufReadExt + ?Sized>(this: This) -> io::Lines<This>
where
    This: Unpin + Sized,
{
    <This as io::BufReadExt>::lines(this)
}

fn buf_read_ext_split<This: io::BufReadExt + ?Sized>(this: This, byte: u8) -> io::Split<This>
where
    This: Sized,
{
    <This as io::BufReadExt>::split(this, byte)
}

fn buf_reader_new<R: io::Read>(inner: R) -> io::BufReader<R> {
    <io::BufReader<R>>::new(inner)
}

fn buf_reader_with_capacity<R: io::Read>(capacity: usize, inner: R) -> io::BufReader<R> {
    <io::BufReader<R>>::with_capacity(capacity, inner)
}

fn buf_reader_get_ref<R>(this: &io::BufReader<R>) -> &R {
    <io::BufReader<R>>::get_ref(this)
}

fn buf_reader_get_mut<R>(this: &mut io::BufReader<R>) -> &mut R {
    <io::BufReader<R>>::get_mut(this)
}

fn buf_reader_buffer<R>(this: &io::BufReader<R>) -> &[u8] {
    <io::BufReader<R>>::buffer(this)
}

fn buf_reader_into_inner<R>(this: io::BufReader<R>) -> R {
    <io::BufReader<R>>::into_inner(this)
}

fn buf_writer_new<W: io::Write>(inner: W) -> io::BufWriter<W> {
    <io::BufWriter<W>>::new(inner)
}

fn buf_writer_with_capacity<W: io::Write>(capacity: usize, inner: W) -> io::BufWriter<W> {
    <io::BufWriter<W>>::with_capacity(capacity, inner)
}

fn buf_writer_get_ref<W: io::Write>(this: &io::BufWriter<W>) -> &W {
    <io::BufWriter<W>>::get_ref(this)
}

fn buf_writer_get_mut<W: io::Write>(this: &mut io::BufWriter<W>) -> &mut W {
    <io::BufWriter<W>>::get_mut(this)
}

fn buf_writer_into_inner<W: io::Write>(
    this: io::BufWriter<W>,
) -> impl Future<Output = Result<W, io::IntoInnerError<io::BufWriter<W>>>>
where
    io::BufWriter<W>: Unpin,
{
    <io::BufWriter<W>>::into_inner(this)
}

fn buf_writer_buffer<W: io::Write>(this: &io::BufWriter<W>) -> &[u8] {
    <io::BufWriter<W>>::buffer(this)
}

fn chain_into_inner<T, U>(this: io::Chain<T, U>) -> (T, U) {
    <io::Chain<T, U>>::into_inner(this)
}

fn chain_get_ref<T, U>(this: &io::Chain<T, U>) -> (&T, &U) {
    <io::Chain<T, U>>::get_ref(this)
}

fn chain_get_mut<T, U>(this: &mut io::Chain<T, U>) -> (&mut T, &mut U) {
    <io::Chain<T, U>>::get_mut(this)
}

fn cursor_new<T>(inner: T) -> io::Cursor<T> {
    <io::Cursor<T>>::new(inner)
}

fn cursor_into_inner<T>(this: io::Cursor<T>) -> T {
    <io::Cursor<T>>::into_inner(this)
}

fn cursor_get_ref<T>(this: &io::Cursor<T>) -> &T {
    <io::Cursor<T>>::get_ref(this)
}

fn cursor_get_mut<T>(this: &mut io::Cursor<T>) -> &mut T {
    <io::Cursor<T>>::get_mut(this)
}

fn cursor_position<T>(this: &io::Cursor<T>) -> u64 {
    <io::Cursor<T>>::position(this)
}

fn cursor_set_position<T>(this: &mut io::Cursor<T>, pos: u64) {
    <io::Cursor<T>>::set_position(this, pos)
}

fn read_ext_read<'a, This: io::ReadExt + ?Sized>(
    this: &'a mut This,
    buf: &'a mut [u8],
) -> impl Future<Output = Result<usize, io::Error>>
where
    This: Unpin,
{
    <This as io::ReadExt>::read(this, buf)
}

fn read_ext_read_vectored<'a, This: io::ReadExt + ?Sized>(
    this: &'a mut This,
    bufs: &'a mut [std::io::IoSliceMut<'a>],
) -> impl Future<Output = Result<usize, io::Error>>
where
    This: Unpin,
{
    <This as io::ReadExt>::read_vectored(this, bufs)
}

fn read_ext_read_to_end<'a, This: io::ReadExt + ?Sized>(
    this: &'a mut This,
    buf: &'a mut Vec<u8>,
) -> impl Future<Output = Result<usize, io::Error>>
where
    This: Unpin,
{
    <This as io::ReadExt>::read_to_end(this, buf)
}

fn read_ext_read_to_string<'a, This: io::ReadExt + ?Sized>(
    this: &'a mut This,
    buf: &'a mut String,
) -> impl Future<Output = Result<usize, io::Error>>
where
    This: Unpin,
{
    <This as io::ReadExt>::read_to_string(this, buf)
}

fn read_ext_read_exact<'a, This: io::ReadExt + ?Sized>(
    this: &'a mut This,
    buf: &'a mut [u8],
) -> impl Future<Output = Result<(), io::Error>>
where
    This: Unpin,
{
    <This as io::ReadExt>::read_exact(this, buf)
}

fn read_ext_take<This: io::ReadExt + ?Sized>(this: This, limit: u64) -> io::Take<This>
where
    This: Sized,
{
    <This as io::ReadExt>::take(this, limit)
}

fn read_ext_by_ref<This: io::ReadExt + ?Sized>(this: &mut This) -> &mut This
where
    This: Sized,
{
    <This as io::ReadExt>::by_ref(this)
}

fn read_ext_bytes<This: io::ReadExt + ?Sized>(this: This) -> io::Bytes<This>
where
    This: Sized,
{
    <This as io::ReadExt>::bytes(this)
}

fn read_ext_chain<This: io::ReadExt + ?Sized, R: io::Read>(
    this: This,
    next: R,
) -> io::Chain<This, R>
where
    This: Sized,
{
    <This as io::ReadExt>::chain(this, next)
}

fn seek_ext_seek<This: io::SeekExt + ?Sized>(
    this: &mut This,
    pos: std::io::SeekFrom,
) -> impl Future<Output = Result<u64, io::Error>>
where
    This: Unpin,
{
    <This as io::SeekExt>::seek(this, pos)
}

fn stdin_read_line(this: &io::Stdin, buf: &mut String) -> impl Future<Output = io::Result<usize>> {
    io::Stdin::read_line(this, buf)
}

fn take_limit<T>(this: &io::Take<T>) -> u64 {
    <io::Take<T>>::limit(this)
}

fn take_set_limit<T>(this: &mut io::Take<T>, limit: u64) {
    <io::Take<T>>::set_limit(this, limit)
}

fn take_into_inner<T>(this: io::Take<T>) -> T {
    <io::Take<T>>::into_inner(this)
}

fn take_get_ref<T>(this: &io::Take<T>) -> &T {
    <io::Take<T>>::get_ref(this)
}

fn take_get_mut<T>(this: &mut io::Take<T>) -> &mut T {
    <io::Take<T>>::get_mut(this)
}

fn write_ext_write<'a, This: io::WriteExt + ?Sized>(
    this: &'a mut This,
    buf: &'a [u8],
) -> impl Future<Output = Result<usize, io::Error>>
where
    This: Unpin,
{
    <This as io::WriteExt>::write(this, buf)
}

fn write_ext_flush<This: io::WriteExt + ?Sized>(
    this: &mut This,
) -> impl Future<Output = Result<(), io::Error>>
where
    This: Unpin,
{
    <This as io::WriteExt>::flush(this)
}

fn write_ext_write_vectored<'a, This: io::WriteExt + ?Sized>(
    this: &'a mut This,
    bufs: &'a [std::io::IoSlice<'a>],
) -> impl Future<Output = Result<usize, io::Error>>
where
    This: Unpin,
{
    <This as io::WriteExt>::write_vectored(this, bufs)
}

fn write_ext_write_all<'a, This: io::WriteExt + ?Sized>(
    this: &'a mut This,
    buf: &'a [u8],
) -> impl Future<Output = Result<(), io::Error>>
where
    This: Unpin,
{
    <This as io::WriteExt>::write_all(this, buf)
}

fn write_ext_write_fmt<'a, This: io::WriteExt + ?Sized>(
    this: &'a mut This,
    fmt: std::fmt::Arguments<'_>,
) -> impl Future<Output = Result<(), io::Error>>
where
    This: Unpin,
{
    <This as io::WriteExt>::write_fmt(this, fmt)
}

#[cfg(feature = "unstable")]
fn copy<R, W>(reader: R, writer: W) -> impl Future<Output = io::Result<u64>>
where
    R: io::Read + Unpin,
    W: io::Write + Unpin,
{
    io::copy(reader, writer)
}

#[cfg(not(feature = "unstable"))]
fn copy<R, W>(reader: &mut R, writer: &mut W) -> impl Future<Output = Result<u64, std::io::Error>>
where
    R: io::Read + Unpin + ?Sized,
    W: io::Write + Unpin + ?Sized,
{
    io::copy(reader, writer)
}

fn empty() -> io::Empty {
    io::empty()
}

fn repeat(byte: u8) -> io::Repeat {
    io::repeat(byte)
}

fn sink() -> io::Sink {
    io::sink()
}

fn stderr() -> io::Stderr {
    io::stderr()
}

fn stdin() -> io::Stdin {
    io::stdin()
}

fn stdout() -> io::Stdout {
    io::stdout()
}

fn timeout<F, T>(dur: Duration, f: F) -> impl Future<Output = io::Result<T>>
where
    F: Future<Output = io::Result<T>>,
{
    io::timeout(dur, f)
}

holds!([T: io::BufRead + ?Sized] {T}: io::BufReadExt);
as_its_parts!([R] {io::BufReader<R>});
holds!([R: Unpin] {io::BufReader<R>}: Unpin);
holds!([R: io::Read] {io::BufReader<R>}: io::Read + io::BufRead);
holds!([R: io::Read + Debug] {io::BufReader<R>}: Debug);
holds!([R: io::Seek] {io::BufReader<R>}: io::Seek);
as_its_parts!([W] {io::BufWriter<W>});
holds!([W: Unpin] {io::BufWriter<W>}: Unpin);
holds!([W: io::Write] {io::BufWriter<W>}: io::Write);
holds!([W: io::Write + Debug] {io::BufWriter<W>}: Debug);
holds!([W: io::Write + io::Seek] {io::BufWriter<W>}: io::Seek);
holds!([T] where [T: Send] {io::Bytes<T>}: Send);
holds!([T] where [T: Sync] {io::Bytes<T>}: Sync);
holds!([T] where [T: Unpin] {io::Bytes<T>}: Unpin);
holds!([T] where [T: UnwindSafe] {io::Bytes<T>}: UnwindSafe);
holds!([T] where [T: RefUnwindSafe] {io::Bytes<T>}: RefUnwindSafe);
holds!([T: Debug] {io::Bytes<T>}: Debug);
holds!([T: io::Read + Unpin] {io::Bytes<T>}: stream::Stream<Item = Result<u8, io::Error>>);
as_its_parts!([T, U] {io::Chain<T, U>});
holds!([T: Unpin, U: Unpin] {io::Chain<T, U>}: Unpin);
holds!([T: Debug, U: Debug] {io::Chain<T, U>}: Debug);
holds!([T: io::Read, U: io::Read] {io::Chain<T, U>}: io::Read);
holds!([T: io::BufRead, U: io::BufRead] {io::Chain<T, U>}: io::BufRead);
holds!([T] where [T: Send] {io::Cursor<T>}: Send);
holds!([T] where [T: Sync] {io::Cursor<T>}: Sync);
holds!([T] where [T: Unpin] {io::Cursor<T>}: Unpin);
holds!([T] where [T: UnwindSafe] {io::Cursor<T>}: UnwindSafe);
holds!([T] where [T: RefUnwindSafe] {io::Cursor<T>}: RefUnwindSafe);
holds!([T: Clone] {io::Cursor<T>}: Clone);
holds!([T: Debug] {io::Cursor<T>}: Debug);
holds!([T: Default] {io::Cursor<T>}: Default);
holds!([T] where [T: AsRef<[u8]> + Unpin] {io::Cursor<T>}: io::Seek + io::Read + io::BufRead);
holds!(['a] {io::Cursor<&'a mut [u8]>}: io::Write);
holds!(['a] {io::Cursor<&'a mut Vec<u8>>}: io::Write);
holds!({io::Cursor<Vec<u8>>}: io::Write);
holds!({io::Empty}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Read + io::BufRead);
holds!([W] where [W: Send] {io::IntoInnerError<W>}: Send);
holds!([W] where [W: Sync] {io::IntoInnerError<W>}: Sync);
holds!([W] where [W: Unpin] {io::IntoInnerError<W>}: Unpin);
holds!([W: Debug] {io::IntoInnerError<W>}: Debug);
as_its_parts!([R] {io::Lines<R>});
holds!([R: Debug] {io::Lines<R>}: Debug);
holds!([R: Unpin] {io::Lines<R>}: Unpin);
holds!([R: io::BufRead] {io::Lines<R>}: stream::Stream<Item = Result<String, io::Error>>);
holds!([T: io::Read + ?Sized] {T}: io::ReadExt);
holds!({io::Repeat}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Read);
holds!([T: io::Seek + ?Sized] {T}: io::SeekExt);
holds!({io::Sink}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Write);
as_its_parts!([R] {io::Split<R>});
holds!([R: Debug] {io::Split<R>}: Debug);
holds!([R: Unpin] {io::Split<R>}: Unpin);
holds!([R: io::BufRead] {io::Split<R>}: stream::Stream<Item = Result<Vec<u8>, io::Error>>);
holds!({io::Stderr}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Write + AsRawFd + AsFd);
holds!({io::Stdin}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Read + AsRawFd + AsFd);
holds!({io::Stdout}: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + io::Write + AsRawFd + AsFd);
as_its_parts!([T] {io::Take<T>});
holds!([T: Debug] {io::Take<T>}: Debug);
holds!([T: Unpin] {io::Take<T>}: Unpin);
holds!([T: io::Read] {io::Take<T>}: io::Read);
holds!([T: io::BufRead] {io::Take<T>}: io::BufRead);
holds!([T: io::Write + ?Sized] {T}: io::WriteExt);
