//! A stream of `()`, awaited to its end.

use std::future::Future;
use std::pin::Pin;

use crate::stream::{Extend, FromStream, IntoStream, StreamExt, collected};

impl Extend<()> for () {
    fn extend<'a, S: IntoStream<Item = ()> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |()| {}))
    }
}

impl FromStream<()> for () {
    fn from_stream<'a, S: IntoStream<Item = ()> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
