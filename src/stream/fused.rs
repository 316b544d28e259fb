use super::Stream;

/// A stream that, once it has ended, says so every time it is polled.
///
/// [`StreamExt::fuse`](super::StreamExt::fuse) makes one of any stream.
///
/// # Examples
///
/// ```
/// use unstall::{prelude::*, stream::{self, FusedStream}};
///
/// async fn drain(mut s: impl FusedStream<Item = u8> + Unpin) {
///     while s.next().await.is_some() {}
///     assert_eq!(s.next().await, None);
/// }
///
/// # unstall::task::block_on(async {
/// drain(stream::from_fn(|| None).fuse()).await;
/// # });
/// ```
pub trait FusedStream: Stream {}

impl<S: FusedStream + ?Sized + Unpin> FusedStream for &mut S {}
