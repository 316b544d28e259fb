//! Child processes: they end, and that is told; they talk, and nothing is lost; they are dropped, and nothing is left.
//!
//! What concerns the whole process, such as limits and who its children are, has a process of its own. Where a test says
//! *both ways*, it is run once with pidfds and once without.

#![cfg(unix)]

mod support;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;
use std::time::Duration;

use futures_lite::future;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, test_kill_process, waitpid};
use support::{HOUR, LIMIT, child, eventually, in_child, is_child, printed, runtime, within};
use unstall::future::timeout;
use unstall::io::{self, BufReader, prelude::*};
use unstall::os::unix::process::CommandExt as _;
use unstall::process::{Child, Command, Stdio};
use unstall::stream::StreamExt as _;
use unstall::{runtime::Builder, task};

/// Runs a test's future, bounded in time.
fn run(test: impl Future<Output = io::Result<()>> + Send + 'static) {
    within(LIMIT, || {
        task::block_on(test).expect("no I/O error is expected")
    });
}

/// Runs a test's future in a process of its own; and, if the signal that this rests on arrives, in another one where there
/// are no pidfds.
fn run_both_ways<F>(test: &str, body: F)
where
    F: AsyncFn() -> io::Result<()> + Copy + Send + 'static,
{
    const WITHOUT: &str = "UNSTALL_TEST_WITHOUT_PIDFD";
    let without = (!support::signals_are_deferred()).then_some("1");
    for value in ["0"].into_iter().chain(without) {
        in_child(test, &[(WITHOUT, value)], move || {
            if std::env::var_os(WITHOUT).as_deref() == Some(OsStr::new("1")) {
                forbid_pidfds();
            }
            task::block_on(body()).expect("no I/O error is expected");
        });
        if is_child(test) {
            break;
        }
    }
}

/// From now on `pidfd_open` fails in this process, as in an old kernel.
#[cfg(all(target_os = "linux", target_endian = "little"))]
fn forbid_pidfds() {
    fn rule(code: u32, jump: (u8, u8), k: u32) -> libc::sock_filter {
        libc::sock_filter {
            code: code as u16,
            jt: jump.0,
            jf: jump.1,
            k,
        }
    }
    let mut filter = [
        // The system call's number is the first word.
        rule(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, (0, 0), 0),
        rule(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            (0, 1),
            libc::SYS_pidfd_open as u32,
        ),
        rule(
            libc::BPF_RET | libc::BPF_K,
            (0, 0),
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32,
        ),
        rule(libc::BPF_RET | libc::BPF_K, (0, 0), libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: has no conditions.
    let outcome = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(outcome, 0, "{}", io::Error::last_os_error());
    // For all threads, those of the runtime too.
    // SAFETY: the program is a valid one, and the kernel copies it.
    let outcome = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_TSYNC,
            &program,
        )
    };
    assert_eq!(outcome, 0, "{}", io::Error::last_os_error());
    let refused = rustix::process::pidfd_open(getpid(), rustix::process::PidfdFlags::empty());
    assert_eq!(refused.expect_err("forbidden"), rustix::io::Errno::NOSYS);
}

#[cfg(not(all(target_os = "linux", target_endian = "little")))]
fn forbid_pidfds() {}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn sleeper() -> Command {
    let mut command = Command::new("sleep");
    command.arg("3600");
    command
}

/// The children of this process, zombies included.
#[cfg(target_os = "linux")]
fn children() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("/proc");
    tasks
        .map(|task| {
            let path = task.expect("a task").path().join("children");
            // A thread may have ended meanwhile.
            let list = std::fs::read_to_string(path).unwrap_or_default();
            list.split_whitespace().count()
        })
        .sum()
}

fn exists(id: u32) -> bool {
    let id = Pid::from_raw(id as i32).expect("a number of a process");
    test_kill_process(id).is_ok()
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

// ---------------------------------------------------------------------------------------------
// How a process ends.

#[test]
fn the_status_says_how_a_process_ended() {
    run_both_ways("the_status_says_how_a_process_ended", async || {
        for code in [0, 1, 7, 255] {
            let status = shell(&format!("exit {code}")).status().await?;
            assert_eq!((status.code(), status.signal()), (Some(code), None));
        }
        for signal in [Signal::KILL, Signal::TERM, Signal::USR1] {
            let number = signal.as_raw();
            let status = shell(&format!("kill -{number} $$")).status().await?;
            assert_eq!((status.code(), status.signal()), (None, Some(number)));
        }
        Ok(())
    });
}

#[test]
fn a_core_dump_is_part_of_the_status() {
    run(async {
        let status = shell("ulimit -c 0; kill -ABRT $$").status().await?;
        assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
        let dumped = std::process::Command::new("sh")
            .args(["-c", "ulimit -c 0; kill -ABRT $$"])
            .status()?
            .core_dumped();
        assert_eq!(status.core_dumped(), dumped);
        Ok(())
    });
}

#[test]
fn a_wait_that_is_dropped_loses_nothing() {
    run_both_ways("a_wait_that_is_dropped_loses_nothing", async || {
        let mut child = shell("read line; exit 7").stdin(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        for _ in 0..50 {
            assert!(future::poll_once(child.status()).await.is_none());
        }
        drop(stdin);
        assert_eq!(child.status().await?.code(), Some(7));
        // And the status stays.
        assert_eq!(child.status().await?.code(), Some(7));
        assert_eq!(
            child.try_status()?.and_then(|status| status.code()),
            Some(7)
        );
        Ok(())
    });
}

#[test]
fn the_future_of_the_status_outlives_the_child() {
    run_both_ways("the_future_of_the_status_outlives_the_child", async || {
        let mut child = sleeper().kill_on_drop(true).spawn()?;
        let id = child.id();
        let (first, second) = (task::spawn(child.status()), child.status());
        drop(child);
        // The futures hold it.
        task::sleep(Duration::from_millis(10)).await;
        assert!(exists(id));
        kill_process(Pid::from_raw(id as i32).expect("its number"), Signal::TERM)?;
        // Both are told.
        assert_eq!(first.await?.signal(), Some(Signal::TERM.as_raw()));
        assert_eq!(second.await?.signal(), Some(Signal::TERM.as_raw()));
        Ok(())
    });
}

#[test]
fn a_process_that_ended_while_nobody_waited_is_found() {
    run_both_ways(
        "a_process_that_ended_while_nobody_waited_is_found",
        async || {
            let mut asked = shell("exit 3").spawn()?;
            let mut awaited = shell("exit 4").spawn()?;
            let mut status = None;
            eventually("the first has ended", || {
                status = asked.try_status().expect("its status");
                status.is_some()
            });
            assert_eq!(status.and_then(|status| status.code()), Some(3));
            // This one ends unasked.
            task::sleep(Duration::from_millis(20)).await;
            assert_eq!(awaited.status().await?.code(), Some(4));
            Ok(())
        },
    );
}

#[test]
fn a_process_that_leaves_its_pipe_to_another_has_ended_all_the_same() {
    run_both_ways(
        "a_process_that_leaves_its_pipe_to_another_has_ended_all_the_same",
        async || {
            let mut child = shell("sleep 3600 & echo $!")
                .stdout(Stdio::piped())
                .spawn()?;
            assert!(child.status().await?.success());
            let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
            let heir = lines.next().await.expect("a line")?;
            // It holds the pipe, and so there is no end.
            assert!(future::poll_once(lines.next()).await.is_none());
            let heir = heir.parse().ok().and_then(Pid::from_raw).expect("a number");
            kill_process(heir, Signal::KILL)?;
            assert!(lines.next().await.is_none());
            Ok(())
        },
    );
}

#[test]
fn kill_ends_a_process_and_nothing_else() {
    run_both_ways("kill_ends_a_process_and_nothing_else", async || {
        let mut child = sleeper().spawn()?;
        child.kill()?;
        let status = child.status().await?;
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()));
        // Once it has ended, and once its status was taken.
        child.kill()?;
        child.kill()?;

        let mut ended = shell("exit 0").spawn()?;
        task::sleep(Duration::from_millis(20)).await;
        ended.kill()?;
        ended.status().await?;
        ended.kill()
    });
}

/// The number of a process whose status was taken goes to the next one.
#[cfg(target_os = "linux")]
#[test]
fn kill_does_not_hit_who_has_got_the_number_since() {
    run_both_ways(
        "kill_does_not_hit_who_has_got_the_number_since",
        async || {
            let mut child = shell("exit 0").spawn()?;
            child.status().await?;
            // Whoever has it now; the test asks for no process in particular to get it, which would take root's rights.
            let taken = waitpid(Pid::from_raw(child.id() as i32), WaitOptions::NOHANG);
            assert_eq!(
                taken.expect_err("not a child any more"),
                rustix::io::Errno::CHILD
            );
            assert!(!exists(child.id()));
            // `kill` of a number that nobody has is an error, so this did not ask for that.
            child.kill()
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_ignored_sigchld_takes_the_status_away_and_the_wait_ends() {
    run_both_ways(
        "an_ignored_sigchld_takes_the_status_away_and_the_wait_ends",
        async || {
            // SAFETY: no handler is installed.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
            let error = shell("exit 0").status().await;
            // With SIGCHLD listened for, it is not ignored.
            if let Err(error) = error {
                assert_eq!(error.raw_os_error(), Some(libc::ECHILD));
            }
            Ok(())
        },
    );
}

#[test]
fn a_thousand_processes_end() {
    run_both_ways("a_thousand_processes_end", async || {
        let mut sum = 0;
        // As many at a time as the usual limit of descriptors allows.
        for round in 0..5 {
            let waits: Vec<_> = (0..200)
                .map(|number| {
                    let mut command = shell(&format!("exit {}", (round + number) % 5));
                    task::spawn(command.status())
                })
                .collect();
            for wait in waits {
                sum += wait.await?.code().expect("it exits");
            }
        }
        assert_eq!(sum, 1000 / 5 * (1 + 2 + 3 + 4));
        #[cfg(target_os = "linux")]
        assert_eq!(children(), 0);
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn processes_need_no_threads() {
    run_both_ways("processes_need_no_threads", async || {
        let threads = || std::fs::read_dir("/proc/self/task").expect("/proc").count();
        // What any process and any socket need is there.
        task::spawn(async { shell("exit 0").status().await }).await?;
        let before = threads();
        let children: io::Result<Vec<Child>> = (0..100).map(|_| sleeper().spawn()).collect();
        let waits: Vec<_> = children?
            .into_iter()
            .map(|mut child| {
                let status = task::spawn(child.status());
                (child, status)
            })
            .collect();
        for (child, _) in &waits {
            assert!(exists(child.id()));
        }
        // Tasks that block get threads of their own; spawning blocks at times.
        let more = threads().saturating_sub(before);
        assert!(more < 20, "{more} threads more for 100 children");
        for (mut child, status) in waits {
            child.kill()?;
            assert_eq!(status.await?.signal(), Some(Signal::KILL.as_raw()));
        }
        Ok(())
    });
}

// ---------------------------------------------------------------------------------------------
// What becomes of one that is dropped.

#[cfg(target_os = "linux")]
#[test]
fn children_that_are_dropped_leave_nothing_behind() {
    run_both_ways(
        "children_that_are_dropped_leave_nothing_behind",
        async || {
            for _ in 0..50 {
                // One that ends later, one that has ended or is about to, one whose wait was given up.
                drop(shell("sleep 0.1").spawn()?);
                drop(shell("exit 0").spawn()?);
                assert!(
                    future::poll_once(shell("sleep 0.1").status())
                        .await
                        .is_none()
                );
            }
            eventually("all have ended and been reaped", || children() == 0);
            Ok(())
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_that_is_dropped_outside_of_all_runtimes_is_reaped_too() {
    in_child(
        "a_child_that_is_dropped_outside_of_all_runtimes_is_reaped_too",
        &[],
        || {
            drop(shell("sleep 0.1").spawn().expect("a shell"));
            let rt = Builder::new()
                .on_caller_thread()
                .build()
                .expect("a runtime");
            rt.block_on(async { shell("sleep 0.1").spawn().map(drop) })
                .expect("a shell");
            drop(rt);
            eventually("both have ended and been reaped", || children() == 0);
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_that_is_not_to_be_reaped_is_left_to_others() {
    run_both_ways(
        "a_child_that_is_not_to_be_reaped_is_left_to_others",
        async || {
            let child = shell("exit 7").reap_on_drop(false).spawn()?;
            let id = Pid::from_raw(child.id() as i32);
            drop(child);
            let waited = task::block_in_place(|| waitpid(id, WaitOptions::empty()))?;
            let (_, status) = waited.expect("it ends");
            assert_eq!(status.exit_status(), Some(7));
            Ok(())
        },
    );
}

#[test]
fn kill_on_drop_ends_a_process_when_nobody_holds_it() {
    run_both_ways(
        "kill_on_drop_ends_a_process_when_nobody_holds_it",
        async || {
            let child = sleeper().kill_on_drop(true).spawn()?;
            let id = child.id();
            assert!(exists(id));
            drop(child);
            eventually("it has ended and been reaped", || !exists(id));

            let mut command = shell("echo $$; exec sleep 3600");
            let output = command.kill_on_drop(true).output();
            assert!(timeout(Duration::from_millis(20), output).await.is_err());
            #[cfg(target_os = "linux")]
            eventually("the shell, too", || children() == 0);
            Ok(())
        },
    );
}

#[test]
fn a_child_that_is_dropped_lives_on() {
    run(async {
        let mut child = sleeper().stdin(Stdio::piped()).spawn()?;
        let id = child.id();
        drop(child.stdin.take());
        drop(child);
        task::sleep(Duration::from_millis(20)).await;
        assert!(exists(id));
        kill_process(Pid::from_raw(id as i32).expect("its number"), Signal::KILL)?;
        eventually("it has ended and been reaped", || !exists(id));
        Ok(())
    });
}

// ---------------------------------------------------------------------------------------------
// What a command may say.

#[test]
fn a_command_sets_what_it_says() {
    run(async {
        let mut command = shell("echo $A $B ${HOME-gone}; pwd; echo $0 $1");
        command
            .env("A", "1")
            .envs([("B", "2")])
            .env_remove("HOME")
            .args(["zero", "one"])
            .current_dir("/");
        assert_eq!(command.get_program(), "sh");
        assert_eq!(command.get_current_dir(), Some("/".as_ref()));
        assert_eq!(command.get_args().count(), 4);
        assert_eq!(command.get_envs().count(), 3);
        assert_eq!(text(command.output().await?), "1 2 gone\n/\nzero one\n");
        // A second time, too.
        assert_eq!(text(command.output().await?), "1 2 gone\n/\nzero one\n");
        Ok(())
    });
}

#[test]
fn a_command_of_std_becomes_one() {
    run(async {
        let mut command = std::process::Command::new("echo");
        command.arg("hello");
        let mut command = Command::from(command);
        assert_eq!(format!("{command:?}"), r#""echo" "hello""#);
        assert!(format!("{command:#?}").contains("on_drop"));
        assert_eq!(text(command.output().await?), "hello\n");
        Ok(())
    });
}

#[test]
fn settings_of_unix_take_effect() {
    run(async {
        let me = rustix::process::getuid().as_raw();
        let group = rustix::process::getgid().as_raw();
        let mut command =
            shell("echo $0; id -u; id -g; ps -o pgid= -p $$ | tr -d ' '; echo $$; umask");
        command.arg0("renamed").uid(me).gid(group).process_group(0);
        // SAFETY: `umask` may be called in a signal handler.
        unsafe {
            command.pre_exec(|| {
                rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o027));
                Ok(())
            })
        };
        let output = text(command.output().await?);
        let lines: Vec<_> = output.lines().collect();
        assert_eq!(lines[0], "renamed");
        assert_eq!(lines[1..3], [me.to_string(), group.to_string()]);
        assert_eq!(lines[3], lines[4], "its own group");
        assert_eq!(lines[5], "0027");
        Ok(())
    });
}

#[test]
fn exec_takes_the_place_of_the_process() {
    const TEST: &str = "exec_takes_the_place_of_the_process";
    if is_child(TEST) {
        let error = shell("echo it was I; exit 7").exec();
        panic!("it returned: {error}");
    }
    let output = child(TEST, &[]);
    assert_eq!(output.status.code(), Some(7), "{}", printed(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("it was I"), "{stdout}");
}

// ---------------------------------------------------------------------------------------------
// What fails.

#[test]
fn a_program_that_is_not_there_is_an_error() {
    run(async {
        let mut command = Command::new("there is no such program");
        let kinds = [
            command.spawn().map(drop).expect_err("spawn").kind(),
            command.status().await.expect_err("status").kind(),
            command.output().await.expect_err("output").kind(),
        ];
        assert_eq!(kinds, [ErrorKind::NotFound; 3]);
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_lack_of_descriptors_is_an_error_and_leaves_no_process() {
    in_child(
        "a_lack_of_descriptors_is_an_error_and_leaves_no_process",
        &[],
        || {
            use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
            let rt = runtime(1);
            rt.block_on(async {
                // The reactor and the runtime are there.
                shell("exit 0").status().await?;
                let limits = getrlimit(Resource::Nofile);
                let mut failures = 0;
                // From no descriptor to enough of them.
                for room in 0..12 {
                    // All numbers below the next free one are taken.
                    let next = std::fs::File::open("/dev/null")?;
                    let next = std::os::fd::AsRawFd::as_raw_fd(&next) as u64;
                    let few = Rlimit {
                        current: Some(next + room),
                        ..limits
                    };
                    setrlimit(Resource::Nofile, few)?;
                    let inherits = shell("exit 0").spawn();
                    let piped = shell("exit 0")
                        .stdin(Stdio::piped())
                        .stdout(Stdio::piped())
                        .stderr(Stdio::piped())
                        .spawn();
                    setrlimit(Resource::Nofile, limits)?;
                    for outcome in [inherits, piped] {
                        match outcome {
                            // It has the same limit, which may be too low for it.
                            Ok(mut child) => drop(child.status().await?),
                            Err(error) => {
                                failures += 1;
                                assert_eq!(error.raw_os_error(), Some(libc::EMFILE), "{error}");
                            }
                        }
                    }
                }
                assert!(failures > 1, "{failures}");
                eventually("nothing is left", || children() == 0);
                // And it passes.
                assert_eq!(text(shell("echo again").output().await?), "again\n");
                io::Result::Ok(())
            })
            .expect("no other error");
        },
    );
}

// ---------------------------------------------------------------------------------------------
// Beside everything else.

#[test]
fn handles_go_to_any_thread() {
    fn is_shareable<T: Send + Sync + Unpin>() {}
    is_shareable::<Child>();
    is_shareable::<Command>();
    is_shareable::<unstall::process::ChildStdin>();
    is_shareable::<unstall::process::ChildStdout>();
}

#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left_open() {
    run_both_ways("no_descriptor_is_left_open", async || {
        let open = || std::fs::read_dir("/proc/self/fd").expect("/proc").count();
        // The reactor's own, and that for SIGCHLD.
        shell("exit 0").status().await?;
        let before = open();
        for _ in 0..20 {
            shell("echo hello").output().await?;
            drop(shell("exit 0").stdin(Stdio::piped()).spawn()?);
            assert!(Command::new("there is no such program").spawn().is_err());
            let mut command = sleeper();
            command.stdout(Stdio::piped()).kill_on_drop(true);
            assert!(future::poll_once(command.output()).await.is_none());
        }
        // Those of dropped children go with the children.
        eventually("all are closed", || open() == before);
        Ok(())
    });
}

#[test]
fn processes_are_waited_for_on_any_executor() {
    within(LIMIT, || {
        let output = future::block_on(shell("echo elsewhere").output());
        assert_eq!(text(output.expect("a shell")), "elsewhere\n");
        let rt = Builder::new()
            .on_caller_thread()
            .build()
            .expect("a runtime");
        let output = rt.block_on(shell("echo on the caller").output());
        assert_eq!(text(output.expect("a shell")), "on the caller\n");
    });
}

#[test]
fn an_end_is_told_while_a_task_is_stuck() {
    run_both_ways("an_end_is_told_while_a_task_is_stuck", async || {
        let rt = runtime(1);
        let mut child = sleeper().spawn()?;
        let wait = rt.spawn(child.status());
        let stuck = rt.spawn(async { std::thread::sleep(HOUR) });
        child.kill()?;
        assert_eq!(wait.await?.signal(), Some(Signal::KILL.as_raw()));
        drop(stuck);
        // The thread that sleeps stays behind; the process ends.
        std::mem::forget(rt);
        Ok(())
    });
}

#[test]
fn a_forked_child_leaves_its_parents_children_alone() {
    run_both_ways(
        "a_forked_child_leaves_its_parents_children_alone",
        async || {
            let mut kept = sleeper().spawn()?;
            let mut dropped = Some(sleeper().kill_on_drop(true).spawn()?);
            // SAFETY: what the child calls is meant to work there.
            let forked = unsafe { libc::fork() };
            if forked == 0 {
                // SAFETY: has no conditions.
                unsafe { libc::alarm(50) };
                let refused =
                    |error: io::Error| error.to_string().contains("forked after its parent");
                let outcomes = [
                    shell("exit 0").spawn().map(drop).map_err(refused),
                    kept.try_status().map(drop).map_err(refused),
                    kept.kill().map_err(refused),
                    match std::pin::pin!(kept.status())
                        .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
                    {
                        std::task::Poll::Ready(outcome) => outcome.map(drop).map_err(refused),
                        std::task::Poll::Pending => Ok(()),
                    },
                ];
                drop(dropped.take());
                let all = outcomes.iter().all(|outcome| *outcome == Err(true));
                // SAFETY: has no conditions.
                unsafe { libc::_exit(if all { 7 } else { 1 }) };
            }
            let (_, status) =
                task::block_in_place(|| waitpid(Pid::from_raw(forked), WaitOptions::empty()))?
                    .expect("it ends");
            assert_eq!(status.exit_status(), Some(7));
            assert!(kept.try_status()?.is_none());
            let mut dropped = dropped.expect("the child had a copy");
            assert!(
                dropped.try_status()?.is_none(),
                "it was killed in the child"
            );
            kept.kill()?;
            dropped.kill()?;
            kept.status().await?;
            dropped.status().await.map(drop)
        },
    );
}
