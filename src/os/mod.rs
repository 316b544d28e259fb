//! What one platform alone has.

#[cfg(unix)]
pub mod unix;
#[cfg(windows)]
pub mod windows;
