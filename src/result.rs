//! A `Result` of a collection, a sum or a product: an `Err` as soon as the stream has one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::stream::{FromStream, IntoStream, Product, Stream, Sum};

impl<T: Send, E: Send, V: FromStream<T>> FromStream<Result<T, E>> for Result<V, E> {
    fn from_stream<'a, S: IntoStream<Item = Result<T, E>> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        Box::pin(async move {
            let mut found = None;
            let items = UntilErr {
                stream,
                found: &mut found,
            };
            let collection = V::from_stream(items).await;
            found.map_or(Ok(collection), Err)
        })
    }
}

impl<T: Sum<U>, U, E> Sum<Result<U, E>> for Result<T, E> {
    fn sum<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Result<T, E>> + 'a>>
    where
        S: Stream<Item = Result<U, E>> + 'a,
    {
        Box::pin(async move {
            let mut found = None;
            let items = UntilErr {
                stream,
                found: &mut found,
            };
            let sum = T::sum(items).await;
            found.map_or(Ok(sum), Err)
        })
    }
}

impl<T: Product<U>, U, E> Product<Result<U, E>> for Result<T, E> {
    fn product<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Result<T, E>> + 'a>>
    where
        S: Stream<Item = Result<U, E>> + 'a,
    {
        Box::pin(async move {
            let mut found = None;
            let items = UntilErr {
                stream,
                found: &mut found,
            };
            let product = T::product(items).await;
            found.map_or(Ok(product), Err)
        })
    }
}

pin_project! {
    // Ends at the first `Err` and keeps it.
    struct UntilErr<'f, S, E> {
        #[pin]
        stream: S,
        found: &'f mut Option<E>,
    }
}

impl<S: Stream<Item = Result<T, E>>, T, E> Stream for UntilErr<'_, S, E> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.project();
        if this.found.is_some() {
            return Poll::Ready(None);
        }
        match ready!(this.stream.poll_next(cx)) {
            Some(Err(error)) => {
                **this.found = Some(error);
                Poll::Ready(None)
            }
            item => Poll::Ready(item.and_then(Result::ok)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.stream.size_hint().1)
    }
}
