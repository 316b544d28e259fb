//! What this process uses of the machine: memory, threads, descriptors. Elsewhere than on Linux only the heap is known.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    fmt::Write as _,
    fs,
    sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use unstall::task;

/// The system's allocator, which also counts what is allocated: a leak of one small thing in each round shows.
pub(crate) struct Counting;

/// Counters on cache lines of their own, so that threads seldom meet on one.
#[repr(align(128))]
struct Shard(AtomicI64);

static HEAP: [Shard; 16] = [const { Shard(AtomicI64::new(0)) }; 16];

fn count(bytes: i64) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SHARD: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    // No destructor and no allocation: this works at any time in a thread's life.
    let mut shard = SHARD.get();
    if shard == usize::MAX {
        shard = NEXT.fetch_add(1, Relaxed) % HEAP.len();
        SHARD.set(shard);
    }
    HEAP[shard].0.fetch_add(bytes, Relaxed);
}

// SAFETY: everything is the system allocator's, which keeps the contract; counting does not allocate or unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller keeps the contract, and `alloc` handed out what `System` did.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// What is in use at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) heap: i64,
    pub(crate) rss: Option<i64>,
    pub(crate) threads: Option<i64>,
    pub(crate) descriptors: Option<i64>,
}

impl Usage {
    pub(crate) fn now() -> Usage {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<i64>().ok()
        };
        Usage {
            heap: HEAP.iter().map(|shard| shard.0.load(Relaxed)).sum(),
            rss: field("VmRSS:").map(|kilobytes| kilobytes << 10),
            threads: field("Threads:"),
            // One of them is that of the folder itself.
            descriptors: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|entries| entries.count() as i64 - 1),
        }
    }

    /// What is used more of than `before`, beyond what may differ.
    fn excess(&self, before: &Usage) -> Vec<String> {
        let mut excess = Vec::new();
        let mut compare = |what: &str, now: Option<i64>, before: Option<i64>, allowance: i64| {
            if let (Some(now), Some(before)) = (now, before) {
                if now > before + allowance {
                    excess.push(format!(
                        "{what}: {now}, which is {} more than after the first rounds; {allowance} more are allowed",
                        now - before
                    ));
                }
            }
        };
        compare("threads", self.threads, before.threads, 0);
        compare("descriptors", self.descriptors, before.descriptors, 0);
        compare(
            "bytes on the heap",
            Some(self.heap),
            Some(before.heap),
            HEAP_ALLOWANCE,
        );
        compare("bytes of memory (RSS)", self.rss, before.rss, RSS_ALLOWANCE);
        excess
    }
}

/// Tables that have grown (stalls by spawn line, the allocator's caches of threads). A task's allocation leaked once in a
/// thousand tasks is more than that after a minute.
const HEAP_ALLOWANCE: i64 = 64 << 10;
/// The system's allocator gives little back of what fragments of a round keep alive.
const RSS_ALLOWANCE: i64 = 128 << 20;

/// Waits until as much is in use as was `before`; says what is in use more if it does not come to that.
pub(crate) fn settle(before: &Usage, patience: Duration) -> Result<Usage, Vec<String>> {
    let start = Instant::now();
    loop {
        let usage = Usage::now();
        let excess = usage.excess(before);
        if excess.is_empty() {
            return Ok(usage);
        }
        if start.elapsed() > patience {
            return Err(excess);
        }
        stir();
    }
}

/// Lets some time pass. In async-io, a timer that was dropped is on a list with its waker, and so with its task and its
/// runtime, until the next timer comes.
fn stir() {
    task::block_on(task::sleep(Duration::from_millis(20)));
}

/// What this process uses once that has stopped to fall.
pub(crate) fn at_rest() -> Usage {
    let mut least = Usage::now();
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_millis(500) {
        stir();
        let now = Usage::now();
        if now.threads < least.threads
            || now.descriptors < least.descriptors
            || now.heap < least.heap
        {
            since = Instant::now();
            least = now;
        }
    }
    Usage::now()
}

/// The most threads seen by [`watch_threads`].
pub(crate) static PEAK: AtomicU64 = AtomicU64::new(0);

/// Looks at the number of threads from now on, often enough to see a burst.
pub(crate) fn watch_threads() {
    let watch = || {
        loop {
            let threads = Usage::now().threads.unwrap_or(0) as u64;
            PEAK.fetch_max(threads, Relaxed);
            thread::sleep(Duration::from_millis(25));
        }
    };
    thread::Builder::new()
        .name("watch".into())
        .spawn(watch)
        .expect("a few threads can be made");
}

/// The threads of this process and what they are in, for the report of a hang.
pub(crate) fn threads() -> String {
    let mut text = String::new();
    for entry in fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
    {
        let read = |file: &str| fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        let (name, place, call) = (read("comm"), read("wchan"), read("syscall"));
        let (name, place, call) = (name.trim(), place.trim(), call.trim());
        writeln!(text, "  {name:<16} {place:<24} {call}").expect("a string takes all");
    }
    text
}
