//! Macros and attributes.

use std::cell::Cell;

use async_std::{prelude::*, task};

task_local! {
    /// Documented, of two kinds of visibility.
    static FIRST: Cell<u32> = Cell::new(1);
    pub(crate) static SECOND: Vec<u8> = Vec::new();
}

async_std::task_local!(static ALONE: u8 = 3);

#[async_std::test]
async fn task_locals_have_their_first_values() {
    assert_eq!(FIRST.with(Cell::take), 1);
    assert_eq!(FIRST.try_with(Cell::get).ok(), Some(0));
    assert_eq!(SECOND.with(Vec::len), 0);
    assert_eq!(ALONE.with(|value| *value), 3);
}

#[async_std::test]
async fn printing_is_awaited() -> std::io::Result<()> {
    async_std::print!("{} ", 1).await;
    async_std::println!("{two}", two = 2).await;
    async_std::println!().await;
    async_std::eprint!("{:?}", "three").await;
    async_std::eprintln!("{}", 4,).await;
    async_std::eprintln!().await;
    Ok(())
}

#[async_std::test]
async fn what_is_written_is_awaited() -> std::io::Result<()> {
    use async_std::{io::WriteExt, write, writeln};

    let mut text = Vec::new();
    write!(text, "{}", 1).await?;
    writeln!(text, ",").await?;
    assert_eq!(text, b"1,\n");
    Ok(())
}

#[async_std::main]
async fn main() {
    assert!(task::try_current().is_some());
}

#[test]
fn an_attribute_makes_a_main_function() {
    main();
}

fn waits(polled: task::Poll<u8>) -> task::Poll<u8> {
    let value = task::ready!(polled);
    task::Poll::Ready(value + 1)
}

#[test]
fn ready_gives_what_is_pending_back() {
    assert_eq!(waits(task::Poll::Ready(1)), task::Poll::Ready(2));
    assert_eq!(waits(task::Poll::Pending), task::Poll::Pending);
}
