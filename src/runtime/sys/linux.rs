//! What Linux tells about another thread of this process, without privileges.
//!
//! Everything here may be called from any thread and is made for the monitor: nothing allocates,
//! takes a lock in user space, formats or panics, and no file descriptor is held between calls.
//! It deliberately does not know what the answers mean; that is the judge's part.
//!
//! | asked | system calls | cost |
//! |---|---|---|
//! | [`cpu_time`] | `clock_gettime` | 0.2 µs (it sleeps), 0.4 µs (it runs) |
//! | [`kernel_state`] | `openat`, `read`, `close` | 5.5 µs (it sleeps), 4.7 µs (it runs) |
//!
//! (2-core virtual machine, Linux 6.18, with 1 thread and with 500.) Reading a descriptor that is
//! kept open costs 1.4 µs and 0.7 µs. But only suspects are asked, and one descriptor for each of
//! 500 threads would be half of what many processes are allowed.

mod syscalls;

pub(crate) use syscalls::syscall_name;

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::num::NonZero;
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{read, retry_on_intr};

use super::judge::KernelState;
use crate::fault::{self, Fault};

/// A thread of this process, by its kernel id.
///
/// The kernel gives ids of threads that have exited to new ones: whoever publishes an id takes it
/// back before its thread ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadId(i32);

impl ThreadId {
    /// For an atomic; never 0.
    pub(crate) fn to_raw(self) -> u32 {
        self.0.unsigned_abs()
    }

    /// What [`ThreadId::to_raw`] gave; `None` for 0, which may stand for "no thread".
    pub(crate) fn from_raw(raw: u32) -> Option<ThreadId> {
        i32::try_from(raw)
            .ok()
            .filter(|id| (1..=MAX_ID).contains(id))
            .map(ThreadId)
    }
}

/// The kernel's `PID_MAX_LIMIT`, which no id reaches. [`cpu_time`] has room for 28 bits: a number
/// beyond would name some other clock.
const MAX_ID: i32 = 1 << 22;

/// The thread that calls this.
pub(crate) fn current_thread() -> ThreadId {
    ThreadId(rustix::thread::gettid().as_raw_nonzero().get())
}

/// Timed waits of the calling thread end when they are to, as far as the kernel can: not up to 50 µs later, so that it may wake
/// up for several things at once.
pub(crate) fn wake_exactly() {
    // SAFETY: it takes a number, and changes nothing but what is said.
    let _refused =
        unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_usize, 0_usize, 0_usize, 0_usize) };
}

/// As `struct sched_attr` of the kernel, in its first version.
#[repr(C)]
#[derive(Default)]
struct SchedAttr {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    /// Of an ordinary thread, since Linux 6.12: its slice in nanoseconds.
    runtime: u64,
    deadline: u64,
    period: u64,
}

const SIZE: u32 = size_of::<SchedAttr>() as u32;

/// This thread is going to compute for long: threads that need a core for a moment come first, and it computes longer at a
/// time when it has one. Or it is like any other again. Does nothing where the kernel cannot (before Linux 6.12), and for threads
/// that the program has given another scheduling policy.
pub(crate) fn compute_in_long_slices(thread: ThreadId, begins: bool) {
    const SLICE: Duration = Duration::from_millis(20);
    // 0 is the system's own.
    let slice = if begins { SLICE } else { Duration::ZERO };
    let mut attr = SchedAttr::default();
    // SAFETY: the kernel writes at most `SIZE` bytes, which there are.
    let got = unsafe { libc::syscall(libc::SYS_sched_getattr, thread.0, &raw mut attr, SIZE, 0) };
    if got != 0 || attr.policy != libc::SCHED_OTHER as u32 {
        return;
    }
    // The nice value stays what it is now.
    attr.size = SIZE;
    attr.runtime = slice.as_nanos() as u64;
    // SAFETY: the kernel reads `SIZE` bytes.
    let _refused = unsafe { libc::syscall(libc::SYS_sched_setattr, thread.0, &raw const attr, 0) };
}

/// The calling thread gets less of the cores than the process' first one: it is nicer.
pub(crate) fn is_low_priority() -> bool {
    let own = rustix::process::getpriority_process(None);
    let first = rustix::process::getpriority_process(Some(rustix::process::getpid()));
    matches!((own, first), (Ok(own), Ok(first)) if own > first)
}

/// For the monitor's own thread: its sleeps of 250 µs should not be prolonged by the kernel's default slack, which
/// is 50 µs. If the kernel refuses, they are.
pub(crate) fn prepare_monitor() {
    let _default_slack = rustix::thread::set_current_timer_slack(NonZero::new(1_000));
}

/// The CPU time that a thread of this process has used since it began; `None` once it is gone.
pub(crate) fn cpu_time(thread: ThreadId) -> Option<Duration> {
    fault::refuse(Fault::CpuClock).ok()?;
    // The kernel's encoding of a thread's CPU clock (`CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED`),
    // which is also what `pthread_getcpuclockid` returns. rustix has no clock id for it.
    let clock = (!thread.0 << 3) | 6;
    let mut time = MaybeUninit::uninit();
    // SAFETY: the pointer is to room for a timespec, which is all that the call asks for; a clock
    // id that names no thread of this process is refused with EINVAL.
    let outcome = unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
    if outcome != 0 {
        return None;
    }
    // SAFETY: the call succeeded, and so has written the whole value.
    let time: libc::timespec = unsafe { time.assume_init() };
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).ok()?);
    seconds.checked_add(Duration::from_nanos(u64::try_from(time.tv_nsec).ok()?))
}

/// Where the kernel has a thread of this process.
///
/// `None` if it is gone, or if the kernel will not say: no `/proc`, or one without this file
/// (gVisor), no access (a process that is not dumpable), no descriptors left.
///
/// Takes microseconds, but for one case: a thread that was preempted on its way to sleep, after it
/// gave up being runnable, is waited for by the kernel for up to a scheduler tick.
pub(crate) fn kernel_state(thread: ThreadId) -> Option<KernelState> {
    fault::refuse(Fault::Proc).ok()?;
    let path = syscall_file(thread);
    let path = CStr::from_bytes_with_nul(&path).ok()?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = retry_on_intr(|| openat(CWD, path, flags, Mode::empty())).ok()?;
    // The longest line is a number and eight addresses of up to 18 characters, and spaces.
    let mut line = [0; 192];
    let length = retry_on_intr(|| read(&file, &mut line)).ok()?;
    parse(line.get(..length)?)
}

/// `/proc/self/task/TID/syscall`, ended by a zero byte.
///
/// The kernel does not take leading zeros, but as many slashes as one likes: the id is written from
/// right to left over slashes that are already there.
fn syscall_file(thread: ThreadId) -> [u8; PATH_LENGTH] {
    let mut path = *PATH;
    let mut rest = thread.to_raw();
    for digit in path[DIGITS].iter_mut().rev() {
        if rest == 0 {
            break;
        }
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    path
}

const PATH: &[u8; PATH_LENGTH] = b"/proc/self/task////////////syscall\0";
const PATH_LENGTH: usize = 35;
/// Ten digits, enough for every `u32`; a slash stays on either side.
const DIGITS: std::ops::Range<usize> = 16..26;

/// Reads a line of that file.
fn parse(line: &[u8]) -> Option<KernelState> {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    match words.next()? {
        b"running" => Some(KernelState::Running),
        // With neither stack pointer nor program counter, it is what is left of an exited thread.
        b"-1" if words.all(|address| address == b"0x0") => None,
        b"-1" => Some(KernelState::PageFault),
        number => decimal(number).map(KernelState::InSyscall),
    }
}

fn decimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

// The models have no kernel to ask.
#[cfg(all(test, not(loom)))]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::loom::sync::{Arc, Mutex};
    use crate::runtime::judge::{Sample, Thresholds, Verdict, judge};

    /// Far beyond what any of these takes on a machine that is busy with other things.
    const WATCHDOG: Duration = Duration::from_secs(60);

    /// A thread that does one thing over and over until this is dropped.
    struct Subject {
        id: ThreadId,
        _stop: Sender<()>,
    }

    impl Subject {
        fn doing(mut one_thing: impl FnMut() + Send + 'static) -> Subject {
            let (send_id, id) = channel();
            let (_stop, stopped): (_, Receiver<()>) = channel();
            thread::spawn(move || {
                send_id.send(current_thread()).unwrap();
                while stopped.try_recv() == Err(TryRecvError::Empty) {
                    one_thing();
                }
            });
            let id = id.recv_timeout(WATCHDOG).unwrap();
            Subject { id, _stop }
        }

        /// Looks at the thread as the monitor does, as if all it does were one poll, until the
        /// verdict is the one that is wanted.
        #[track_caller]
        fn is_judged(&self, wanted: impl Fn(Verdict) -> bool) {
            // Where the machine is shared with others, 10 ms without losing the core are rare.
            let limits = Thresholds {
                burning_after: Duration::from_millis(1),
                ..Thresholds::default()
            };
            let began = Instant::now();
            let look = || Sample {
                at: began.elapsed(),
                kernel: kernel_state(self.id),
                cpu: cpu_time(self.id),
                polls: 1,
            };
            let mut first = look();
            let mut prev = first;
            loop {
                thread::sleep(Duration::from_micros(300));
                let now = look();
                let verdict = judge(&first, &prev, &now, &limits);
                if wanted(verdict) {
                    return;
                }
                assert!(
                    now.at < WATCHDOG,
                    "{verdict:?} from {first:?}, {prev:?}, {now:?}"
                );
                if now.at - first.at > Duration::from_millis(50) {
                    first = now;
                }
                prev = now;
            }
        }

        #[track_caller]
        fn is_judged_blocked_in(&self, names: &[&str]) {
            self.is_judged(|verdict| {
                let Verdict::Blocked { syscall: Some(nr) } = verdict else {
                    return false;
                };
                // Where no table was made, there is only the number.
                syscall_name(nr).is_none_or(|name| names.contains(&name))
            });
        }
    }

    /// Waits until `done`, which need not be at once.
    #[track_caller]
    fn eventually(mut done: impl FnMut() -> bool) {
        let began = Instant::now();
        while !done() {
            assert!(began.elapsed() < WATCHDOG);
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn thread_in_a_long_sleep_is_blocked() {
        Subject::doing(|| thread::sleep(Duration::from_millis(100)))
            .is_judged_blocked_in(&["clock_nanosleep", "nanosleep"]);
    }

    #[test]
    fn thread_in_one_short_sleep_after_another_is_blocked() {
        Subject::doing(|| thread::sleep(Duration::from_millis(1)))
            .is_judged_blocked_in(&["clock_nanosleep", "nanosleep"]);
    }

    #[test]
    fn thread_that_waits_for_a_mutex_is_blocked() {
        let mutex = Arc::new(Mutex::new(()));
        let held = mutex.lock().unwrap();
        let contended = Arc::clone(&mutex);
        let subject = Subject::doing(move || drop(contended.lock()));
        subject.is_judged_blocked_in(&["futex"]);
        drop(held);
    }

    #[test]
    fn thread_that_reads_from_a_silent_peer_is_blocked() {
        let (reader, _writer) = UnixStream::pair().unwrap();
        // As a file, so that it is `read` and not `recvfrom`.
        let mut reader = File::from(OwnedFd::from(reader));
        let subject = Subject::doing(move || drop(reader.read(&mut [0])));
        subject.is_judged_blocked_in(&["read"]);
    }

    #[test]
    fn thread_that_polls_is_blocked() {
        Subject::doing(|| {
            // SAFETY: with no descriptors given, the pointer to them is not read.
            unsafe { libc::poll(std::ptr::null_mut(), 0, 100) };
        })
        .is_judged_blocked_in(&["poll", "ppoll"]);
    }

    #[test]
    fn thread_that_computes_is_burning() {
        Subject::doing(|| (0..1000).for_each(|_| std::hint::spin_loop()))
            .is_judged(|verdict| verdict == Verdict::Burning);
    }

    #[test]
    fn thread_that_looks_at_itself_is_in_read() {
        let Some(KernelState::InSyscall(nr)) = kernel_state(current_thread()) else {
            panic!("a thread that reads is in a system call");
        };
        assert!(syscall_name(nr).is_none_or(|name| name == "read"));
        assert!(cpu_time(current_thread()).is_some());
    }

    #[test]
    fn nothing_is_known_of_a_thread_that_is_gone() {
        let gone = thread::spawn(current_thread).join().unwrap();
        // The kernel may not be done with it when `join` returns.
        eventually(|| kernel_state(gone).is_none() && cpu_time(gone).is_none());
    }

    #[test]
    fn nothing_is_known_of_a_thread_that_never_was() {
        let nobody = ThreadId(MAX_ID);
        assert_eq!(kernel_state(nobody), None);
        assert_eq!(cpu_time(nobody), None);
    }

    #[test]
    fn thread_id_survives_an_atomic() {
        let id = current_thread();
        assert_eq!(ThreadId::from_raw(id.to_raw()), Some(id));
        for no_id in [0, 1 << 29, i32::MAX as u32, u32::MAX] {
            assert_eq!(ThreadId::from_raw(no_id), None, "{no_id}");
        }
    }

    #[test]
    fn path_names_the_thread() {
        for (raw, path) in [
            (1, "/proc/self/task//////////1/syscall\0"),
            (40_960, "/proc/self/task//////40960/syscall\0"),
            (4_194_304, "/proc/self/task////4194304/syscall\0"),
        ] {
            let thread = ThreadId::from_raw(raw).unwrap();
            assert_eq!(std::str::from_utf8(&syscall_file(thread)), Ok(path));
        }
    }

    #[test]
    fn lines_are_understood() {
        for (line, state) in [
            ("running\n", Some(KernelState::Running)),
            (
                "230 0x0 0x0 0x7ffc 0x7ffd 0x0 0x0 0x7ffe 0x7f0f\n",
                Some(KernelState::InSyscall(230)),
            ),
            (
                "0 0x3 0x7f97 0x20000 0x0 0x0 0x0 0x7ffd 0x7f97\n",
                Some(KernelState::InSyscall(0)),
            ),
            (
                "-1 0x7ffc36df1f8 0x7f0f729f9503\n",
                Some(KernelState::PageFault),
            ),
            ("-1 0x0 0x0\n", None),
            ("", None),
            ("\n", None),
            ("-7 0x1 0x2\n", None),
            ("4294967296 0x0\n", None),
            ("sleeping\n", None),
        ] {
            assert_eq!(parse(line.as_bytes()), state, "{line:?}");
        }
    }
}
