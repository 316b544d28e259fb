use std::collections::LinkedList;
use std::future::Future;
use std::pin::Pin;

use crate::stream::{Extend, FromStream, IntoStream, StreamExt, collected};

impl<T: Send> Extend<T> for LinkedList<T> {
    fn extend<'a, S: IntoStream<Item = T> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(
            stream
                .into_stream()
                .for_each(move |item| self.push_back(item)),
        )
    }
}

impl<T: Send> FromStream<T> for LinkedList<T> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
