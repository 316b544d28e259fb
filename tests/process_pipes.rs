//! What goes through the pipes of child processes: it comes whole, and so does the end, however it comes.

#![cfg(unix)]

mod support;

use std::io::ErrorKind;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;
use std::time::Duration;

use futures_lite::future;
use rustix::process::Signal;
use support::{LIMIT, within};
use unstall::io::{self, BufReader, prelude::*};
use unstall::process::{Command, Stdio};
use unstall::stream::StreamExt as _;
use unstall::task;

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn much_output_in_both_streams_comes_whole() {
    const EACH: usize = 3 << 20;
    run(async {
        let script = format!(
            "head -c {EACH} /dev/zero; head -c {EACH} /dev/zero >&2; head -c {EACH} /dev/zero"
        );
        let output = shell(&script).output().await?;
        assert!(output.status.success());
        assert_eq!((output.stdout.len(), output.stderr.len()), (2 * EACH, EACH));
        Ok(())
    });
}

/// Who ends in the middle of what it says has said so much; its reader hears that and then the end, however it ended.
#[test]
fn a_reader_is_told_the_end_of_a_process_that_ends_meanwhile() {
    run(async {
        let ways = ["exit 3", "kill -9 $$", "exec >&- 2>&-; sleep 3600"];
        for way in ways {
            let script = format!("printf half; printf err >&2; read line; printf ' a line'; {way}");
            let mut child = shell(&script)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .kill_on_drop(true)
                .spawn()?;
            let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
            let out = task::spawn(async move {
                let mut lines = BufReader::new(stdout).lines();
                let line = lines.next().await.expect("half a line")?;
                assert!(lines.next().await.is_none());
                io::Result::Ok(line)
            });
            let err = task::spawn(async move {
                let (mut stderr, mut text) = (stderr, String::new());
                stderr.read_to_string(&mut text).await?;
                // The end stays.
                assert_eq!(stderr.read(&mut [0]).await?, 0);
                io::Result::Ok(text)
            });
            // Both readers wait for more.
            task::sleep(Duration::from_millis(20)).await;
            assert!(!out.is_finished() && !err.is_finished());
            child.stdin.take().unwrap().write_all(b"go\n").await?;
            assert_eq!(out.await?, "half a line", "{way}");
            assert_eq!(err.await?, "err", "{way}");
        }
        Ok(())
    });
}

/// From outside, while it waits for room in a pipe that nobody empties: what the pipe holds is read after its end.
#[test]
fn what_a_killed_process_has_written_is_read() {
    run(async {
        let mut child = Command::new("cat")
            .arg("/dev/zero")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = child.stdout.take().expect("a pipe");
        let mut first = [1; 1000];
        stdout.read_exact(&mut first).await?;
        let status = child.status();
        let waiting = task::spawn(async move {
            let mut bytes = Vec::new();
            let read = stdout.read_to_end(&mut bytes).await?;
            assert!(bytes.iter().all(|byte| *byte == 0));
            io::Result::Ok(read)
        });
        // In the middle of much output.
        task::sleep(Duration::from_millis(5)).await;
        child.kill()?;
        assert_eq!(status.await?.signal(), Some(Signal::KILL.as_raw()));
        waiting.await?;
        Ok(())
    });
}

/// More than a pipe holds: it waits for who reads, and is neither lost nor ended by a wait for its status.
#[test]
fn a_process_with_much_output_is_waited_for_beside_its_reader() {
    const BYTES: usize = 1 << 20;
    run(async {
        let mut child = shell(&format!("head -c {BYTES} /dev/zero"))
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = child.stdout.take().expect("a pipe");
        let status = task::spawn(child.status());
        task::sleep(Duration::from_millis(20)).await;
        assert!(!status.is_finished(), "nobody has read");
        // In small pieces, some of which are given up.
        let (mut read, mut buf) = (0, [0; 5000]);
        loop {
            match future::poll_once(stdout.read(&mut buf)).await {
                Some(Ok(0)) => break,
                Some(count) => read += count?,
                None => task::yield_now().await,
            }
        }
        assert_eq!(read, BYTES);
        assert!(status.await?.success());
        Ok(())
    });
}

#[test]
fn what_is_written_comes_back() {
    const BYTES: usize = 3 << 20;
    run(async {
        let mut child = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let bytes: Vec<u8> = (0..BYTES).map(|number| (number / 7) as u8).collect();
        let sent = bytes.clone();
        let writer = task::spawn(async move {
            stdin.write_all(&sent).await?;
            futures_lite::AsyncWriteExt::close(&mut stdin).await
        });
        let mut received = Vec::new();
        stdout.read_to_end(&mut received).await?;
        writer.await?;
        assert!(received == bytes);
        assert!(child.status().await?.success());
        Ok(())
    });
}

#[test]
fn status_closes_the_input_and_try_status_does_not() {
    run(async {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn()?;
        task::sleep(Duration::from_millis(20)).await;
        assert!(child.try_status()?.is_none());
        assert!(child.stdin.is_some());
        assert!(child.status().await?.success());
        assert!(child.stdin.is_none());
        Ok(())
    });
}

#[test]
fn writing_to_a_process_that_has_ended_is_an_error() {
    run(async {
        let mut child = shell("exit 0").stdin(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().expect("a pipe");
        child.status().await?;
        let error = stdin.write_all(b"anybody?").await.expect_err("nobody");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        Ok(())
    });
}

#[test]
fn pipes_are_given_to_further_processes() {
    run(async {
        let mut numbers = shell("printf '3\\n1\\n2\\n'")
            .stdout(Stdio::piped())
            .spawn()?;
        let numbers_out = numbers.stdout.take().expect("a pipe").into_stdio().await?;
        let mut sorter = Command::new("sort")
            .stdin(numbers_out)
            .stdout(Stdio::piped())
            .spawn()?;
        let sorted = Stdio::try_from(sorter.stdout.take().expect("a pipe"))?;
        let output = Command::new("tr")
            .args(["-d", "\\n"])
            .stdin(sorted)
            .output();
        assert_eq!(text(output.await?), "123");
        assert!(numbers.status().await?.success());
        assert!(sorter.status().await?.success());

        // The mode that a process expects, and that of the descriptor itself.
        let mode = |fd: &OwnedFd| rustix::fs::fcntl_getfl(fd);
        let mut child = shell("echo out; echo err >&2")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().expect("a pipe");
        let number = stderr.as_fd().try_clone_to_owned()?;
        assert!(mode(&number)?.contains(rustix::fs::OFlags::NONBLOCK));
        let stdio = stderr.into_stdio().await?;
        assert!(!mode(&number)?.contains(rustix::fs::OFlags::NONBLOCK));
        drop(stdio);
        let stdout = OwnedFd::try_from(child.stdout.take().expect("a pipe"))?;
        assert!(mode(&stdout)?.contains(rustix::fs::OFlags::NONBLOCK));
        child.status().await.map(drop)
    });
}
