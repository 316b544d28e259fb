//! Extensions for Windows.

pub mod fs;
pub mod io;

#[doc(no_inline)]
pub use crate::process::windows as process;
