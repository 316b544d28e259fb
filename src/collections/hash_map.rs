use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasher, Hash};
use std::pin::Pin;

use crate::stream::{Extend, FromStream, IntoStream, Stream, StreamExt, collected};

impl<K, V, H> Extend<(K, V)> for HashMap<K, V, H>
where
    K: Eq + Hash + Send,
    V: Send,
    H: BuildHasher + Default + Send,
{
    fn extend<'a, S: IntoStream<Item = (K, V)> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        let stream = stream.into_stream();
        self.reserve(stream.size_hint().0);
        Box::pin(stream.for_each(move |(key, value)| {
            self.insert(key, value);
        }))
    }
}

impl<K, V, H> FromStream<(K, V)> for HashMap<K, V, H>
where
    K: Eq + Hash + Send,
    V: Send,
    H: BuildHasher + Default + Send,
{
    fn from_stream<'a, S: IntoStream<Item = (K, V)> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
