use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use crate::stream::{Extend, FromStream, IntoStream, StreamExt, collected};

impl<K: Ord + Send, V: Send> Extend<(K, V)> for BTreeMap<K, V> {
    fn extend<'a, S: IntoStream<Item = (K, V)> + 'a>(
        &'a mut self,
        stream: S,
    ) -> Pin<Box<dyn Future<Output = ()> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        Box::pin(stream.into_stream().for_each(move |(key, value)| {
            self.insert(key, value);
        }))
    }
}

impl<K: Ord + Send, V: Send> FromStream<(K, V)> for BTreeMap<K, V> {
    fn from_stream<'a, S: IntoStream<Item = (K, V)> + 'a>(
        stream: S,
    ) -> Pin<Box<dyn Future<Output = Self> + 'a + Send>>
    where
        <S as IntoStream>::IntoStream: Send,
    {
        collected(stream.into_stream())
    }
}
