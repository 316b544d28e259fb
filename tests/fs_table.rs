//! Every function of `fs` beside that of `std::fs`, on everything that there may be at a path: nothing, files and directories, with and
//! without leave, FIFOs, devices, what is in `/proc`, links of all kinds, and names that are no text or no names. Both say the same, and leave
//! the same behind.

#![cfg(target_os = "linux")]

mod support;

use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use rustix::fs::{CWD, Mode};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use support::{Scratch, in_child};
use unstall::fs;
use unstall::io::prelude::*;
use unstall::os::unix::fs::symlink;
use unstall::stream::StreamExt;
use unstall::task;

/// What an operation is done to: a path, a file beside it, and a path beside it where nothing is.
#[derive(Clone)]
struct At {
    path: PathBuf,
    source: PathBuf,
    nothing: PathBuf,
}

type Outcome = io::Result<String>;

/// A function, and that of the standard library.
struct Operation {
    name: &'static str,
    ours: fn(At) -> Pin<Box<dyn Future<Output = Outcome>>>,
    std: fn(At) -> Outcome,
    /// To the end.
    reads: bool,
    /// It is not for what belongs to the system.
    changes: bool,
}

fn done<T>(result: io::Result<T>) -> Outcome {
    result.map(|_| "done".to_owned())
}

fn shown(result: io::Result<impl std::fmt::Debug>) -> Outcome {
    result.map(|value| format!("{value:?}"))
}

fn metadata_of(result: io::Result<std::fs::Metadata>) -> Outcome {
    let metadata = result?;
    // How long a directory is, is the file system's affair.
    let len = if metadata.is_dir() { 0 } else { metadata.len() };
    let mode = metadata.permissions().mode();
    Ok(format!("{:?}, {len} bytes, {mode:o}", metadata.file_type()))
}

/// A path that is the same in both places.
fn below(result: io::Result<PathBuf>, at: &At) -> Outcome {
    let path = result?;
    let root = at.source.parent().expect("it is in a directory");
    let root = std::fs::canonicalize(root)?;
    Ok(format!("{:?}", path.strip_prefix(root).unwrap_or(&path)))
}

fn names(mut names: Vec<OsString>) -> String {
    names.sort();
    format!("{names:?}")
}

async fn entries(path: PathBuf) -> Outcome {
    let mut entries = fs::read_dir(path).await?;
    let mut found = Vec::new();
    while let Some(entry) = entries.next().await {
        found.push(entry?.file_name());
    }
    Ok(names(found))
}

fn entries_of_std(path: &Path) -> Outcome {
    let entries = std::fs::read_dir(path)?;
    let found: io::Result<Vec<OsString>> = entries.map(|entry| Ok(entry?.file_name())).collect();
    Ok(names(found?))
}

async fn text_of(mut file: fs::File) -> Outcome {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).await?;
    Ok(format!("{bytes:?}"))
}

fn text_of_std(mut file: std::fs::File) -> Outcome {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut file, &mut bytes)?;
    Ok(format!("{bytes:?}"))
}

async fn add_to(mut file: fs::File) -> Outcome {
    file.write_all(b"more").await?;
    file.flush().await?;
    Ok(String::new())
}

fn add_to_std(mut file: std::fs::File) -> Outcome {
    io::Write::write_all(&mut file, b"more")?;
    Ok(String::new())
}

fn options() -> fs::OpenOptions {
    fs::OpenOptions::new()
}

fn options_of_std() -> std::fs::OpenOptions {
    std::fs::OpenOptions::new()
}

/// A few letters for what an operation is: `r` if it reads to the end, `c` if it changes what is there.
macro_rules! operation {
    ($name:literal, $is:literal, |$at:ident| $ours:expr, $std:expr) => {
        Operation {
            name: $name,
            ours: |$at: At| Box::pin(async move { $ours }),
            std: |$at: At| $std,
            reads: $is.contains('r'),
            changes: $is.contains('c'),
        }
    };
}

fn operations() -> Vec<Operation> {
    vec![
        operation!(
            "File::open",
            "r",
            |at| text_of(fs::File::open(&at.path).await?).await,
            text_of_std(std::fs::File::open(&at.path)?)
        ),
        operation!(
            "File::metadata",
            "",
            |at| metadata_of(fs::File::open(&at.path).await?.metadata().await),
            metadata_of(std::fs::File::open(&at.path)?.metadata())
        ),
        operation!(
            "File::create",
            "",
            |at| add_to(fs::File::create(&at.path).await?).await,
            add_to_std(std::fs::File::create(&at.path)?)
        ),
        operation!(
            "File::set_len",
            "c",
            |at| {
                let file = options().write(true).open(&at.path).await?;
                done(file.set_len(2).await)
            },
            done(options_of_std().write(true).open(&at.path)?.set_len(2))
        ),
        operation!(
            "append",
            "",
            |at| add_to(options().append(true).open(&at.path).await?).await,
            add_to_std(options_of_std().append(true).open(&at.path)?)
        ),
        operation!(
            "create_new",
            "",
            |at| add_to(
                options()
                    .write(true)
                    .create_new(true)
                    .open(&at.path)
                    .await?
            )
            .await,
            add_to_std(
                options_of_std()
                    .write(true)
                    .create_new(true)
                    .open(&at.path)?
            )
        ),
        operation!("read", "r", |at| shown(fs::read(&at.path).await), {
            shown(std::fs::read(&at.path))
        }),
        operation!(
            "read_to_string",
            "r",
            |at| shown(fs::read_to_string(&at.path).await),
            shown(std::fs::read_to_string(&at.path))
        ),
        operation!("write", "", |at| done(fs::write(&at.path, "new").await), {
            done(std::fs::write(&at.path, "new"))
        }),
        operation!(
            "copy from",
            "r",
            |at| shown(fs::copy(&at.path, &at.nothing).await),
            shown(std::fs::copy(&at.path, &at.nothing))
        ),
        operation!(
            "copy to",
            "",
            |at| shown(fs::copy(&at.source, &at.path).await),
            shown(std::fs::copy(&at.source, &at.path))
        ),
        operation!(
            "rename from",
            "c",
            |at| done(fs::rename(&at.path, &at.nothing).await),
            done(std::fs::rename(&at.path, &at.nothing))
        ),
        operation!(
            "rename to",
            "c",
            |at| done(fs::rename(&at.source, &at.path).await),
            done(std::fs::rename(&at.source, &at.path))
        ),
        operation!(
            "hard_link from",
            "c",
            |at| done(fs::hard_link(&at.path, &at.nothing).await),
            done(std::fs::hard_link(&at.path, &at.nothing))
        ),
        operation!(
            "hard_link to",
            "c",
            |at| done(fs::hard_link(&at.source, &at.path).await),
            done(std::fs::hard_link(&at.source, &at.path))
        ),
        operation!(
            "symlink",
            "c",
            |at| done(symlink("source", &at.path).await),
            { done(std::os::unix::fs::symlink("source", &at.path)) }
        ),
        operation!(
            "read_link",
            "",
            |at| shown(fs::read_link(&at.path).await.map(PathBuf::from)),
            shown(std::fs::read_link(&at.path))
        ),
        operation!(
            "canonicalize",
            "",
            |at| below(fs::canonicalize(&at.path).await.map(PathBuf::from), &at),
            below(std::fs::canonicalize(&at.path), &at)
        ),
        operation!(
            "metadata",
            "",
            |at| metadata_of(fs::metadata(&at.path).await),
            metadata_of(std::fs::metadata(&at.path))
        ),
        operation!(
            "symlink_metadata",
            "",
            |at| metadata_of(fs::symlink_metadata(&at.path).await),
            metadata_of(std::fs::symlink_metadata(&at.path))
        ),
        operation!(
            "exists, is_file, is_dir",
            "",
            |at| {
                let path: &unstall::path::Path = at.path.as_path().into();
                shown(Ok((
                    path.exists().await,
                    path.is_file().await,
                    path.is_dir().await,
                )))
            },
            shown(Ok((at.path.exists(), at.path.is_file(), at.path.is_dir())))
        ),
        operation!(
            "set_permissions",
            "c",
            |at| {
                let mode = fs::Permissions::from_mode(0o640);
                done(fs::set_permissions(&at.path, mode).await)
            },
            {
                let mode = std::fs::Permissions::from_mode(0o640);
                done(std::fs::set_permissions(&at.path, mode))
            }
        ),
        operation!(
            "create_dir",
            "",
            |at| done(fs::create_dir(&at.path).await),
            { done(std::fs::create_dir(&at.path)) }
        ),
        operation!(
            "create_dir_all",
            "",
            |at| done(fs::create_dir_all(&at.path).await),
            done(std::fs::create_dir_all(&at.path))
        ),
        operation!(
            "DirBuilder",
            "",
            |at| done(fs::DirBuilder::new().recursive(true).create(&at.path).await),
            done(std::fs::DirBuilder::new().recursive(true).create(&at.path))
        ),
        operation!(
            "remove_file",
            "c",
            |at| done(fs::remove_file(&at.path).await),
            done(std::fs::remove_file(&at.path))
        ),
        operation!(
            "remove_dir",
            "c",
            |at| done(fs::remove_dir(&at.path).await),
            { done(std::fs::remove_dir(&at.path)) }
        ),
        operation!(
            "remove_dir_all",
            "c",
            |at| done(fs::remove_dir_all(&at.path).await),
            done(std::fs::remove_dir_all(&at.path))
        ),
        operation!("read_dir", "", |at| entries(at.path).await, {
            entries_of_std(&at.path)
        }),
    ]
}

/// Whose is what is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Test,
    System,
}

/// Something at a path: its name in a directory, and what is made there.
struct Place {
    path: &'static [u8],
    owner: Owner,
    make: fn(&Path) -> io::Result<()>,
}

impl Place {
    /// Who reads to the end of it would do so for ever.
    fn is_endless(&self) -> bool {
        self.is_fifo() || self.path == b"/dev/full"
    }

    fn is_fifo(&self) -> bool {
        self.path == b"fifo"
    }
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

fn places() -> Vec<Place> {
    fn of_test(path: &'static [u8], make: fn(&Path) -> io::Result<()>) -> Place {
        Place {
            path,
            owner: Owner::Test,
            make,
        }
    }
    fn of_system(path: &'static [u8]) -> Place {
        Place {
            path,
            owner: Owner::System,
            make: |_| Ok(()),
        }
    }
    fn nothing(_: &Path) -> io::Result<()> {
        Ok(())
    }
    fn file(path: &Path) -> io::Result<()> {
        std::fs::write(path, "text")
    }
    fn link(to: &str, path: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(to, path)
    }
    vec![
        of_test(b"missing", nothing),
        of_test(b"missing/below", nothing),
        of_test(b"source/below a file", nothing),
        of_test(b"file", file),
        of_test(b"no text", |path| std::fs::write(path, b"a\xff")),
        of_test(b"denied", |path| {
            file(path)?;
            set_mode(path, 0)
        }),
        of_test(b"only read", |path| {
            file(path)?;
            set_mode(path, 0o444)
        }),
        of_test(b"closed/file", |path| {
            let dir = path.parent().expect("a directory");
            std::fs::create_dir(dir)?;
            file(path)?;
            set_mode(dir, 0)
        }),
        of_test(b"only listed/file", |path| {
            let dir = path.parent().expect("a directory");
            std::fs::create_dir(dir)?;
            file(path)?;
            set_mode(dir, 0o555)
        }),
        of_test(b"only listed/missing", |path| {
            let dir = path.parent().expect("a directory");
            std::fs::create_dir(dir)?;
            set_mode(dir, 0o555)
        }),
        of_test(b"directory", |path| std::fs::create_dir(path)),
        of_test(b"full directory", |path| {
            std::fs::create_dir(path)?;
            file(&path.join("a"))?;
            file(&path.join("b"))
        }),
        of_test(b"closed directory", |path| {
            std::fs::create_dir(path)?;
            set_mode(path, 0)
        }),
        of_test(b"link", |path| link("source", path)),
        of_test(b"link to a directory", |path| link(".", path)),
        of_test(b"broken link", |path| link("nowhere", path)),
        of_test(b"round link", |path| link("round link", path)),
        of_test(b"\xff\xfe \n\x01", nothing),
        of_test(b"\xff\xfe \n\x02", file),
        of_test(b"\xff\xfe \n\x03", |path| std::fs::create_dir(path)),
        of_test(b"\xff\xfe \n\x04", |path| {
            std::os::unix::fs::symlink(OsStr::from_bytes(b"\xfd"), path)
        }),
        of_test(b"no\0name", nothing),
        of_test(&[b'x'; 300], nothing),
        of_test(b".", nothing),
        of_test(b"source/", nothing),
        Place {
            path: b"fifo",
            owner: Owner::Test,
            make: |path| {
                let mode = Mode::from_raw_mode(0o600);
                Ok(rustix::fs::mkfifoat(CWD, path, mode)?)
            },
        },
        of_system(b"/dev/null"),
        of_system(b"/dev/full"),
        of_system(b"/proc/version"),
        of_system(b"/proc/self"),
        of_system(b"/proc/self/comm"),
        of_system(b"/proc/self/root"),
        of_system(b"/proc/sys/kernel/random"),
        of_system(b"/proc/none"),
        of_system(b"/"),
    ]
}

/// A directory with a place in it.
struct World {
    scratch: Scratch,
    at: At,
    /// Keeps a FIFO from waiting for its other side.
    _other_side: Option<std::fs::File>,
}

impl World {
    fn new(place: &Place) -> World {
        // In memory if there is room: a disk takes its time for each of thousands of files.
        let in_memory = "/dev/shm";
        let scratch = if Path::new(in_memory).is_dir() {
            Scratch::below(in_memory)
        } else {
            Scratch::new()
        };
        let at = At {
            path: scratch.path().join(OsStr::from_bytes(place.path)),
            source: scratch.join("source"),
            nothing: scratch.join("nothing"),
        };
        std::fs::write(&at.source, "source").expect("a test makes its file");
        (place.make)(&at.path).expect("a test makes what it needs");
        let other_side = place.is_fifo().then(|| {
            let mut options = std::fs::OpenOptions::new();
            let opened = options.read(true).write(true).open(&at.path);
            opened.expect("a FIFO is opened")
        });
        World {
            scratch,
            at,
            _other_side: other_side,
        }
    }

    /// What is in the directory, after everybody was given leave to see it.
    fn seen(&self) -> Vec<String> {
        let root = self.scratch.path();
        let Ok(metadata) = std::fs::metadata(root) else {
            return Vec::new();
        };
        let mut seen = vec![format!("{:o}", metadata.permissions().mode())];
        set_mode(root, 0o700).expect("it belongs to the test");
        look_into(root, Path::new(""), &mut seen);
        seen.sort();
        seen
    }
}

fn look_into(dir: &Path, shown: &Path, seen: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).expect("a test may list its directory") {
        let entry = entry.expect("an entry");
        let (path, shown) = (entry.path(), shown.join(entry.file_name()));
        let metadata = entry.metadata().expect("metadata");
        let kind = metadata.file_type();
        let mode = metadata.permissions().mode();
        let mut line = format!("{shown:?} {mode:o}");
        if kind.is_dir() {
            set_mode(&path, 0o700).expect("it belongs to the test");
            look_into(&path, &shown, seen);
        } else if kind.is_symlink() {
            line += &format!(" to {:?}", std::fs::read_link(&path).expect("a link"));
        } else if !kind.is_fifo() {
            set_mode(&path, 0o600).expect("it belongs to the test");
            line += &format!(" {:?}", std::fs::read(&path).expect("a file"));
        }
        seen.push(line);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // So that it can be removed.
        self.seen();
    }
}

/// Root may do what is denied. Not here, from now on: by this thread and those it starts.
fn give_up_privileges() {
    let above_modes = CapabilitySet::DAC_OVERRIDE
        | CapabilitySet::DAC_READ_SEARCH
        | CapabilitySet::SYS_ADMIN
        | CapabilitySet::SYS_RESOURCE;
    let mut sets = capabilities(None).expect("every thread has some");
    sets.effective -= above_modes;
    sets.permitted -= above_modes;
    set_capabilities(None, sets).expect("everybody may give up some");
}

#[test]
fn everything_is_as_in_std_whatever_is_at_the_path() {
    in_child(
        "everything_is_as_in_std_whatever_is_at_the_path",
        &[],
        || {
            give_up_privileges();
            for place in &places() {
                let shown = OsStr::from_bytes(place.path);
                for operation in operations() {
                    if (place.owner == Owner::System && operation.changes)
                        || (place.is_endless() && operation.reads)
                    {
                        continue;
                    }
                    let of = format!("{} at {shown:?}", operation.name);
                    let (ours, std) = (World::new(place), World::new(place));
                    let expected = (operation.std)(std.at.clone());
                    let expected = expected.map_err(|error| error.kind());
                    let outcome = task::block_on((operation.ours)(ours.at.clone()));
                    let outcome = outcome.map_err(|error| error.kind());
                    assert_eq!(outcome, expected, "{of}");
                    assert_eq!(ours.seen(), std.seen(), "what {of} left");
                }
            }
        },
    );
}

/// The places are what they are meant to be: denied is denied, and a FIFO is one.
#[test]
fn what_is_denied_is_denied_in_the_table() {
    in_child("what_is_denied_is_denied_in_the_table", &[], || {
        give_up_privileges();
        let kind = |path: &[u8]| {
            let places = places();
            let place = places.iter().find(|place| place.path == path);
            let world = World::new(place.expect("it is in the table"));
            let read = task::block_on(fs::read(&world.at.path));
            read.map_err(|error| error.kind())
        };
        for denied in [&b"denied"[..], b"closed/file", b"closed directory"] {
            assert_eq!(kind(denied), Err(io::ErrorKind::PermissionDenied));
        }
        assert_eq!(kind(b"directory"), Err(io::ErrorKind::IsADirectory));
        assert_eq!(kind(b"missing"), Err(io::ErrorKind::NotFound));
        assert_eq!(kind(b"\xff\xfe \n\x02"), Ok(b"text".to_vec()));
        assert_eq!(kind(b"/dev/null"), Ok(Vec::new()));
        assert!(!kind(b"/proc/version").expect("text").is_empty());
    });
}

/// So that a function that is added gets its operation.
#[test]
fn every_function_has_an_operation() {
    let names: Vec<_> = operations()
        .iter()
        .map(|operation| operation.name)
        .collect();
    let sources = [
        include_str!("../src/fs/whole.rs"),
        include_str!("../src/fs/names.rs"),
        include_str!("../src/fs/dirs.rs"),
        include_str!("../src/fs/metadata.rs"),
        include_str!("../src/fs/read_dir.rs"),
        include_str!("../src/os/unix/fs.rs"),
    ];
    let mut count = 0;
    for line in sources.iter().flat_map(|source| source.lines()) {
        let Some(rest) = line.strip_prefix("pub async fn ") else {
            continue;
        };
        let function = rest.split(['<', '(']).next().expect("it has a name");
        let is_done = names.iter().any(|name| name.starts_with(function));
        assert!(is_done, "{function} has no operation");
        count += 1;
    }
    assert!(count >= 16, "they are found: {count}");
}
