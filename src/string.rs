//! Strings, collected from characters and from pieces.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use crate::stream::{Extend, FromStream, IntoStream, StreamExt, collected};

impl Extend<char> for String {
    fn extend<'a, S: IntoStream<Item = char> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |c| self.push(c)))
    }
}

impl FromStream<char> for String {
    fn from_stream<'a, S: IntoStream<Item = char> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}

impl<'b> Extend<&'b char> for String {
    fn extend<'a, S: IntoStream<Item = &'b char> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |c| self.push(*c)))
    }
}

impl<'b> FromStream<&'b char> for String {
    fn from_stream<'a, S: IntoStream<Item = &'b char> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}

impl<'b> Extend<&'b str> for String {
    fn extend<'a, S: IntoStream<Item = &'b str> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |s| self.push_str(s)))
    }
}

impl<'b> FromStream<&'b str> for String {
    fn from_stream<'a, S: IntoStream<Item = &'b str> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}

impl Extend<String> for String {
    fn extend<'a, S: IntoStream<Item = String> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |s| self.push_str(&s)))
    }
}

impl FromStream<String> for String {
    fn from_stream<'a, S: IntoStream<Item = String> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}

impl<'b> Extend<Cow<'b, str>> for String {
    fn extend<'a, S: IntoStream<Item = Cow<'b, str>> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |s| self.push_str(&s)))
    }
}

impl<'b> FromStream<Cow<'b, str>> for String {
    fn from_stream<'a, S: IntoStream<Item = Cow<'b, str>> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
