//! The functions of `fs`, and the types that come with them.

mod support;

use std::collections::BTreeSet;
use std::error::Error as _;
use std::io::ErrorKind;

use support::{LIMIT, Scratch, within};
use unstall::fs::{self, DirBuilder, File, OpenOptions};
use unstall::io;
use unstall::path::{Path, PathBuf};
use unstall::stream::StreamExt;
use unstall::task;

#[test]
fn files_are_made_copied_moved_linked_and_removed() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let at = |name: &str| scratch.join(name);
        task::block_on(async {
            fs::write(at("a"), b"text").await?;
            assert_eq!(fs::copy(at("a"), at("b")).await?, 4);
            fs::rename(at("b"), at("c")).await?;
            fs::hard_link(at("c"), at("d")).await?;
            fs::write(at("c"), "TEXT").await?;
            assert_eq!(fs::read_to_string(at("d")).await?, "TEXT");
            assert_eq!(fs::read(at("a")).await?, b"text");
            for name in ["a", "c", "d"] {
                fs::remove_file(at(name)).await?;
            }
            assert_eq!(std::fs::read_dir(scratch.path())?.count(), 0);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn directories_are_made_and_removed() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let at = |name: &str| scratch.join(name);
        task::block_on(async {
            fs::create_dir(at("a")).await?;
            fs::create_dir_all(at("a/b/c")).await?;
            fs::create_dir_all(at("a/b/c")).await?;
            DirBuilder::new().recursive(true).create(at("x/y")).await?;
            let error = DirBuilder::new().create(at("x")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AlreadyExists);
            let error = fs::remove_dir(at("a")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DirectoryNotEmpty);
            fs::remove_dir(at("a/b/c")).await?;
            fs::remove_dir_all(at("a")).await?;
            assert!(!at("a").exists() && at("x/y").is_dir());
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// More entries than are read at a time.
#[test]
fn a_directory_lists_each_entry_once() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        for number in 0..1300 {
            std::fs::write(scratch.join(&number.to_string()), "").unwrap();
        }
        std::fs::create_dir(scratch.join("dir")).unwrap();
        task::block_on(async {
            let mut entries = fs::read_dir(scratch.path()).await.unwrap();
            let mut names = BTreeSet::new();
            while let Some(entry) = entries.next().await {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                assert_eq!(entry.path(), PathBuf::from(scratch.join(&name)));
                let is_dir = name == "dir";
                assert_eq!(entry.file_type().await.unwrap().is_dir(), is_dir);
                if is_dir {
                    assert!(entry.metadata().await.unwrap().is_dir());
                }
                assert!(names.insert(name));
            }
            assert_eq!(names.len(), 1301);
            // It is over, however often it is asked.
            assert!(entries.next().await.is_none());
        });
    });
}

/// A `next` that is given up takes nothing away.
#[test]
fn a_stream_of_entries_may_be_left_alone_and_asked_again() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        for number in 0..2000 {
            std::fs::write(scratch.join(&number.to_string()), "").unwrap();
        }
        task::block_on(async {
            let mut entries = fs::read_dir(scratch.path()).await.unwrap();
            let mut count = 0;
            loop {
                let given_up = futures_lite::future::poll_once(entries.next()).await;
                let entry = match given_up {
                    Some(entry) => entry,
                    None => entries.next().await,
                };
                match entry {
                    Some(entry) => count += usize::from(entry.is_ok()),
                    None => break,
                }
            }
            assert_eq!(count, 2000);
        });
    });
}

#[test]
fn metadata_and_permissions_are_the_systems() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("a");
        std::fs::write(&path, "text").unwrap();
        task::block_on(async {
            // The first asks on a thread, the others perhaps in place.
            for _ in 0..3 {
                let metadata = fs::metadata(&path).await?;
                let expected = std::fs::metadata(&path)?;
                assert!(metadata.is_file());
                assert_eq!(metadata.len(), 4);
                assert_eq!(metadata.modified()?, expected.modified()?);
                assert_eq!(metadata.permissions(), expected.permissions());
            }
            let mut permissions = fs::metadata(&path).await?.permissions();
            permissions.set_readonly(true);
            fs::set_permissions(&path, permissions.clone()).await?;
            assert!(fs::metadata(&path).await?.permissions().readonly());
            let file = File::open(&path).await?;
            assert!(file.metadata().await?.permissions().readonly());
            #[expect(
                clippy::permissions_set_readonly_false,
                reason = "the file is the test's own"
            )]
            permissions.set_readonly(false);
            file.set_permissions(permissions).await?;
            assert!(!fs::metadata(&path).await?.permissions().readonly());
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn paths_ask_the_file_system() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        std::fs::write(scratch.join("a"), "text").unwrap();
        let dir: &Path = scratch.path().into();
        let (file, none) = (dir.join("a"), dir.join("none"));
        task::block_on(async {
            for _ in 0..2 {
                assert!(dir.exists().await && dir.is_dir().await && !dir.is_file().await);
                assert!(file.exists().await && file.is_file().await && !file.is_dir().await);
                assert!(!none.exists().await && !none.is_file().await && !none.is_dir().await);
                assert!(!file.join("below").exists().await);
            }
            assert_eq!(file.metadata().await?.len(), 4);
            assert_eq!(file.symlink_metadata().await?.len(), 4);
            assert_eq!(dir.read_dir().await?.count().await, 1);
            let canonical = dir.join(".").join("a").canonicalize().await?;
            assert_eq!(canonical, PathBuf::from(std::fs::canonicalize(&file)?));
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn errors_name_the_path_and_keep_their_kind() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let none = scratch.join("none");
        let other = scratch.join("none/either");
        let shown = none.display();
        task::block_on(async {
            let errors = [
                (
                    File::open(&none).await.unwrap_err(),
                    format!("could not open `{shown}`"),
                ),
                (
                    fs::read(&none).await.unwrap_err(),
                    format!("could not read file `{shown}`"),
                ),
                (
                    fs::read_to_string(&none).await.unwrap_err(),
                    format!("could not read file `{shown}`"),
                ),
                (
                    fs::write(&other, "").await.unwrap_err(),
                    format!("could not write to file `{}`", other.display()),
                ),
                (
                    fs::copy(&none, &other).await.unwrap_err(),
                    format!("could not copy `{shown}` to `{}`", other.display()),
                ),
                (
                    fs::rename(&none, &other).await.unwrap_err(),
                    format!("could not rename `{shown}` to `{}`", other.display()),
                ),
                (
                    fs::hard_link(&none, &other).await.unwrap_err(),
                    format!(
                        "could not create a hard link from `{shown}` to `{}`",
                        other.display()
                    ),
                ),
                (
                    fs::remove_file(&none).await.unwrap_err(),
                    format!("could not remove file `{shown}`"),
                ),
                (
                    fs::create_dir(&other).await.unwrap_err(),
                    format!("could not create directory `{}`", other.display()),
                ),
                (
                    fs::remove_dir(&none).await.unwrap_err(),
                    format!("could not remove directory `{shown}`"),
                ),
                (
                    fs::remove_dir_all(&none).await.unwrap_err(),
                    format!("could not remove directory `{shown}`"),
                ),
                (
                    fs::read_dir(&none).await.map(drop).unwrap_err(),
                    format!("could not read directory `{shown}`"),
                ),
                (
                    fs::read_link(&none).await.unwrap_err(),
                    format!("could not read link `{shown}`"),
                ),
                (
                    fs::canonicalize(&none).await.unwrap_err(),
                    format!("could not canonicalize `{shown}`"),
                ),
            ];
            for (error, text) in errors {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{text}");
                assert_eq!(error.to_string(), text);
                assert!(error.source().is_some(), "{text}");
            }
            // These are the system's own, as in async-std.
            let expected = std::fs::metadata(&none).unwrap_err().to_string();
            for error in [
                fs::metadata(&none).await.unwrap_err(),
                fs::symlink_metadata(&none).await.unwrap_err(),
                File::create(&other).await.unwrap_err(),
                OpenOptions::new().read(true).open(&none).await.unwrap_err(),
            ] {
                assert_eq!(error.to_string(), expected);
                assert!(error.raw_os_error().is_some());
            }
        });
    });
}

#[test]
fn what_is_no_text_is_no_string() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("a");
        for size in [4, 300_000] {
            let mut bytes = vec![b'a'; size];
            bytes[size - 1] = 0xff;
            std::fs::write(&path, bytes).unwrap();
            let error = task::block_on(fs::read_to_string(&path)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
        }
    });
}

#[test]
fn options_are_those_of_std() {
    within(LIMIT, || {
        let scratch = Scratch::new();
        let path = scratch.join("a");
        for bits in 0..64_u32 {
            let is = |bit: u32| bits & (1 << bit) != 0;
            for there in [false, true] {
                let prepare = || {
                    let _ = std::fs::remove_file(&path);
                    if there {
                        std::fs::write(&path, "text").unwrap();
                    }
                };
                let look = || std::fs::read(&path).ok();
                prepare();
                let expected = std::fs::OpenOptions::new()
                    .read(is(0))
                    .write(is(1))
                    .append(is(2))
                    .truncate(is(3))
                    .create(is(4))
                    .create_new(is(5))
                    .open(&path);
                let expected = (expected.map(drop).map_err(|error| error.kind()), look());
                prepare();
                let mut options = OpenOptions::new();
                options.read(is(0)).write(is(1)).append(is(2));
                options.truncate(is(3)).create(is(4)).create_new(is(5));
                let opened = task::block_on(options.open(&path));
                let opened = (opened.map(drop).map_err(|error| error.kind()), look());
                assert_eq!(opened, expected, "{bits:06b} {there}");
            }
        }
    });
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    use unstall::os::unix::fs::{DirBuilderExt, DirEntryExt, OpenOptionsExt, symlink};

    use super::*;

    #[test]
    fn links_are_followed_or_not() {
        within(LIMIT, || {
            let scratch = Scratch::new();
            let at = |name: &str| scratch.join(name);
            task::block_on(async {
                fs::write(at("a"), "text").await?;
                symlink("a", at("link")).await?;
                symlink("nowhere", at("broken")).await?;
                for _ in 0..2 {
                    assert_eq!(fs::read_link(at("link")).await?, Path::new("a"));
                    assert_eq!(fs::read(at("link")).await?, b"text");
                    assert!(fs::metadata(at("link")).await?.is_file());
                    assert!(fs::symlink_metadata(at("link")).await?.is_symlink());
                    assert!(fs::symlink_metadata(at("broken")).await?.is_symlink());
                    let error = fs::metadata(at("broken")).await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::NotFound);
                }
                symlink("round", at("round")).await?;
                let error = fs::metadata(at("round")).await.unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::ELOOP));
                let error = symlink("a", at("link")).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::AlreadyExists);
                // Removed is the link.
                fs::remove_file(at("link")).await?;
                assert!(at("a").exists());
                io::Result::Ok(())
            })
            .unwrap();
        });
    }

    #[test]
    fn names_need_not_be_text() {
        within(LIMIT, || {
            let scratch = Scratch::new();
            let name = OsStr::from_bytes(b"\xff\x01 x");
            let path = scratch.path().join(name);
            task::block_on(async {
                fs::write(&path, "text").await?;
                assert_eq!(fs::read(&path).await?, b"text");
                assert_eq!(fs::metadata(&path).await?.len(), 4);
                let entry = fs::read_dir(scratch.path()).await?.next().await.unwrap()?;
                assert_eq!(entry.file_name(), name);
                assert!(entry.ino() > 0);
                let error = fs::read(scratch.join("none")).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::NotFound);
                // No file has such a name.
                for result in [
                    fs::read("a\0b").await.map(drop),
                    fs::metadata("a\0b").await.map(drop),
                    File::open("a\0b").await.map(drop),
                ] {
                    assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
                }
                io::Result::Ok(())
            })
            .unwrap();
        });
    }

    #[test]
    fn modes_are_set() {
        within(LIMIT, || {
            let scratch = Scratch::new();
            task::block_on(async {
                let mode = |name: &str| {
                    let metadata = std::fs::metadata(scratch.join(name)).unwrap();
                    metadata.permissions().mode() & 0o777
                };
                let mut options = OpenOptions::new();
                options.write(true).create(true).mode(0o600);
                options.open(scratch.join("a")).await?;
                assert_eq!(mode("a"), 0o600);
                let mut builder = DirBuilder::new();
                builder.mode(0o700).create(scratch.join("dir")).await?;
                assert_eq!(mode("dir"), 0o700);
                io::Result::Ok(())
            })
            .unwrap();
        });
    }

    #[test]
    fn flags_are_passed_on() {
        within(LIMIT, || {
            let scratch = Scratch::new();
            std::fs::write(scratch.join("a"), "text").unwrap();
            std::os::unix::fs::symlink("a", scratch.join("link")).unwrap();
            let mut options = OpenOptions::new();
            options.read(true).custom_flags(libc::O_NOFOLLOW);
            for _ in 0..2 {
                let error = task::block_on(options.open(scratch.join("link"))).unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::ELOOP));
            }
        });
    }

    /// What may not be looked at is not answered in place either. Who may do everything is not refused anything.
    #[test]
    fn what_is_denied_is_denied_each_time() {
        within(LIMIT, || {
            if rustix::process::geteuid().is_root() {
                return;
            }
            let scratch = Scratch::new();
            let dir = scratch.join("dir");
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join("a"), "text").unwrap();
            let set = |path, mode| {
                let permissions = std::fs::Permissions::from_mode(mode);
                std::fs::set_permissions(path, permissions).unwrap();
            };
            set(dir.join("a"), 0o000);
            task::block_on(async {
                for _ in 0..3 {
                    assert!(fs::metadata(dir.join("a")).await.is_ok());
                    let error = fs::read(dir.join("a")).await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
                }
                set(dir.clone(), 0o000);
                for _ in 0..3 {
                    let error = fs::metadata(dir.join("a")).await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
                }
                set(dir.clone(), 0o700);
            });
        });
    }

    /// Root is refused this.
    #[test]
    fn a_program_that_runs_cannot_be_written() {
        within(LIMIT, || {
            let program = std::env::current_exe().unwrap();
            for _ in 0..3 {
                let error = task::block_on(OpenOptions::new().write(true).open(&program));
                assert_eq!(error.unwrap_err().raw_os_error(), Some(libc::ETXTBSY));
            }
        });
    }
}
