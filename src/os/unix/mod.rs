//! Extensions for Unix.

pub mod fs;
pub mod io;
pub mod net;

#[doc(no_inline)]
pub use crate::process::unix as process;
