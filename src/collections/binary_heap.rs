use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;

use crate::stream::{Extend, FromStream, IntoStream, Stream, StreamExt, collected};

impl<T: Ord + Send> Extend<T> for BinaryHeap<T> {
    fn extend<'a, S: IntoStream<Item = T> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        self.reserve(stream.size_hint().0);
        Box::pin(stream.for_each(move |item| self.push(item)))
    }
}

impl<T: Ord + Send> FromStream<T> for BinaryHeap<T> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
