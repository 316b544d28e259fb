//! Whole streams made into one value.

use std::future::Future;
use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Stream;
use super::turns::each;

pin_project! {
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct FoldFuture<S, F, B> {
        #[pin]
        stream: S,
        f: F,
        // None after the end.
        acc: Option<B>,
    }
}

impl<S, F, B> FoldFuture<S, F, B> {
    pub(super) fn new(stream: S, f: F, init: B) -> Self {
        FoldFuture {
            stream,
            f,
            acc: Some(init),
        }
    }
}

impl<S: Stream, F: FnMut(B, S::Item) -> B, B> Future for FoldFuture<S, F, B> {
    type Output = B;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<B> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| {
                let acc = this.acc.take().expect("polled after it was ready");
                match item {
                    Some(item) => {
                        *this.acc = Some((this.f)(acc, item));
                        Continue(())
                    }
                    None => Break(acc),
                }
            },
        )
    }
}

pin_project! {
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct ForEachFuture<S, F> {
        #[pin]
        pub(super) stream: S,
        pub(super) f: F,
    }
}

impl<S: Stream, F: FnMut(S::Item)> Future for ForEachFuture<S, F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| match item {
                Some(item) => {
                    (this.f)(item);
                    Continue(())
                }
                None => Break(()),
            },
        )
    }
}

pin_project! {
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct CountFuture<S> {
        #[pin]
        pub(super) stream: S,
        pub(super) count: usize,
    }
}

impl<S: Stream> Future for CountFuture<S> {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| match item {
                Some(_) => {
                    *this.count += 1;
                    Continue(())
                }
                None => Break(*this.count),
            },
        )
    }
}

pin_project! {
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct LastFuture<S, T> {
        #[pin]
        pub(super) stream: S,
        pub(super) last: Option<T>,
    }
}

impl<S: Stream> Future for LastFuture<S, S::Item> {
    type Output = Option<S::Item>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| match item {
                Some(_) => {
                    *this.last = item;
                    Continue(())
                }
                None => Break(this.last.take()),
            },
        )
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct TryFoldFuture<'a, S, F, T> {
    stream: &'a mut S,
    f: F,
    // None after the end.
    acc: Option<T>,
}

impl<'a, S, F, T> TryFoldFuture<'a, S, F, T> {
    pub(super) fn new(stream: &'a mut S, f: F, init: T) -> Self {
        TryFoldFuture {
            stream,
            f,
            acc: Some(init),
        }
    }
}

impl<S, F, T> Unpin for TryFoldFuture<'_, S, F, T> {}

impl<S, F, T, E> Future for TryFoldFuture<'_, S, F, T>
where
    S: Stream + Unpin,
    F: FnMut(T, S::Item) -> Result<T, E>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next(cx),
            |item| {
                let acc = this.acc.take().expect("polled after it was ready");
                let Some(item) = item else {
                    return Break(Ok(acc));
                };
                match (this.f)(acc, item) {
                    Ok(acc) => {
                        this.acc = Some(acc);
                        Continue(())
                    }
                    Err(error) => Break(Err(error)),
                }
            },
        )
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct TryForEachFuture<'a, S, F> {
    pub(super) stream: &'a mut S,
    pub(super) f: F,
}

impl<S, F> Unpin for TryForEachFuture<'_, S, F> {}

impl<S, F, E> Future for TryForEachFuture<'_, S, F>
where
    S: Stream + Unpin,
    F: FnMut(S::Item) -> Result<(), E>,
{
    type Output = Result<(), E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next(cx),
            |item| match item.map(&mut this.f) {
                Some(Ok(())) => Continue(()),
                Some(Err(error)) => Break(Err(error)),
                None => Break(Ok(())),
            },
        )
    }
}

pin_project! {
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct PartitionFuture<S, F, B> {
        #[pin]
        stream: S,
        f: F,
        parts: (B, B),
    }
}

impl<S, F, B: Default> PartitionFuture<S, F, B> {
    pub(super) fn new(stream: S, f: F) -> Self {
        PartitionFuture {
            stream,
            f,
            parts: Default::default(),
        }
    }
}

impl<S, F, B> Future for PartitionFuture<S, F, B>
where
    S: Stream,
    F: FnMut(&S::Item) -> bool,
    B: Default + Extend<S::Item>,
{
    type Output = (B, B);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| {
                let Some(item) = item else {
                    return Break(std::mem::take(this.parts));
                };
                if (this.f)(&item) {
                    this.parts.0.extend(Some(item));
                } else {
                    this.parts.1.extend(Some(item));
                }
                Continue(())
            },
        )
    }
}

pin_project! {
    #[doc(hidden)]
    #[derive(Clone, Debug)]
    pub struct UnzipFuture<S, FromA, FromB> {
        #[pin]
        stream: S,
        parts: (FromA, FromB),
    }
}

impl<S, FromA: Default, FromB: Default> UnzipFuture<S, FromA, FromB> {
    pub(super) fn new(stream: S) -> Self {
        UnzipFuture {
            stream,
            parts: Default::default(),
        }
    }
}

impl<S, A, B, FromA, FromB> Future for UnzipFuture<S, FromA, FromB>
where
    S: Stream<Item = (A, B)>,
    FromA: Default + Extend<A>,
    FromB: Default + Extend<B>,
{
    type Output = (FromA, FromB);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next(cx),
            |item| {
                let Some((a, b)) = item else {
                    return Break(std::mem::take(this.parts));
                };
                this.parts.0.extend(Some(a));
                this.parts.1.extend(Some(b));
                Continue(())
            },
        )
    }
}
