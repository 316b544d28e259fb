//! What is in memory is answered where it is asked for: no thread is involved, and it costs a few system calls.
//!
//! It takes Linux 5.12 and a file system below the build's directory whose reads need not wait, and `strace` for the system calls;
//! where there is none of these the tests say so and pass.

#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::env;
use std::io::{ErrorKind, IoSliceMut};
use std::process::Command;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::ReadWriteFlags;
use support::{LIMIT, Scratch, child_of, in_child, is_child, printed, skipped, within};
use unstall::fs::{self, File, OpenOptions};
use unstall::io::{SeekFrom, prelude::*};
use unstall::runtime::{Builder, Runtime};

/// Whether the system answers at all.
fn is_possible(scratch: &Scratch) -> bool {
    let path = scratch.join("probe");
    std::fs::write(&path, "probe").unwrap();
    let opened = rustix::fs::openat2(
        CWD,
        &path,
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::CACHED,
    );
    let possible = opened.is_ok_and(|file| {
        let (mut byte, flags) = ([0], ReadWriteFlags::NOWAIT);
        rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut byte)], 0, flags).is_ok()
    });
    if !possible {
        skipped("nothing is answered in place below the build's directory");
    }
    possible
}

/// A runtime that has been told that the directory is on a local disk, and a file of so many bytes in memory.
fn prepare(scratch: &Scratch, size: usize) -> (Runtime, std::path::PathBuf) {
    let rt = Builder::new().worker_threads(1).build().unwrap();
    let path = scratch.join(&size.to_string());
    std::fs::write(&path, vec![b'x'; size]).unwrap();
    rt.block_on(fs::metadata(&path)).unwrap();
    (rt, path)
}

#[test]
fn files_in_memory_need_no_thread() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        if !is_possible(&scratch) {
            return;
        }
        for size in [0, 1, 4096, 100_000] {
            let (rt, path) = prepare(&scratch, size);
            let before = rt.metrics().file_jobs;
            rt.block_on(async {
                for _ in 0..50 {
                    assert_eq!(fs::read(&path).await?.len(), size);
                    assert_eq!(fs::read_to_string(&path).await?.len(), size);
                    assert_eq!(fs::metadata(&path).await?.len() as usize, size);
                    assert!(fs::symlink_metadata(&path).await?.is_file());
                    let mut file = File::open(&path).await?;
                    let mut bytes = Vec::new();
                    file.read_to_end(&mut bytes).await?;
                    assert_eq!(bytes.len(), size);
                    file.seek(SeekFrom::Start(0)).await?;
                    assert_eq!(file.metadata().await?.len() as usize, size);
                    for options in [
                        OpenOptions::new().read(true).write(true),
                        OpenOptions::new().write(true),
                        OpenOptions::new().append(true),
                    ] {
                        drop(options.open(&path).await?);
                    }
                    let missing = fs::metadata(path.with_extension("none")).await;
                    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
                    // What makes no sense is no reason to ask a thread from now on.
                    assert!(fs::metadata("a\0b").await.is_err());
                }
                std::io::Result::Ok(())
            })
            .unwrap();
            // The name that makes no sense, and the first look for the one that is not there.
            let jobs = rt.metrics().file_jobs - before;
            assert!((50..=51).contains(&jobs), "{jobs} of {size} bytes");
        }
    });
}

/// What would keep other tasks waiting goes to a thread, in memory or not.
#[test]
fn long_files_are_read_by_a_thread() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let (rt, path) = prepare(&scratch, 5_000_000);
        let before = rt.metrics().file_jobs;
        assert_eq!(rt.block_on(fs::read(&path)).unwrap().len(), 5_000_000);
        assert_eq!(rt.metrics().file_jobs, before + 1);
    });
}

#[test]
fn files_that_are_not_in_memory_are_read_by_a_thread() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let (rt, path) = prepare(&scratch, 100_000);
        let forget = || {
            let file = std::fs::File::open(&path).unwrap();
            file.sync_all().unwrap();
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        };
        forget();
        let before = rt.metrics().file_jobs;
        let bytes = rt.block_on(fs::read(&path)).unwrap();
        assert!(bytes.len() == 100_000 && bytes.iter().all(|byte| *byte == b'x'));
        assert!(rt.metrics().file_jobs > before);
        forget();
        let before = rt.metrics().file_jobs;
        rt.block_on(async {
            let mut text = String::new();
            File::open(&path).await?.read_to_string(&mut text).await?;
            assert_eq!(text.len(), 100_000);
            std::io::Result::Ok(())
        })
        .unwrap();
        assert!(rt.metrics().file_jobs > before);
    });
}

/// What opened at once before is opened at once again, whatever it is by now; and read for what it is.
#[test]
fn something_else_may_have_taken_the_place_of_a_file() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        if !is_possible(&scratch) {
            return;
        }
        let (rt, path) = prepare(&scratch, 4096);
        let known = || assert_eq!(rt.block_on(fs::read(&path)).unwrap().len(), 4096);
        let put_back = || {
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, vec![b'x'; 4096]).unwrap();
        };
        known();
        std::fs::remove_file(&path).unwrap();
        let error = rt.block_on(fs::read(&path)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);

        // A file that says that it is empty, and has more.
        std::fs::write(&path, vec![b'x'; 4096]).unwrap();
        known();
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/proc/self/status", &path).unwrap();
        let text = rt.block_on(fs::read_to_string(&path)).unwrap();
        assert!(text.starts_with("Name:"), "{text}");
        put_back();

        // What waits for somebody else: the worker is stuck in the opening, and the others go on.
        known();
        std::fs::remove_file(&path).unwrap();
        rustix::fs::mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
        let reader = rt.spawn({
            let path = path.clone();
            async move { fs::read(path).await }
        });
        let writer = rt.spawn(async { "written" });
        let text = rt.block_on(writer);
        std::fs::write(&path, text).unwrap();
        assert_eq!(rt.block_on(reader).unwrap(), b"written");
    });
}

/// Who asks is the first, in a process of its own.
#[test]
fn a_file_system_is_asked_about_once() {
    in_child("a_file_system_is_asked_about_once", &[], || {
        let scratch = Scratch::new();
        if !is_possible(&scratch) {
            return;
        }
        let rt = Builder::new().worker_threads(1).build().unwrap();
        for expected in [1, 1, 1] {
            rt.block_on(fs::read(scratch.join("probe"))).unwrap();
            assert_eq!(rt.metrics().file_jobs, expected);
        }
    });
}

// --- system calls ---

const ROUNDS: &str = "UNSTALL_TEST_ROUNDS";

/// How often each system call is made in a process that does this so many times.
fn calls(test: &str, rounds: usize) -> BTreeMap<String, usize> {
    let log = env::temp_dir().join(format!("unstall-{test}-{}", std::process::id()));
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&log);
    strace.arg(env::current_exe().expect("the test binary has a path"));
    // LeakSanitizer refuses to be traced.
    let env = [
        (ROUNDS, &*rounds.to_string()),
        ("ASAN_OPTIONS", "detect_leaks=0"),
    ];
    let output = child_of(strace, test, &env);
    assert!(output.status.success(), "{}", printed(&output));
    let text = std::fs::read_to_string(&log).expect("strace wrote what it saw");
    let _left_behind = std::fs::remove_file(&log);
    let mut calls = BTreeMap::new();
    for line in text.lines().filter(|line| !line.contains("resumed>")) {
        let name = line
            .split_once(' ')
            .and_then(|(_, call)| call.trim_start().split_once('('));
        if let Some((name, _)) = name {
            *calls.entry(name.to_owned()).or_default() += 1;
        }
    }
    calls
}

/// What one round costs more, per call; the monitor's now and then not counted, nor with what the standard library checks in
/// debug builds that a descriptor is open.
fn per_round(test: &str) -> BTreeMap<String, f64> {
    const FEW: usize = 100;
    const MANY: usize = 600;
    let (few, many) = (calls(test, FEW), calls(test, MANY));
    let difference = |name: &str| {
        let count = |calls: &BTreeMap<String, usize>| *calls.get(name).unwrap_or(&0) as f64;
        (count(&many) - count(&few)) / (MANY - FEW) as f64
    };
    many.keys()
        .map(|name| (name.clone(), difference(name)))
        .filter(|(name, count)| *count > 0.25 && name != "fcntl")
        .collect()
}

fn has_strace() -> bool {
    let found = Command::new("strace").arg("-V").output().is_ok();
    if !found {
        skipped("there is no strace");
    }
    found
}

fn rounds() -> usize {
    env::var(ROUNDS).unwrap().parse().unwrap()
}

/// Runs `body` so often in a child, and says what each round costs there.
fn cost(test: &str, body: impl AsyncFn(&std::path::Path)) -> Option<BTreeMap<String, f64>> {
    let scratch = Scratch::new();
    if !is_possible(&scratch) || !has_strace() {
        return None;
    }
    if is_child(test) {
        let (rt, path) = prepare(&scratch, 4096);
        rt.block_on(async {
            for _ in 0..rounds() {
                body(&path).await;
            }
        });
        return None;
    }
    Some(per_round(test))
}

fn expect(cost: &BTreeMap<String, f64>, expected: &[(&str, f64)]) {
    let sum: f64 = cost.values().sum();
    let most: f64 = expected.iter().map(|(_, count)| count).sum();
    assert!(sum < most + 0.25, "{cost:?}");
    for (name, count) in expected {
        let made = cost.get(*name).unwrap_or(&0.0);
        assert!((made - count).abs() < 0.25, "{name}: {cost:?}");
    }
}

/// The standard library makes five calls: open, length, read, end of the file, close.
#[test]
fn a_cached_file_costs_four_system_calls() {
    let test = "a_cached_file_costs_four_system_calls";
    let body = async |path: &std::path::Path| {
        assert_eq!(fs::read(path).await.unwrap().len(), 4096);
    };
    if let Some(cost) = cost(test, body) {
        let calls = [
            ("openat2", 1.0),
            ("statx", 1.0),
            ("preadv2", 1.0),
            ("close", 1.0),
        ];
        expect(&cost, &calls);
    }
}

/// Three more tell what it is that is opened, where it was not opened before.
#[test]
fn a_cached_file_costs_seven_system_calls_at_first() {
    let test = "a_cached_file_costs_seven_system_calls_at_first";
    let number = std::cell::Cell::new(0);
    let body = async |path: &std::path::Path| {
        number.set(number.get() + 1);
        let dots = "./".repeat(number.get());
        let path = path.with_file_name(dots + path.file_name().unwrap().to_str().unwrap());
        assert_eq!(fs::read(path).await.unwrap().len(), 4096);
    };
    if let Some(cost) = cost(test, body) {
        let calls = [
            ("openat2", 2.0),
            ("statx", 2.0),
            ("preadv2", 1.0),
            ("close", 2.0),
        ];
        expect(&cost, &calls);
    }
}

#[test]
fn cached_metadata_cost_four_system_calls() {
    let test = "cached_metadata_cost_four_system_calls";
    let body = async |path: &std::path::Path| {
        assert_eq!(fs::metadata(path).await.unwrap().len(), 4096);
    };
    if let Some(cost) = cost(test, body) {
        expect(&cost, &[("openat2", 1.0), ("statx", 2.0), ("close", 1.0)]);
    }
}

/// Reading what is open: one call, and one to begin again.
#[test]
fn reading_an_open_file_costs_one_system_call() {
    let test = "reading_an_open_file_costs_one_system_call";
    let body = async |path: &std::path::Path| {
        let mut file = File::open(path).await.unwrap();
        let mut buf = [0; 100];
        for _ in 0..20 {
            assert_eq!(file.read(&mut buf).await.unwrap(), 100);
        }
    };
    if let Some(cost) = cost(test, body) {
        let opening = [("openat2", 1.0), ("statx", 1.0), ("close", 1.0)];
        expect(&cost, &[&opening[..], &[("preadv2", 20.0)]].concat());
    }
}
