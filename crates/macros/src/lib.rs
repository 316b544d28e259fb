//! The attributes of `unstall`, which re-exports them: use them as `#[unstall::main]` and `#[unstall::test]`.
//!
//! Both turn an `async fn` into an ordinary one that gives it to `unstall::task::block_on`. They take what
//! async-std's attributes take, and settings on top:
//!
//! | option | takes | default |
//! |---|---|---|
//! | `worker_threads` | a number from 1 to 1024 | one a core |
//! | `thread_name` | a string; a number is appended | `"unstall"` |
//! | `detection` | `true` or `false` | `true` |
//! | `crate` | the path of `unstall` | see below |
//!
//! They mean what they mean in `unstall::runtime::Builder`, which has further ones.
//!
//! # When `unstall` has another name
//!
//! The generated code calls `unstall` by the name that the package's `Cargo.toml` gives it. With the dependency
//! `async-std = { package = "unstall", … }` that is `::async_std`, so `#[async_std::main]` works as it stands, and
//! so it does where something that re-exports `unstall` stands in for `async-std`. Where there is no `Cargo.toml`,
//! or a crate in between re-exports `unstall`, `crate` says what the path is:
//!
//! ```
//! mod prelude {
//!     pub use unstall as rt;
//! }
//!
//! #[prelude::rt::main(crate = crate::prelude::rt)]
//! async fn main() {
//!     prelude::rt::task::yield_now().await;
//! }
//! ```
//!
//! # How it is made
//!
//! `function` reads what stands before the body, `options` what stands in the attribute, `crate_name` the
//! `Cargo.toml`; `expand` puts the result together. The body passes through untouched, so what the compiler says
//! about it points into it.

mod crate_name;
mod expand;
mod function;
mod options;

use self::expand::{Kind, expand};

/// Makes an `async fn main` the program's entry point.
///
/// The function runs in `unstall::task::block_on`, on the main thread; it may return what any `main` may. What it
/// spawns runs on the global runtime. Tasks that still run when it returns end with the process.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// #[unstall::main]
/// async fn main() -> std::io::Result<()> {
///     let sum = task::spawn(async { 1 + 2 }).await;
///     assert_eq!(sum, 3);
///     Ok(())
/// }
/// ```
///
/// # Options
///
/// `worker_threads`, `thread_name` and `detection` configure the global runtime. Where one of them is given, the
/// others have their defaults and the environment (`UNSTALL_THREAD_COUNT` and the like) is not read.
///
/// ```
/// #[unstall::main(worker_threads = 2, thread_name = "web", detection = false)]
/// async fn main() {
///     assert_eq!(unstall::runtime::metrics().workers, 2);
/// }
/// ```
///
/// For other settings call `unstall::runtime::Builder::build_global` in a `main` that is not async, and
/// `unstall::task::block_on` after it. `crate` is for names that cannot be found in `Cargo.toml`:
/// `#[rt::main(crate = rt)]`.
///
/// # Panics
///
/// The program panics before the function runs if there are options and the runtime cannot be made, or exists
/// already.
///
/// # Errors
///
/// Arguments and generics are errors of the compiler, as are functions of another name:
///
/// ```compile_fail
/// #[unstall::main]
/// async fn main(arguments: Vec<String>) {}
/// ```
#[proc_macro_attribute]
pub fn main(
    options: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(Kind::Main, options.into(), item.into()).into()
}

/// Makes an `async fn` a test.
///
/// It runs in `unstall::task::block_on`, on the test's thread, and what it spawns runs on the global runtime, which
/// the tests of a process share. It may return what any test may, and have the attributes that tests have.
///
/// # Examples
///
/// ```
/// use unstall::task;
///
/// #[unstall::test]
/// async fn adds() -> std::io::Result<()> {
///     assert_eq!(task::spawn(async { 1 + 2 }).await, 3);
///     Ok(())
/// }
///
/// #[unstall::test]
/// #[should_panic(expected = "divide by zero")]
/// async fn divides() {
///     let zero = task::spawn(async { 0 }).await;
///     let _ = 1 / zero;
/// }
/// ```
///
/// # Options
///
/// With `worker_threads`, `thread_name` or `detection` the test has a runtime of its own, made with these settings
/// and dropped when the test ends. Without them it uses the global one.
///
/// ```
/// #[unstall::test(worker_threads = 1)]
/// async fn one_worker_is_enough() {
///     assert_eq!(unstall::runtime::metrics().workers, 1);
/// }
/// ```
///
/// `crate` is for names that cannot be found in `Cargo.toml`: `#[rt::test(crate = rt)]`.
///
/// # Panics
///
/// The test fails before the function runs if there are options and the runtime cannot be made.
///
/// # Errors
///
/// Arguments and generics are errors of the compiler:
///
/// ```compile_fail
/// #[unstall::test]
/// async fn adds(left: u32, right: u32) {}
/// ```
#[proc_macro_attribute]
pub fn test(
    options: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(Kind::Test, options.into(), item.into()).into()
}
