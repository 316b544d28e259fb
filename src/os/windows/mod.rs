//! Extensions for Windows.

pub mod io;
