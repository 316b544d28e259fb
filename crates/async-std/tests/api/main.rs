//! All that async-std 1.13.2 has is here: every public name, every signature, every implementation of a trait.
//!
//! There is next to nothing to run. If it compiles, it holds. `.ci/run compat` compiles it against async-std itself, so what
//! is asked for here is what that has. It was derived from async-std's documentation as rustdoc gives it in JSON
//! (features `unstable`, `attributes`, `io_safety`):
//!
//! * A function that only calls another has that one's signature. Where a type has no public name, it gives the trait that the
//!   type is there for.
//! * `holds!` names a type and the traits that it implements, with their associated types.
//! * `as_its_parts!` is for the traits that the compiler derives: the type has them if its parameters have.
//!
//! What is not in that JSON was written by hand: `names`, of what is re-exported; `futures`, whether futures without a name may be
//! sent and moved; `users`, the traits as somebody else implements them; `macros`.

#![cfg(unix)]
#![allow(
    dead_code,
    opaque_hidden_inferred_bound,
    unused_imports,
    reason = "that it compiles is the test"
)]
#![allow(clippy::all, reason = "what is written is async-std's")]

mod names_of_std {
    pub(crate) use std::{
        borrow::{Borrow, Cow},
        collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque},
        ffi::{OsStr, OsString},
        fmt::{Debug, Display},
        hash::Hash,
        iter::FusedIterator,
        num::Wrapping,
        ops::Deref,
        os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd},
        panic::{RefUnwindSafe, UnwindSafe},
        pin::Pin,
        rc::Rc,
        str::FromStr,
        sync::Arc,
        task::{Context, Poll},
        time::Duration,
    };
}

/// `holds!([parameters] where [clauses] {type}: traits)`
macro_rules! holds {
    ($([$($generics:tt)*])? $(where [$($clauses:tt)*])? {$type:ty}: $($bounds:tt)+) => {
        const _: () = {
            fn check<$($($generics)*)?>() -> ::std::marker::PhantomData<impl ?Sized + $($bounds)+>
            $(where $($clauses)*)? {
                ::std::marker::PhantomData::<$type>
            }
        };
    };
}

/// `as_its_parts!([A, B] {type of A and B})`
macro_rules! as_its_parts {
    ([$($parameter:ident $(: $bound:path)?),+] {$type:ty}) => {
        holds!([$($parameter: $($bound +)? Send),+] {$type}: Send);
        holds!([$($parameter: $($bound +)? Sync),+] {$type}: Sync);
        holds!([$($parameter: $($bound +)? ::std::panic::UnwindSafe),+] {$type}: ::std::panic::UnwindSafe);
        holds!([$($parameter: $($bound +)? ::std::panic::RefUnwindSafe),+] {$type}: ::std::panic::RefUnwindSafe);
    };
}

mod names;

mod channel;
mod fs;
mod future;
mod futures;
mod io;
mod macros;
mod net;
mod os;
mod path;
mod prelude;
mod process;
mod stream;
mod sync;
mod task;
mod users;
