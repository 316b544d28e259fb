//! Giving way to others.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// Lets other tasks run: the current task goes to the back of the line.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// # task::block_on(async {
/// task::yield_now().await;
/// # });
/// ```
pub async fn yield_now() {
    YieldNow { yielded: false }.await;
}

struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
