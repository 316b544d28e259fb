//! Files where the kernel, or a filter of system calls, does not answer in place, and where threads are scarce.
//!
//! Only in builds with `--cfg unstall_faults`, as `rt_faults`.

#![cfg(all(unstall_faults, target_os = "linux"))]

mod support;

use std::path::Path;

use support::{Scratch, in_child};
use unstall::fs::{self, File, OpenOptions};
use unstall::io::{SeekFrom, prelude::*};
use unstall::runtime::{Builder, Runtime};
use unstall::{fault, task};

fn set(faults: &str) {
    fault::set(faults).expect("the tests name faults that there are");
}

fn one_worker() -> Runtime {
    Builder::new().worker_threads(1).build().unwrap()
}

/// Everything that may be answered in place.
async fn use_file(path: &Path) {
    for _ in 0..5 {
        assert_eq!(fs::read(path).await.unwrap(), b"0123456789");
        assert_eq!(fs::metadata(path).await.unwrap().len(), 10);
        assert!(fs::metadata(path.join("below")).await.is_err());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .await
            .unwrap();
        let mut part = [0; 4];
        file.read_exact(&mut part).await.unwrap();
        assert_eq!(&part, b"0123");
        file.write_all(b"4").await.unwrap();
        file.seek(SeekFrom::Current(-1)).await.unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "456789");
    }
}

/// It is asked once, in vain, and everything is done by threads from then on. (Twice, if the first is a known name that is opened: that
/// may be refused for reasons of its own.)
fn is_done_without(fault: &str) {
    let scratch = Scratch::new();
    let path = scratch.join("a");
    std::fs::write(&path, "0123456789").unwrap();
    let rt = one_worker();
    // So that the file system is known.
    rt.block_on(use_file(&path));
    let (before, refused) = (rt.metrics().file_jobs, fault::count(fault));
    set(&format!("{fault}=1"));
    rt.block_on(use_file(&path));
    let refused = fault::count(fault) - refused;
    assert!((1..=2).contains(&refused), "{refused}");
    assert!(rt.metrics().file_jobs - before >= 5 * 5);
    set("");
    let before = rt.metrics().file_jobs;
    rt.block_on(use_file(&path));
    assert!(
        rt.metrics().file_jobs - before >= 5 * 5,
        "it is not tried again"
    );
}

#[test]
fn names_are_looked_up_by_threads_where_the_kernel_cannot() {
    in_child(
        "names_are_looked_up_by_threads_where_the_kernel_cannot",
        &[],
        || is_done_without("open-cached"),
    );
}

#[test]
fn bytes_are_read_by_threads_where_the_kernel_cannot() {
    in_child(
        "bytes_are_read_by_threads_where_the_kernel_cannot",
        &[],
        || is_done_without("read-now"),
    );
}

/// Not one more thread than there are at the beginning.
#[test]
fn files_are_served_though_no_thread_can_be_made() {
    in_child("files_are_served_though_no_thread_can_be_made", &[], || {
        let scratch = Scratch::new();
        let rt = one_worker();
        set("make-thread=1");
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let path = scratch.join(&format!("{number}"));
                rt.spawn(async move {
                    let mut file = File::create(&path).await.unwrap();
                    file.write_all(b"0123456789").await.unwrap();
                    drop(file);
                    let of_closure = path.clone();
                    task::spawn_blocking(move || std::fs::read(of_closure).unwrap()).await;
                    use_file(&path).await;
                    fs::remove_file(&path).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            rt.block_on(task);
        }
        assert!(fault::count("make-thread") > 0);
    });
}
