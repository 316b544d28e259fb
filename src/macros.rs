//! Printing, as futures: `print!` and its kin.

/// Prints to standard output, as a future: the async [`std::print!`].
///
/// What is printed is flushed at once.
///
/// # Panics
///
/// If standard output cannot be written to.
///
/// # Examples
///
/// ```
/// # unstall::task::block_on(async {
/// unstall::print!("{} of {}\n", 1, 2).await;
/// # });
/// ```
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => ($crate::io::_print(::std::format!($($arg)*)))
}

/// Prints a line to standard output, as a future: the async [`std::println!`].
///
/// # Panics
///
/// If standard output cannot be written to.
///
/// # Examples
///
/// ```
/// # unstall::task::block_on(async {
/// unstall::println!("{} of {}", 1, 2).await;
/// unstall::println!().await;
/// # });
/// ```
#[macro_export]
macro_rules! println {
    () => ($crate::print!("\n"));
    // One piece, so that lines of several tasks do not mix.
    ($($arg:tt)*) => ($crate::io::_print(::std::format!("{}\n", ::std::format_args!($($arg)*))));
}

/// Prints to standard error, as a future: the async [`std::eprint!`].
///
/// # Panics
///
/// If standard error cannot be written to.
///
/// # Examples
///
/// ```
/// # unstall::task::block_on(async {
/// unstall::eprint!("{} of {}\n", 1, 2).await;
/// # });
/// ```
#[macro_export]
macro_rules! eprint {
    ($($arg:tt)*) => ($crate::io::_eprint(::std::format!($($arg)*)))
}

/// Prints a line to standard error, as a future: the async [`std::eprintln!`].
///
/// # Panics
///
/// If standard error cannot be written to.
///
/// # Examples
///
/// ```
/// # unstall::task::block_on(async {
/// unstall::eprintln!("{} of {}", 1, 2).await;
/// unstall::eprintln!().await;
/// # });
/// ```
#[macro_export]
macro_rules! eprintln {
    () => ($crate::eprint!("\n"));
    ($($arg:tt)*) => ($crate::io::_eprint(::std::format!("{}\n", ::std::format_args!($($arg)*))));
}
