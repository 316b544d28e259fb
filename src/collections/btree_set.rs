use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use crate::stream::{Extend, FromStream, IntoStream, StreamExt, collected};

impl<T: Ord + Send> Extend<T> for BTreeSet<T> {
    fn extend<'a, S: IntoStream<Item = T> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |item| {
            self.insert(item);
        }))
    }
}

impl<T: Ord + Send> FromStream<T> for BTreeSet<T> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
