//! `async_std::channel`.

use async_std::{channel, stream};

use crate::names_of_std::{Debug, Display, RefUnwindSafe, UnwindSafe};

fn receiver_try_recv<T>(this: &channel::Receiver<T>) -> Result<T, channel::TryRecvError> {
    <channel::Receiver<T>>::try_recv(this)
}

fn receiver_recv<T>(this: &channel::Receiver<T>) -> channel::Recv<'_, T> {
    <channel::Receiver<T>>::recv(this)
}

fn receiver_recv_blocking<T>(this: &channel::Receiver<T>) -> Result<T, channel::RecvError> {
    <channel::Receiver<T>>::recv_blocking(this)
}

fn receiver_close<T>(this: &channel::Receiver<T>) -> bool {
    <channel::Receiver<T>>::close(this)
}

fn receiver_is_closed<T>(this: &channel::Receiver<T>) -> bool {
    <channel::Receiver<T>>::is_closed(this)
}

fn receiver_is_empty<T>(this: &channel::Receiver<T>) -> bool {
    <channel::Receiver<T>>::is_empty(this)
}

fn receiver_is_full<T>(this: &channel::Receiver<T>) -> bool {
    <channel::Receiver<T>>::is_full(this)
}

fn receiver_len<T>(this: &channel::Receiver<T>) -> usize {
    <channel::Receiver<T>>::len(this)
}

fn receiver_capacity<T>(this: &channel::Receiver<T>) -> Option<usize> {
    <channel::Receiver<T>>::capacity(this)
}

fn receiver_receiver_count<T>(this: &channel::Receiver<T>) -> usize {
    <channel::Receiver<T>>::receiver_count(this)
}

fn receiver_sender_count<T>(this: &channel::Receiver<T>) -> usize {
    <channel::Receiver<T>>::sender_count(this)
}

fn receiver_downgrade<T>(this: &channel::Receiver<T>) -> channel::WeakReceiver<T> {
    <channel::Receiver<T>>::downgrade(this)
}

fn send_error_into_inner<T>(this: channel::SendError<T>) -> T {
    <channel::SendError<T>>::into_inner(this)
}

fn sender_try_send<T>(this: &channel::Sender<T>, msg: T) -> Result<(), channel::TrySendError<T>> {
    <channel::Sender<T>>::try_send(this, msg)
}

fn sender_send<T>(this: &channel::Sender<T>, msg: T) -> channel::Send<'_, T> {
    <channel::Sender<T>>::send(this, msg)
}

fn sender_send_blocking<T>(this: &channel::Sender<T>, msg: T) -> Result<(), channel::SendError<T>> {
    <channel::Sender<T>>::send_blocking(this, msg)
}

fn sender_close<T>(this: &channel::Sender<T>) -> bool {
    <channel::Sender<T>>::close(this)
}

fn sender_is_closed<T>(this: &channel::Sender<T>) -> bool {
    <channel::Sender<T>>::is_closed(this)
}

fn sender_is_empty<T>(this: &channel::Sender<T>) -> bool {
    <channel::Sender<T>>::is_empty(this)
}

fn sender_is_full<T>(this: &channel::Sender<T>) -> bool {
    <channel::Sender<T>>::is_full(this)
}

fn sender_len<T>(this: &channel::Sender<T>) -> usize {
    <channel::Sender<T>>::len(this)
}

fn sender_capacity<T>(this: &channel::Sender<T>) -> Option<usize> {
    <channel::Sender<T>>::capacity(this)
}

fn sender_receiver_count<T>(this: &channel::Sender<T>) -> usize {
    <channel::Sender<T>>::receiver_count(this)
}

fn sender_sender_count<T>(this: &channel::Sender<T>) -> usize {
    <channel::Sender<T>>::sender_count(this)
}

fn sender_downgrade<T>(this: &channel::Sender<T>) -> channel::WeakSender<T> {
    <channel::Sender<T>>::downgrade(this)
}

fn try_recv_error_is_empty(this: &channel::TryRecvError) -> bool {
    channel::TryRecvError::is_empty(this)
}

fn try_recv_error_is_closed(this: &channel::TryRecvError) -> bool {
    channel::TryRecvError::is_closed(this)
}

fn try_send_error_into_inner<T>(this: channel::TrySendError<T>) -> T {
    <channel::TrySendError<T>>::into_inner(this)
}

fn try_send_error_is_full<T>(this: &channel::TrySendError<T>) -> bool {
    <channel::TrySendError<T>>::is_full(this)
}

fn try_send_error_is_closed<T>(this: &channel::TrySendError<T>) -> bool {
    <channel::TrySendError<T>>::is_closed(this)
}

fn weak_receiver_upgrade<T>(this: &channel::WeakReceiver<T>) -> Option<channel::Receiver<T>> {
    <channel::WeakReceiver<T>>::upgrade(this)
}

fn weak_sender_upgrade<T>(this: &channel::WeakSender<T>) -> Option<channel::Sender<T>> {
    <channel::WeakSender<T>>::upgrade(this)
}

fn bounded<T>(cap: usize) -> (channel::Sender<T>, channel::Receiver<T>) {
    channel::bounded(cap)
}

fn unbounded<T>() -> (channel::Sender<T>, channel::Receiver<T>) {
    channel::unbounded()
}

holds!([T] where [T: Send] {channel::Receiver<T>}: Send + Sync);
holds!(
    [T]
    {channel::Receiver<T>}:
        Unpin + UnwindSafe + RefUnwindSafe + Debug + Clone + stream::Stream<Item = T>
        + futures_core::stream::FusedStream
);
holds!(['a, T: 'a] where [T: Send] {channel::Recv<'a, T>}: Send + Sync);
holds!(['a, T: 'a] {channel::Recv<'a, T>}: UnwindSafe + RefUnwindSafe + Future<Output = Result<T, channel::RecvError>>);
holds!(['a, T: Debug + 'a] {channel::Recv<'a, T>}: Debug);
holds!(['a, T: Unpin + 'a] {channel::Recv<'a, T>}: Unpin);
holds!(
    {channel::RecvError}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + PartialEq + Eq + Clone + Copy + Debug + std::error::Error
        + Display
);
holds!(['a, T: 'a] where [T: Send] {channel::Send<'a, T>}: Send);
holds!(['a, T: 'a] where [T: Sync + Send] {channel::Send<'a, T>}: Sync);
holds!(['a, T: 'a] where [T: UnwindSafe] {channel::Send<'a, T>}: UnwindSafe);
holds!(['a, T: 'a] where [T: RefUnwindSafe] {channel::Send<'a, T>}: RefUnwindSafe);
holds!(['a, T: Debug + 'a] {channel::Send<'a, T>}: Debug);
holds!(['a, T: Unpin + 'a] {channel::Send<'a, T>}: Unpin);
holds!(['a, T: 'a] {channel::Send<'a, T>}: Future<Output = Result<(), channel::SendError<T>>>);
holds!([T] where [T: Send] {channel::SendError<T>}: Send);
holds!([T] where [T: Sync] {channel::SendError<T>}: Sync);
holds!([T] where [T: Unpin] {channel::SendError<T>}: Unpin);
holds!([T] where [T: UnwindSafe] {channel::SendError<T>}: UnwindSafe);
holds!([T] where [T: RefUnwindSafe] {channel::SendError<T>}: RefUnwindSafe);
holds!([T: PartialEq] {channel::SendError<T>}: PartialEq);
holds!([T: Eq] {channel::SendError<T>}: Eq);
holds!([T: Clone] {channel::SendError<T>}: Clone);
holds!([T: Copy] {channel::SendError<T>}: Copy);
holds!([T] {channel::SendError<T>}: std::error::Error + Debug + Display);
holds!([T] where [T: Send] {channel::Sender<T>}: Send + Sync);
holds!([T] {channel::Sender<T>}: Unpin + UnwindSafe + RefUnwindSafe + Debug + Clone);
holds!(
    {channel::TryRecvError}:
        Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + PartialEq + Eq + Clone + Copy + Debug + std::error::Error
        + Display
);
holds!([T] where [T: Send] {channel::TrySendError<T>}: Send);
holds!([T] where [T: Sync] {channel::TrySendError<T>}: Sync);
holds!([T] where [T: Unpin] {channel::TrySendError<T>}: Unpin);
holds!([T] where [T: UnwindSafe] {channel::TrySendError<T>}: UnwindSafe);
holds!([T] where [T: RefUnwindSafe] {channel::TrySendError<T>}: RefUnwindSafe);
holds!([T: PartialEq] {channel::TrySendError<T>}: PartialEq);
holds!([T: Eq] {channel::TrySendError<T>}: Eq);
holds!([T: Clone] {channel::TrySendError<T>}: Clone);
holds!([T: Copy] {channel::TrySendError<T>}: Copy);
holds!([T] {channel::TrySendError<T>}: std::error::Error + Debug + Display);
holds!([T] where [T: Send] {channel::WeakReceiver<T>}: Send + Sync);
holds!([T] {channel::WeakReceiver<T>}: Unpin + UnwindSafe + RefUnwindSafe + Clone + Debug);
holds!([T] where [T: Send] {channel::WeakSender<T>}: Send + Sync);
holds!([T] {channel::WeakSender<T>}: Unpin + UnwindSafe + RefUnwindSafe + Clone + Debug);
