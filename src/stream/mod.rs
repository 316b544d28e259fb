//! Streams: asynchronous iteration.
//!
//! A [`Stream`] yields items one after another and may let its reader wait for each. The trait is that of `futures-core`, so
//! that streams of other crates work here and the other way round. [`StreamExt`] has the methods for everyday use, with the
//! names that they have in [`Iterator`] and in async-std. It comes with `use unstall::prelude::*`.
//!
//! All combinators are lazy: nothing is asked for before the result is awaited or its `next` is. Those that go through many items
//! give way to other futures now and then, also if the stream always has an item ready. A future like that of
//! [`fold`](StreamExt::fold) that is dropped half-way has consumed the items so far; what was borrowed, as by
//! [`find`](StreamExt::find), goes on with the next item.
//!
//! # Examples
//!
//! ```
//! use unstall::{prelude::*, stream};
//!
//! # unstall::task::block_on(async {
//! let squares = stream::from_iter(1..).map(|n| n * n).take_while(|n| *n < 30);
//! assert_eq!(squares.collect::<Vec<u32>>().await, [1, 4, 9, 16, 25]);
//! # });
//! ```

#[doc(no_inline)]
pub use futures_core::stream::Stream;
#[doc(no_inline)]
pub use futures_lite::stream::{
    Empty, Pending, Repeat, RepeatWith, empty, pending, repeat, repeat_with,
};

pub use self::chain::Chain;
pub use self::cloned::{Cloned, Copied};
pub use self::cycle::Cycle;
pub use self::delay::Delay;
pub use self::double_ended::DoubleEndedStream;
pub use self::enumerate::Enumerate;
pub use self::exact_size::ExactSizeStream;
pub use self::ext::StreamExt;
pub use self::extend::{Extend, extend};
pub use self::filter::{Filter, FilterMap};
pub use self::flatten::{FlatMap, Flatten};
pub use self::from_fn::{FromFn, from_fn};
pub use self::from_iter::{FromIter, from_iter};
pub use self::from_stream::FromStream;
pub use self::fuse::Fuse;
pub use self::fused::FusedStream;
pub use self::inspect::Inspect;
pub use self::interval::{Interval, interval};
pub use self::into_stream::IntoStream;
pub use self::map::Map;
pub use self::merge::Merge;
pub use self::once::{Once, once};
pub use self::scan::Scan;
pub use self::skip::{Skip, SkipWhile};
pub use self::step_by::StepBy;
pub use self::successors::{Successors, successors};
pub use self::sum_product::{Product, Sum};
pub use self::take::{Take, TakeWhile};
pub use self::throttle::Throttle;
pub use self::timeout::{Timeout, TimeoutError};
pub use self::zip::Zip;

pub(crate) use self::from_stream::collected;

mod ext;

mod double_ended;
mod exact_size;
mod extend;
mod from_stream;
mod fused;
mod into_stream;
mod sum_product;

mod from_fn;
mod from_iter;
mod interval;
mod once;
mod successors;

mod chain;
mod cloned;
mod cycle;
mod delay;
mod enumerate;
mod filter;
mod flatten;
mod fuse;
mod inspect;
mod map;
mod merge;
mod scan;
mod skip;
mod step_by;
mod take;
mod throttle;
mod timeout;
mod zip;

mod best;
mod compare;
mod fold;
mod next;
mod search;

mod turns;
