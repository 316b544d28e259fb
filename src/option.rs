//! An `Option` of a collection, a sum or a product: `None` as soon as the stream has a `None`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::stream::{FromStream, IntoStream, Product, Stream, Sum};

impl<T: Send, V: FromStream<T>> FromStream<Option<T>> for Option<V> {
    fn from_stream<'a, S: IntoStream<Item = Option<T>> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        Box::pin(async move {
            let mut found_none = false;
            let items = UntilNone {
                stream,
                found_none: &mut found_none,
            };
            let collection = V::from_stream(items).await;
            (!found_none).then_some(collection)
        })
    }
}

impl<T: Sum<U>, U> Sum<Option<U>> for Option<T> {
    fn sum<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Option<T>> + 'a>>
    where
        S: Stream<Item = Option<U>> + 'a,
    {
        Box::pin(async move {
            let mut found_none = false;
            let items = UntilNone {
                stream,
                found_none: &mut found_none,
            };
            let sum = T::sum(items).await;
            (!found_none).then_some(sum)
        })
    }
}

impl<T: Product<U>, U> Product<Option<U>> for Option<T> {
    fn product<'a, S>(stream: S) -> Pin<Box<dyn Future<Output = Option<T>> + 'a>>
    where
        S: Stream<Item = Option<U>> + 'a,
    {
        Box::pin(async move {
            let mut found_none = false;
            let items = UntilNone {
                stream,
                found_none: &mut found_none,
            };
            let product = T::product(items).await;
            (!found_none).then_some(product)
        })
    }
}

pin_project! {
    // Ends at the first `None` and tells of it.
    struct UntilNone<'f, S> {
        #[pin]
        stream: S,
        found_none: &'f mut bool,
    }
}

impl<S: Stream<Item = Option<T>>, T> Stream for UntilNone<'_, S> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.project();
        if **this.found_none {
            return Poll::Ready(None);
        }
        match ready!(this.stream.poll_next(cx)) {
            Some(None) => {
                **this.found_none = true;
                Poll::Ready(None)
            }
            item => Poll::Ready(item.flatten()),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.stream.size_hint().1)
    }
}
