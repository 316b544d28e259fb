//! Vectors, and what a vector becomes, collected from streams.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use crate::stream::{Extend, FromStream, IntoStream, Stream, StreamExt, collected};

impl<T: Send> Extend<T> for Vec<T> {
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

impl<T: Send> FromStream<T> for Vec<T> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}

impl<T: Clone + Send> FromStream<T> for Cow<'_, [T]> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        Box::pin(async move {
            let vec = Vec::from_stream(stream).await;
            Cow::Owned(vec)
        })
    }
}

impl<T: Send> FromStream<T> for Box<[T]> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        Box::pin(async move {
            let vec = Vec::from_stream(stream).await;
            vec.into()
        })
    }
}

impl<T: Send> FromStream<T> for Rc<[T]> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        Box::pin(async move {
            let vec = Vec::from_stream(stream).await;
            vec.into()
        })
    }
}

impl<T: Send> FromStream<T> for Arc<[T]> {
    fn from_stream<'a, S: IntoStream<Item = T> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        Box::pin(async move {
            let vec = Vec::from_stream(stream).await;
            vec.into()
        })
    }
}
