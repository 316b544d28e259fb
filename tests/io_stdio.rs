//! The standard streams, each test in a process that has its own.

mod support;

use std::io::{self, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_lite::future::poll_once;
use support::{LIMIT, child, eventually, is_child, printed, runtime, within};
use unstall::io::{stderr, stdin, stdout};
use unstall::{prelude::*, task};

/// What a child says when it is ready for its input.
const READY: &str = "now\n";

/// A child process with the test's body, fed by hand. Killed when dropped.
struct Fed(Child);

impl Fed {
    fn start(test: &str) -> Fed {
        let child = Command::new(std::env::current_exe().expect("the test binary has a path"))
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env("UNSTALL_TEST_CHILD", test)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the child can be started");
        Fed(child)
    }

    /// Waits until the child says that it is ready.
    fn ready(&mut self) {
        let stderr = self.0.stderr.as_mut().expect("stderr is piped");
        let mut word = [0; READY.len()];
        stderr.read_exact(&mut word).expect("the child is ready");
        assert_eq!(word, READY.as_bytes());
    }

    fn feed(&mut self, text: &[u8]) {
        let stdin = self.0.stdin.as_mut().expect("stdin is piped and open");
        stdin.write_all(text).expect("the child reads");
    }

    /// Waits for a good end; standard input stays open, if it is, until then.
    fn succeeds(mut self) {
        let status = self.end();
        let mut text = String::new();
        let stderr = self.0.stderr.as_mut().expect("stderr is piped");
        stderr.read_to_string(&mut text).expect("stderr is text");
        assert!(status.success(), "{status}\n{text}");
    }

    fn end(&mut self) -> std::process::ExitStatus {
        let mut status = None;
        eventually("the child to end", || {
            status = self.0.try_wait().expect("the child can be asked");
            status.is_some()
        });
        status.expect("it has ended")
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn say_ready() {
    io::stderr()
        .write_all(READY.as_bytes())
        .expect("the parent reads");
}

async fn line() -> String {
    let mut line = String::new();
    stdin().read_line(&mut line).await.expect("a line");
    line
}

#[test]
fn lines_and_bytes_come_in_order_to_whichever_handle_asks() {
    let test = "lines_and_bytes_come_in_order_to_whichever_handle_asks";
    if is_child(test) {
        return within(LIMIT, || {
            task::block_on(async {
                assert_eq!(line().await, "one\n");
                let mut word = [0; 4];
                stdin().read_exact(&mut word).await.expect("four bytes");
                assert_eq!(&word, b"two ");
                assert_eq!(line().await, "three\r\n");
                assert_eq!(line().await, "end");
                assert_eq!(line().await, "");
                assert_eq!(stdin().read(&mut word).await.expect("the end"), 0);
            });
        });
    }
    let mut child = Fed::start(test);
    child.feed(b"one\ntwo three\r\nend");
    drop(child.0.stdin.take());
    child.succeeds();
}

#[test]
fn a_cancelled_read_leaves_its_bytes_to_the_next() {
    let test = "a_cancelled_read_leaves_its_bytes_to_the_next";
    if is_child(test) {
        return within(LIMIT, || {
            task::block_on(async {
                let mut lost = String::new();
                let handle = stdin();
                assert!(poll_once(handle.read_line(&mut lost)).await.is_none());
                drop(handle);
                let (mut buf, mut handle) = ([0; 64], stdin());
                assert!(poll_once(handle.read(&mut buf)).await.is_none());
                drop(handle);
                say_ready();
                assert_eq!(line().await, "one\n");
                assert!(lost.is_empty());

                // And so does one that a byte reader gave up, with a line of which a part has come.
                let mut handle = stdin();
                assert!(poll_once(handle.read(&mut buf)).await.is_none());
                say_ready();
                let mut rest = Vec::new();
                stdin().read_to_end(&mut rest).await.expect("the rest");
                assert_eq!(rest, b"two\nthree");
            });
        });
    }
    let mut child = Fed::start(test);
    child.ready();
    child.feed(b"one\n");
    child.ready();
    child.feed(b"two\nthree");
    drop(child.0.stdin.take());
    child.succeeds();
}

#[test]
fn the_standard_library_reads_on_where_a_line_ended() {
    let test = "the_standard_library_reads_on_where_a_line_ended";
    if is_child(test) {
        return within(LIMIT, || {
            assert_eq!(task::block_on(line()), "one\n");
            let mut second = String::new();
            io::stdin().read_line(&mut second).expect("a line");
            assert_eq!(second, "two\n");
            assert_eq!(task::block_on(line()), "three\n");
        });
    }
    let mut child = Fed::start(test);
    child.feed(b"one\ntwo\nthree\n");
    drop(child.0.stdin.take());
    child.succeeds();
}

#[test]
fn a_line_that_is_no_text_is_an_error_and_skipped() {
    let test = "a_line_that_is_no_text_is_an_error_and_skipped";
    if is_child(test) {
        return within(LIMIT, || {
            task::block_on(async {
                let mut buf = "kept".to_owned();
                let error = stdin().read_line(&mut buf).await.expect_err("is no text");
                assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                assert_eq!(error.to_string(), "could not read line on stdin");
                assert_eq!(stdin().read_line(&mut buf).await.expect("a line"), 5);
                assert_eq!(buf, "keptgood\n");
            });
        });
    }
    let mut child = Fed::start(test);
    child.feed(b"b\xffd\ngood\n");
    child.succeeds();
}

/// Whether a thread of this name sleeps.
#[cfg(target_os = "linux")]
fn sleeps(name: &str) -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").expect("there is /proc");
    tasks.flatten().any(|task| {
        let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        read("comm").trim_end() == name && read("stat").contains(") S ")
    })
}

#[test]
#[cfg(target_os = "linux")]
fn waiting_for_input_holds_no_lock() {
    let test = "waiting_for_input_holds_no_lock";
    if is_child(test) {
        return within(LIMIT, || {
            let handle = stdin();
            let mut buf = String::new();
            let mut read = Box::pin(handle.read_line(&mut buf));
            assert!(task::block_on(poll_once(&mut read)).is_none());
            eventually("the helper to wait", || sleeps("unstall-stdin"));
            drop(io::stdin().lock());
            say_ready();
            task::block_on(read).expect("a line");
            assert_eq!(buf, "one\n");
        });
    }
    let mut child = Fed::start(test);
    child.ready();
    child.feed(b"one\n");
    child.succeeds();
}

#[test]
fn a_read_that_waits_keeps_neither_a_runtime_nor_the_process() {
    let test = "a_read_that_waits_keeps_neither_a_runtime_nor_the_process";
    if is_child(test) {
        return within(LIMIT, || {
            let own = runtime(1);
            own.block_on(async {
                task::spawn(line());
                let handle = stdin();
                assert!(
                    poll_once(handle.read_line(&mut String::new()))
                        .await
                        .is_none()
                );
            });
            drop(own);
            task::spawn(line());
        });
    }
    // Its standard input stays open.
    Fed::start(test).succeeds();
}

#[test]
fn what_is_printed_comes_out_whole_and_in_order() {
    let test = "what_is_printed_comes_out_whole_and_in_order";
    if is_child(test) {
        return within(LIMIT, || {
            task::block_on(async {
                unstall::print!("one {}, ", 1).await;
                io::Write::write_all(&mut io::stdout(), b"two, ").expect("can be written");
                unstall::println!("{three}", three = 3).await;
                unstall::println!().await;
                let mut out = stdout();
                writeln!(out, "four {}", 4).await.expect("can be written");
                writeln!(stderr(), "five").await.expect("can be written");
                unstall::eprint!("{}", "six\n").await;
                unstall::eprintln!("seven {}", 7).await;
                unstall::eprintln!().await;
                // The future of a print can be sent.
                let word = "eight".to_owned();
                task::spawn(async move { unstall::println!("{word}").await }).await;
                // No flush: the end of the process does it.
                out.write_all(b"nine").await.expect("can be written");
            });
            std::process::exit(0);
        });
    }
    let output = child(test, &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.ends_with("one 1, two, 3\n\nfour 4\neight\nnine"),
        "{}",
        printed(&output)
    );
    assert!(
        support::stderr(&output).ends_with("five\nsix\nseven 7\n\n"),
        "{}",
        printed(&output)
    );
}

#[test]
fn a_write_that_was_given_up_is_taken_for_no_other() {
    let test = "a_write_that_was_given_up_is_taken_for_no_other";
    if is_child(test) {
        return within(LIMIT, || {
            task::block_on(async {
                let mut out = stdout();
                for _ in 0..100 {
                    drop(poll_once(out.write(b"[given up, and longer]")).await);
                    out.write_all(b"<a>").await.expect("can be written");
                    drop(poll_once(out.flush()).await);
                    out.write_all(b"<b>").await.expect("can be written");
                    // Tried again, it takes place once; unless it was over at once, and was not given up.
                    if poll_once(out.write(b"<again>")).await.is_none() {
                        out.write_all(b"<again>").await.expect("can be written");
                    }
                }
                out.flush().await.expect("can be flushed");
            });
        });
    }
    let output = child(test, &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    for piece in ["<a>", "<b>", "<again>"] {
        assert_eq!(
            text.matches(piece).count(),
            100,
            "{piece}: {}",
            printed(&output)
        );
    }
    assert!(text.matches("[given up, and longer]").count() <= 100);
}

#[test]
fn output_that_nobody_takes_blocks_neither_a_time_limit_nor_the_exit() {
    let test = "output_that_nobody_takes_blocks_neither_a_time_limit_nor_the_exit";
    if is_child(test) {
        return within(LIMIT, || {
            task::block_on(async {
                let text = vec![b'x'; 1 << 20];
                let mut out = stdout();
                let write = unstall::io::timeout(Duration::from_millis(50), out.write_all(&text));
                let error = write.await.expect_err("nobody reads");
                assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            });
            std::process::exit(7);
        });
    }
    let mut child = Fed::start(test);
    assert_eq!(child.end().code(), Some(7));
}

#[test]
fn handles_can_be_shared_sent_and_shown() {
    fn can_be_shared<T: Send + Sync + Unpin + std::fmt::Debug>(handle: T) -> String {
        format!("{handle:?}")
    }
    assert!(can_be_shared(stdin()).contains("Stdin"));
    assert!(can_be_shared(stdout()).contains("Stdout"));
    assert!(can_be_shared(stderr()).contains("Stderr"));
    #[cfg(unix)]
    {
        use std::os::fd::{AsFd as _, AsRawFd as _};
        assert_eq!(stdin().as_raw_fd(), 0);
        assert_eq!(stdout().as_fd().as_raw_fd(), 1);
        assert_eq!(stderr().as_raw_fd(), 2);
    }
}
