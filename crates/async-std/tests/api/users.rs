//! async-std's traits, implemented by somebody else: with the items that they ask for there, and no others.

use async_std::{
    future,
    prelude::*,
    stream::{self, IntoStream as _},
    task,
};

use crate::names_of_std::{Context, Pin, Poll};

struct Nothing;

impl stream::Stream for Nothing {
    type Item = ();

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<()>> {
        Poll::Ready(None)
    }
}

impl stream::DoubleEndedStream for Nothing {
    fn poll_next_back(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<()>> {
        Poll::Ready(None)
    }
}

impl stream::FusedStream for Nothing {}

impl stream::ExactSizeStream for Nothing {
    fn len(&self) -> usize {
        0
    }
}

/// `len` has a default.
struct Never;

impl stream::Stream for Never {
    type Item = ();

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<()>> {
        Poll::Ready(None)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(0))
    }
}

impl stream::ExactSizeStream for Never {}

struct Total(u32);

impl stream::FromStream<u32> for Total {
    fn from_stream<'a, S: stream::IntoStream<Item = u32> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as stream::IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        Box::pin(async move {
            let mut stream = std::pin::pin!(stream);
            let mut total = 0;
            while let Some(number) = stream.next().await {
                total += number;
            }
            Total(total)
        })
    }
}

impl stream::Extend<u32> for Total {
    fn extend<'a, T: stream::IntoStream<Item = u32> + 'a>(
        &'a mut self,
        stream: T,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <T as stream::IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        Box::pin(async move {
            let mut stream = std::pin::pin!(stream);
            while let Some(number) = stream.next().await {
                self.0 += number;
            }
        })
    }
}

impl stream::Sum for Total {
    fn sum<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Total> + 'a>>
    where
        S: stream::Stream<Item = Total> + 'a,
    {
        Box::pin(stream.fold(Total(0), |sum, one| Total(sum.0 + one.0)))
    }
}

impl stream::Product for Total {
    fn product<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Total> + 'a>>
    where
        S: stream::Stream<Item = Total> + 'a,
    {
        Box::pin(stream.fold(Total(1), |product, one| Total(product.0 * one.0)))
    }
}

struct Later;

impl future::IntoFuture for Later {
    type Output = u32;
    type Future = std::future::Ready<u32>;

    fn into_future(self) -> Self::Future {
        std::future::ready(1)
    }
}

struct Many(Vec<u32>);

impl stream::IntoStream for Many {
    type Item = u32;
    type IntoStream = stream::FromIter<std::vec::IntoIter<u32>>;

    fn into_stream(self) -> Self::IntoStream {
        stream::from_iter(self.0)
    }
}

#[test]
fn they_are_of_use_where_the_traits_are_asked_for() {
    task::block_on(async {
        let total: Total = Many(vec![1, 2]).into_stream().collect().await;
        assert_eq!(total.0, 3);
        let mut total = total;
        stream::extend(&mut total, Many(vec![4])).await;
        assert_eq!(total.0, 7);
        let sum: Total = stream::from_iter([Total(1), Total(2)]).sum().await;
        assert_eq!(sum.0, 3);
        let product: Total = stream::from_iter([Total(2), Total(3)]).product().await;
        assert_eq!(product.0, 6);
        assert_eq!(async { Later }.flatten().await, 1);
        assert_eq!(stream::ExactSizeStream::len(&Never), 0);
        assert_eq!(Nothing.next_back().await, None);
    });
}
