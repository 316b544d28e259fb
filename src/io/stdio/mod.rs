//! Standard input, output and error.
//!
//! They may be terminals, files, pipes: in general nothing that the reactor could watch without changing it for the
//! other processes that share it. So each has a thread that does the waiting, made on first use and gone
//! when nothing was asked of it for a while. It belongs to no runtime: none waits for it when it ends, nor does the process.

mod helper;
mod output;
mod stdin;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod sys;

use super::WriteExt as _;

pub use self::{
    output::{Stderr, Stdout, stderr, stdout},
    stdin::{Stdin, stdin},
};

/// What `print!` calls.
#[doc(hidden)]
pub async fn _print(text: String) {
    let mut stdout = stdout();
    let printed = async {
        stdout.write_all(text.as_bytes()).await?;
        stdout.flush().await
    };
    if let Err(error) = printed.await {
        panic!("failed printing to stdout: {error}");
    }
}

/// What `eprint!` calls.
#[doc(hidden)]
pub async fn _eprint(text: String) {
    if let Err(error) = stderr().write_all(text.as_bytes()).await {
        panic!("failed printing to stderr: {error}");
    }
}
