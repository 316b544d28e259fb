//! Extensions for Windows.
//!
//! # Examples
//!
//! ```
//! use unstall::net::TcpListener;
//! use unstall::os::windows::io::AsRawSocket as _;
//!
//! # unstall::task::block_on(async {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! println!("socket {}", listener.as_raw_socket());
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

pub mod fs;
pub mod io;

#[doc(no_inline)]
pub use crate::process::windows as process;
