//! Paths, collected from a stream of their parts.

use std::{future::Future, pin::Pin};

use super::{Path, PathBuf};
use crate::stream::{Extend, FromStream, IntoStream, StreamExt, collected};

/// Each part is pushed, as [`PathBuf::push`] does.
impl<P: AsRef<Path>> Extend<P> for PathBuf {
    fn extend<'a, S: IntoStream<Item = P> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |part| self.push(part)))
    }
}

impl<P: AsRef<Path> + Send> FromStream<P> for PathBuf {
    fn from_stream<'a, S: IntoStream<Item = P> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
