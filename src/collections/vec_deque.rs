use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

use crate::stream::{Extend, FromStream, IntoStream, Stream, StreamExt, collected};

impl<T: Send> Extend<T> for VecDeque<T> {
    fn extend<'a, S: IntoStream<Item = T> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        self.reserve(stream.size_hint().0);
        Box::pin(stream.for_each(move |item| self.push_back(item)))
    }
}

impl<T: Send> FromStream<T> for VecDeque<T> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
