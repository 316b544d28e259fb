//! Channels: messages from task to task, many senders and many receivers.
//!
//! These are the types of async-channel 1, as in async-std, so that every crate written against it works
//! with this one. A message goes to one receiver. [`bounded`] channels make senders wait while they
//! are full, [`unbounded`] ones never do. A channel is closed when either side is gone altogether.
//!
//! # Examples
//!
//! ```
//! use unstall::{channel, task};
//!
//! task::block_on(async {
//!     let (sender, receiver) = channel::bounded(1);
//!     let producer = task::spawn(async move {
//!         for n in 1..=3 {
//!             sender.send(n).await?;
//!         }
//!         Ok::<_, channel::SendError<i32>>(())
//!     });
//!     let mut sum = 0;
//!     while let Ok(n) = receiver.recv().await {
//!         sum += n;
//!     }
//!     assert_eq!(sum, 6);
//!     assert_eq!(producer.await, Ok(()));
//! });
//! ```

#[doc(inline)]
pub use async_channel::*;
