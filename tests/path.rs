//! `path` against `std::path`, which is the oracle: whatever is asked of a path, both answer the same.

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::hash::{Hash, Hasher};
use std::path::{Path as StdPath, PathBuf as StdPathBuf};
use std::rc::Rc;
use std::sync::Arc;

use unstall::path::{Component, Path, PathBuf};

/// All paths of up to four of these.
fn texts() -> Vec<String> {
    let parts = ["", "/", "a", "b.txt", ".", "..", ".c", "d.", "e.f.g", "//"];
    let mut texts = vec![String::new()];
    let mut last = texts.clone();
    for _ in 0..4 {
        last = last
            .iter()
            .flat_map(|text| parts.map(|part| format!("{text}{part}")))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        texts.extend(last.iter().take(400).cloned());
    }
    texts.push("C:\\a\\b".into());
    texts.push("\\\\server\\share\\x".into());
    texts.sort();
    texts.dedup();
    texts
}

fn std_of(path: &Path) -> &StdPath {
    path.as_ref()
}

fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn a_path_tells_what_stds_tells() {
    for text in texts() {
        let (ours, std) = (Path::new(&text), StdPath::new(&text));
        assert_eq!(ours.as_os_str(), std.as_os_str());
        assert_eq!(ours.to_str(), std.to_str());
        assert_eq!(ours.to_string_lossy(), std.to_string_lossy());
        assert_eq!(ours.is_absolute(), std.is_absolute());
        assert_eq!(ours.is_relative(), std.is_relative());
        assert_eq!(ours.has_root(), std.has_root());
        assert_eq!(ours.parent().map(std_of), std.parent());
        assert_eq!(ours.file_name(), std.file_name());
        assert_eq!(ours.file_stem(), std.file_stem());
        assert_eq!(ours.extension(), std.extension());
        assert_eq!(ours.display().to_string(), std.display().to_string());
        assert_eq!(format!("{:?}", ours.iter()), format!("{:?}", std.iter()));
        assert!(ours.ancestors().map(std_of).eq(std.ancestors()));
        assert!(ours.components().eq(std.components()));
        assert!(ours.components().rev().eq(std.components().rev()));
        assert!(ours.iter().eq(std.iter()));
        assert!(ours.iter().rev().eq(std.iter().rev()));
        assert_eq!(hash_of(ours), hash_of(std));
        let (mut parts, mut of_std) = (ours.components(), std.components());
        let (mut names, mut names_of_std) = (ours.iter(), std.iter());
        loop {
            assert_eq!(std_of(parts.as_path()), of_std.as_path());
            assert_eq!(std_of(names.as_path()), names_of_std.as_path());
            names.next_back();
            names_of_std.next_back();
            let next = parts.next();
            assert_eq!(next, of_std.next());
            if next.is_none() {
                break;
            }
        }
    }
}

#[test]
fn two_paths_do_together_what_stds_do() {
    let texts: Vec<_> = texts().into_iter().step_by(7).collect();
    for one in &texts {
        for other in &texts {
            let (ours, std) = (Path::new(one), StdPath::new(one));
            assert_eq!(ours == Path::new(other), std == StdPath::new(other));
            assert_eq!(ours.cmp(Path::new(other)), std.cmp(StdPath::new(other)));
            assert_eq!(ours.starts_with(other), std.starts_with(other));
            assert_eq!(ours.ends_with(other), std.ends_with(other));
            assert_eq!(std_of(&ours.join(other)), std.join(other));
            assert_eq!(
                ours.strip_prefix(other).map(std_of),
                std.strip_prefix(other)
            );
            let no_separator = other.replace(['/', '\\'], "");
            assert_eq!(
                std_of(&ours.with_file_name(other)),
                std.with_file_name(other)
            );
            assert_eq!(
                std_of(&ours.with_extension(&no_separator)),
                std.with_extension(&no_separator)
            );
            let (mut ours, mut std) = (ours.to_path_buf(), std.to_path_buf());
            ours.push(other);
            std.push(other);
            assert_eq!(std_of(&ours), std);
            ours.set_file_name(other);
            std.set_file_name(other);
            assert_eq!(std_of(&ours), std);
            assert_eq!(
                ours.set_extension(&no_separator),
                std.set_extension(&no_separator)
            );
            assert_eq!(ours.pop(), std.pop());
            assert_eq!(std_of(&ours), std);
            // Strings, too, on either side.
            let (text, path) = (OsString::from(other), Path::new(one));
            assert_eq!(*path == text, StdPath::new(one) == text);
            assert_eq!(text == *path, text == StdPath::new(one));
            assert_eq!(
                path.partial_cmp(&text),
                StdPath::new(one).partial_cmp(&text)
            );
            assert_eq!(text.partial_cmp(path), text.partial_cmp(StdPath::new(one)));
        }
    }
}

#[test]
fn paths_are_collected_from_their_parts() {
    for text in texts() {
        let ours: PathBuf = Path::new(&text).components().collect();
        let std: StdPathBuf = StdPath::new(&text).components().collect();
        assert_eq!(std_of(&ours), std);
    }
    let mut path: PathBuf = ["a", "b"].iter().collect();
    path.extend([OsStr::new("c")]);
    assert_eq!(path, Path::new("a/b/c"));
}

#[test]
fn paths_are_made_of_anything_and_become_anything() {
    let path = PathBuf::from("a/b");
    let slice: &Path = &path;
    assert_eq!(PathBuf::from("a/b".to_owned()), path);
    assert_eq!(PathBuf::from(OsString::from("a/b")), path);
    assert_eq!(PathBuf::from(StdPathBuf::from("a/b")), path);
    assert_eq!("a/b".parse(), Ok(path.clone()));
    assert_eq!(PathBuf::from(Cow::Borrowed(slice)), path);
    assert_eq!(OsString::from(path.clone()), "a/b");
    assert_eq!(StdPathBuf::from(path.clone()), StdPath::new("a/b"));
    assert_eq!(Cow::from(&path), Cow::from(path.clone()));
    assert_eq!(Cow::from(slice), path);

    let boxed: Box<Path> = path.clone().into();
    assert_eq!(*boxed.clone(), *slice);
    assert_eq!(PathBuf::from(boxed), path);
    assert_eq!(*Box::<Path>::from(slice), *slice);
    assert_eq!(*Arc::<Path>::from(slice), *slice);
    assert_eq!(*Arc::<Path>::from(path.clone()), *slice);
    assert_eq!(*Rc::<Path>::from(slice), *slice);
    assert_eq!(*Rc::<Path>::from(path.clone()), *slice);
    assert_eq!(slice.to_owned(), path);

    let of_std: &StdPath = slice.into();
    let back: &Path = of_std.into();
    assert_eq!(back, slice);
    assert_eq!((&path).into_iter().count(), 2);
    assert_eq!(slice.into_iter().count(), 2);

    // Found by its slice, as it hashes the same.
    let set = HashSet::from([path]);
    assert!(set.contains(Path::new("a/b")));

    fn as_path(path: impl AsRef<Path>) -> PathBuf {
        path.as_ref().to_owned()
    }
    let expected = PathBuf::from("x");
    assert_eq!(as_path("x"), expected);
    assert_eq!(as_path(String::from("x")), expected);
    assert_eq!(as_path(OsStr::new("x")), expected);
    assert_eq!(as_path(OsString::from("x")), expected);
    assert_eq!(as_path(Cow::Borrowed(OsStr::new("x"))), expected);
    assert_eq!(as_path(StdPath::new("x")), expected);
    assert_eq!(as_path(StdPathBuf::from("x")), expected);
    assert_eq!(as_path(Component::Normal("x".as_ref())), expected);
    assert_eq!(as_path(Path::new("x").components()), expected);
    assert_eq!(as_path(Path::new("x").iter()), expected);
    assert_eq!(as_path(&expected), expected);
}

#[test]
fn a_path_is_collected_from_its_parts() {
    use unstall::{prelude::*, stream};

    let path: PathBuf = unstall::task::block_on(stream::from_iter(["/a", "b", "c.txt"]).collect());
    assert_eq!(path, PathBuf::from("/a/b/c.txt"));
}
