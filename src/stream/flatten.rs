use std::fmt;
use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::turns::in_turns;
use super::{IntoStream, Stream};

pin_project! {
    /// The stream made by [`StreamExt::flatten`](super::StreamExt::flatten).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let parts = [stream::from_iter([1, 2]), stream::from_iter([3, 4])];
    /// let s: stream::Flatten<_> = stream::from_iter(parts).flatten();
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 2, 3, 4]);
    /// # });
    /// ```
    pub struct Flatten<S>
    where
        S: Stream,
        S::Item: IntoStream,
    {
        #[pin]
        stream: S,
        #[pin]
        inner: Option<<S::Item as IntoStream>::IntoStream>,
    }
}

impl<S: Stream<Item: IntoStream>> Flatten<S> {
    pub(super) fn new(stream: S) -> Flatten<S> {
        Flatten {
            stream,
            inner: None,
        }
    }
}

impl<S, U> Stream for Flatten<S>
where
    S: Stream,
    S::Item: IntoStream<IntoStream = U, Item = U::Item>,
    U: Stream,
{
    type Item = U::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<U::Item>> {
        let this = self.project();
        poll_flat(this.stream, this.inner, IntoStream::into_stream, cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        flat_size(&self.stream, self.inner.as_ref())
    }
}

impl<S: Stream<Item: IntoStream> + fmt::Debug> fmt::Debug for Flatten<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flatten")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The stream made by [`StreamExt::flat_map`](super::StreamExt::flat_map).
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let s: stream::FlatMap<_, _, _> =
    ///     stream::from_iter([1, 2]).flat_map(|n| stream::from_iter([n, 10 * n]));
    /// assert_eq!(s.collect::<Vec<_>>().await, [1, 10, 2, 20]);
    /// # });
    /// ```
    #[derive(Clone, Debug)]
    pub struct FlatMap<S, U, F> {
        #[pin]
        stream: S,
        f: F,
        #[pin]
        inner: Option<U>,
    }
}

impl<S, U, F> FlatMap<S, U, F> {
    pub(super) fn new(stream: S, f: F) -> FlatMap<S, U, F> {
        FlatMap {
            stream,
            f,
            inner: None,
        }
    }
}

impl<S: Stream, U: Stream, F: FnMut(S::Item) -> U> Stream for FlatMap<S, U, F> {
    type Item = U::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<U::Item>> {
        let this = self.project();
        poll_flat(this.stream, this.inner, this.f, cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        flat_size(&self.stream, self.inner.as_ref())
    }
}

fn poll_flat<S: Stream, U: Stream>(
    mut stream: Pin<&mut S>,
    mut inner: Pin<&mut Option<U>>,
    mut open: impl FnMut(S::Item) -> U,
    cx: &mut Context<'_>,
) -> Poll<Option<U::Item>> {
    in_turns(cx, |cx| {
        if let Some(current) = inner.as_mut().as_pin_mut() {
            match ready!(current.poll_next(cx)) {
                None => inner.set(None),
                item => return Poll::Ready(Break(item)),
            }
        }
        let Some(next) = ready!(stream.as_mut().poll_next(cx)) else {
            return Poll::Ready(Break(None));
        };
        inner.set(Some(open(next)));
        Poll::Ready(Continue(()))
    })
}

fn flat_size(stream: &impl Stream, inner: Option<&impl Stream>) -> (usize, Option<usize>) {
    let (lower, upper) = inner.map_or((0, Some(0)), Stream::size_hint);
    match stream.size_hint() {
        (_, Some(0)) => (lower, upper),
        // How many items the streams that are to come have is not known.
        _ => (lower, None),
    }
}
