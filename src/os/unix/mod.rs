//! Extensions for Unix.

pub mod io;
pub mod net;
