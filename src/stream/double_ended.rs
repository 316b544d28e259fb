use std::fmt;
use std::future::Future;
use std::ops::ControlFlow::{Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::turns::each;
use super::{Empty, Pending, Stream};

/// A stream that yields items from its back too.
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream};
///
/// # unstall::task::block_on(async {
/// let mut s = stream::from_iter([1, 2, 3]);
/// assert_eq!(s.next_back().await, Some(3));
/// assert_eq!(s.next().await, Some(1));
/// assert_eq!(s.next_back().await, Some(2));
/// assert_eq!(s.next_back().await, None);
/// # });
/// ```
pub trait DoubleEndedStream: Stream {
    /// Polls for the item at the back, as [`Stream::poll_next`] does for the one at the front.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{future::poll_fn, pin::Pin};
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 2]);
    /// assert_eq!(poll_fn(|cx| Pin::new(&mut s).poll_next_back(cx)).await, Some(2));
    /// # });
    /// ```
    fn poll_next_back(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>>;

    /// Waits for the item at the back; `None` at the end of the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use unstall::{prelude::*, stream};
    ///
    /// # unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 2]);
    /// assert_eq!(s.next_back().await, Some(2));
    /// # });
    /// ```
    fn next_back(&mut self) -> NextBackFuture<'_, Self>
    where
        Self: Unpin,
    {
        NextBackFuture { stream: self }
    }

    /// Waits for the item that has `n` items behind it; `None` if there are not that many.
    ///
    /// ```
    /// # use unstall::{prelude::*, stream};
    /// # unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 2, 3]);
    /// assert_eq!(s.nth_back(1).await, Some(2));
    /// # });
    /// ```
    fn nth_back(&mut self, n: usize) -> NthBackFuture<'_, Self>
    where
        Self: Unpin + Sized,
    {
        NthBackFuture { stream: self, n }
    }

    /// Searches from the back for an item that `p` is true of.
    ///
    /// ```
    /// # use unstall::{prelude::*, stream};
    /// # unstall::task::block_on(async {
    /// let mut s = stream::from_iter([1, 2, 3, 4, 5]);
    /// assert_eq!(s.rfind(|n| n % 2 == 0).await, Some(4));
    /// # });
    /// ```
    fn rfind<P>(&mut self, p: P) -> RFindFuture<'_, Self, P>
    where
        Self: Unpin + Sized,
        P: FnMut(&Self::Item) -> bool,
    {
        RFindFuture { stream: self, p }
    }

    /// Folds the items into one value, from the back; as [`StreamExt::fold`](super::StreamExt::fold) from the front.
    ///
    /// ```
    /// # use unstall::{prelude::*, stream};
    /// # unstall::task::block_on(async {
    /// let s = stream::from_iter(["a", "b", "c"]);
    /// assert_eq!(s.rfold(String::new(), |text, item| text + item).await, "cba");
    /// # });
    /// ```
    fn rfold<B, F>(self, accum: B, f: F) -> RFoldFuture<Self, F, B>
    where
        Self: Sized,
        F: FnMut(B, Self::Item) -> B,
    {
        RFoldFuture {
            stream: self,
            f,
            acc: Some(accum),
        }
    }

    /// Folds the items into one value, from the back, until the first error.
    ///
    /// ```
    /// # use unstall::{prelude::*, stream};
    /// # unstall::task::block_on(async {
    /// let s = stream::from_iter([1_u8, 2, 255]);
    /// let sum = s.try_rfold(0, |sum: u8, n| sum.checked_add(n).ok_or("too large"));
    /// assert_eq!(sum.await, Err("too large"));
    /// # });
    /// ```
    fn try_rfold<B, F, E>(self, accum: B, f: F) -> TryRFoldFuture<Self, F, B>
    where
        Self: Sized,
        F: FnMut(B, Self::Item) -> Result<B, E>,
    {
        TryRFoldFuture {
            stream: self,
            f,
            acc: Some(accum),
        }
    }
}

impl<T> DoubleEndedStream for Empty<T> {
    fn poll_next_back(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(None)
    }
}

impl<T> DoubleEndedStream for Pending<T> {
    fn poll_next_back(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Pending
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct NextBackFuture<'a, S: ?Sized> {
    stream: &'a mut S,
}

impl<S: DoubleEndedStream + Unpin + ?Sized> Future for NextBackFuture<'_, S> {
    type Output = Option<S::Item>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut *self.stream).poll_next_back(cx)
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct NthBackFuture<'a, S> {
    stream: &'a mut S,
    n: usize,
}

impl<S: DoubleEndedStream + Unpin> Future for NthBackFuture<'_, S> {
    type Output = Option<S::Item>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next_back(cx),
            |item| match item {
                Some(_) if this.n > 0 => {
                    this.n -= 1;
                    Continue(())
                }
                item => Break(item),
            },
        )
    }
}

#[doc(hidden)]
pub struct RFindFuture<'a, S, P> {
    stream: &'a mut S,
    p: P,
}

impl<S, P> fmt::Debug for RFindFuture<'_, S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RFindFuture").finish_non_exhaustive()
    }
}

impl<S, P> Unpin for RFindFuture<'_, S, P> {}

impl<S: DoubleEndedStream + Unpin, P: FnMut(&S::Item) -> bool> Future for RFindFuture<'_, S, P> {
    type Output = Option<S::Item>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        each(
            cx,
            |cx| Pin::new(&mut *this.stream).poll_next_back(cx),
            |item| match item {
                Some(item) if !(this.p)(&item) => Continue(()),
                item => Break(item),
            },
        )
    }
}

pin_project! {
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct RFoldFuture<S, F, B> {
        #[pin]
        stream: S,
        f: F,
        // None after the end.
        acc: Option<B>,
    }
}

impl<S: DoubleEndedStream, F: FnMut(B, S::Item) -> B, B> Future for RFoldFuture<S, F, B> {
    type Output = B;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<B> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next_back(cx),
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
    pub struct TryRFoldFuture<S, F, B> {
        #[pin]
        stream: S,
        f: F,
        // None after the end.
        acc: Option<B>,
    }
}

impl<S, F, B, E> Future for TryRFoldFuture<S, F, B>
where
    S: DoubleEndedStream,
    F: FnMut(B, S::Item) -> Result<B, E>,
{
    type Output = Result<B, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        each(
            cx,
            |cx| this.stream.as_mut().poll_next_back(cx),
            |item| {
                let acc = this.acc.take().expect("polled after it was ready");
                let Some(item) = item else {
                    return Break(Ok(acc));
                };
                match (this.f)(acc, item) {
                    Ok(acc) => {
                        *this.acc = Some(acc);
                        Continue(())
                    }
                    Err(error) => Break(Err(error)),
                }
            },
        )
    }
}
