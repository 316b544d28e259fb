//! Every method of paths beside that of `std::path`, on random paths: roots, dots, doubled and trailing slashes, extensions of all
//! kinds, and bytes that are no text.

#![cfg(unix)]

#[path = "support/random.rs"]
mod random;
mod support;

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::ffi::{OsStr, OsString};
use std::hash::{Hash, Hasher};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path as StdPath, PathBuf as StdPathBuf};

use random::{Random, each_seed};
use unstall::path::{Path, PathBuf};

const ROUNDS: u64 = 5000;

/// A name, or what stands for one, or nothing.
fn some_part(random: &mut Random) -> Vec<u8> {
    const PARTS: [&[u8]; 18] = [
        b"",
        b".",
        b"..",
        b"...",
        b"a",
        b"b",
        b"a.b",
        b".a",
        b"a.",
        b"a..b",
        b"a.b.c",
        b".a.b",
        b"..a",
        b" ",
        "é".as_bytes(),
        b"\xff",
        b"\xff.\xfe",
        b"C:\\a",
    ];
    if random.one_in(8) {
        let count = random.size(4);
        let letters = b"./a\x01\x80\xc3\xa9";
        return (0..count)
            .map(|_| letters[random.size(letters.len())])
            .collect();
    }
    random.pick(&PARTS).to_vec()
}

fn some_path(random: &mut Random) -> OsString {
    let mut bytes = Vec::new();
    if random.one_in(3) {
        bytes.extend(random.pick(&[&b"/"[..], b"//", b"///", b"/./", b"/../"]));
    }
    for _ in 0..random.below(5) {
        bytes.extend(some_part(random));
        if !random.one_in(6) {
            bytes.extend(random.pick(&[&b"/"[..], b"/", b"/", b"//", b"/./"]));
        }
    }
    OsString::from_vec(bytes)
}

/// Something that has to do with the path: a part of it, something longer, or something else.
fn some_other(path: &OsStr, random: &mut Random) -> OsString {
    let std = StdPath::new(path);
    let count = std.components().count();
    match random.below(5) {
        0 => {
            let few = std.components().take(random.size(count + 1));
            few.collect::<StdPathBuf>().into()
        }
        1 => {
            let few = std.components().skip(random.size(count + 1));
            few.collect::<StdPathBuf>().into()
        }
        2 => {
            let mut longer = path.to_owned();
            longer.push("/");
            longer.push(some_path(random));
            longer
        }
        3 => path.to_owned(),
        _ => some_path(random),
    }
}

/// An extension, which has no slashes in it.
fn some_extension(random: &mut Random) -> OsString {
    let mut bytes = some_part(random);
    bytes.retain(|byte| *byte != b'/');
    OsString::from_vec(bytes)
}

fn std_of(path: &Path) -> &StdPath {
    path.as_ref()
}

fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What is compared, by name.
const COMPARED: &[&str] = &[
    // Of paths.
    "as_os_str",
    "to_str",
    "to_string_lossy",
    "to_path_buf",
    "is_absolute",
    "is_relative",
    "has_root",
    "parent",
    "ancestors",
    "file_name",
    "strip_prefix",
    "starts_with",
    "ends_with",
    "file_stem",
    "extension",
    "join",
    "with_file_name",
    "with_extension",
    "components",
    "iter",
    "display",
    // Of buffers.
    "new",
    "as_path",
    "push",
    "pop",
    "set_file_name",
    "set_extension",
    "into_os_string",
    "into_boxed_path",
    "into_path_buf",
];

#[test]
fn a_path_tells_what_stds_tells() {
    each_seed(ROUNDS, |random| {
        let text = some_path(random);
        let (ours, std) = (Path::new(&text), StdPath::new(&text));
        assert_eq!(ours.as_os_str(), std.as_os_str());
        assert_eq!(ours.to_str(), std.to_str());
        assert_eq!(ours.to_string_lossy(), std.to_string_lossy());
        assert_eq!(ours.display().to_string(), std.display().to_string());
        assert_eq!(std_of(&ours.to_path_buf()), std.to_path_buf());
        assert_eq!(ours.is_absolute(), std.is_absolute());
        assert_eq!(ours.is_relative(), std.is_relative());
        assert_eq!(ours.has_root(), std.has_root());
        assert_eq!(ours.parent().map(std_of), std.parent());
        assert!(ours.ancestors().map(std_of).eq(std.ancestors()));
        assert_eq!(ours.file_name(), std.file_name());
        assert_eq!(ours.file_stem(), std.file_stem());
        assert_eq!(ours.extension(), std.extension());
        assert_eq!(hash_of(ours), hash_of(std));
        // From both ends in any order.
        let (mut parts, mut of_std) = (ours.components(), std.components());
        let (mut names, mut names_of_std) = (ours.iter(), std.iter());
        for _ in 0..10 {
            assert_eq!(std_of(parts.as_path()), of_std.as_path());
            assert_eq!(std_of(names.as_path()), names_of_std.as_path());
            assert_eq!(format!("{names:?}"), format!("{names_of_std:?}"));
            if random.one_in(2) {
                assert_eq!(parts.next(), of_std.next());
                assert_eq!(names.next(), names_of_std.next());
            } else {
                assert_eq!(parts.next_back(), of_std.next_back());
                assert_eq!(names.next_back(), names_of_std.next_back());
            }
        }
    });
}

#[test]
fn two_paths_do_together_what_stds_do() {
    each_seed(ROUNDS, |random| {
        let text = some_path(random);
        let other = some_other(&text, random);
        let extension = some_extension(random);
        let (ours, std) = (Path::new(&text), StdPath::new(&text));
        let (of_ours, of_std) = (Path::new(&other), StdPath::new(&other));
        assert_eq!(ours == of_ours, std == of_std);
        assert_eq!(ours.cmp(of_ours), std.cmp(of_std));
        assert_eq!(ours.partial_cmp(of_ours), std.partial_cmp(of_std));
        assert_eq!(ours.starts_with(of_ours), std.starts_with(of_std));
        assert_eq!(ours.ends_with(of_ours), std.ends_with(of_std));
        let stripped = ours.strip_prefix(of_ours).map(std_of);
        assert_eq!(stripped, std.strip_prefix(of_std));
        assert_eq!(std_of(&ours.join(of_ours)), std.join(of_std));
        assert_eq!(
            std_of(&ours.with_file_name(&other)),
            std.with_file_name(&other)
        );
        assert_eq!(
            std_of(&ours.with_extension(&extension)),
            std.with_extension(&extension)
        );
        let joined: PathBuf = ours.components().chain(of_ours.components()).collect();
        let of_std: StdPathBuf = std.components().chain(of_std.components()).collect();
        assert_eq!(joined.as_os_str(), of_std.as_os_str());
    });
}

#[test]
fn a_path_buffer_becomes_what_stds_becomes() {
    each_seed(ROUNDS, |random| {
        let (mut ours, mut std) = (PathBuf::new(), StdPathBuf::new());
        for _ in 0..12 {
            let text = some_path(random);
            match random.below(6) {
                0 | 1 => {
                    ours.push(&text);
                    std.push(&text);
                }
                2 => assert_eq!(ours.pop(), std.pop()),
                3 => {
                    ours.set_file_name(&text);
                    std.set_file_name(&text);
                }
                4 => {
                    let extension = some_extension(random);
                    let was_set = ours.set_extension(&extension);
                    assert_eq!(was_set, std.set_extension(&extension));
                }
                _ => {
                    ours.extend([&text, &text]);
                    std.extend([&text, &text]);
                }
            }
            // To the letter, where paths that are spelled differently may be equal.
            assert_eq!(ours.as_os_str(), std.as_os_str());
        }
        assert_eq!(std_of(ours.as_path()), std.as_path());
        let (boxed, of_std) = (
            ours.clone().into_boxed_path(),
            std.clone().into_boxed_path(),
        );
        assert_eq!(std_of(&boxed), &*of_std);
        assert_eq!(std_of(&boxed.into_path_buf()), of_std.into_path_buf());
        assert_eq!(ours.into_os_string(), std.into_os_string());
    });
}

/// Each form of a path with each form of the other one, and of a string, in both directions.
#[test]
fn comparisons_in_all_forms_are_one() {
    each_seed(ROUNDS, |random| {
        let text = some_path(random);
        let other = some_other(&text, random);
        let is = StdPath::new(&text) == StdPath::new(&other);
        let order = StdPath::new(&text).partial_cmp(StdPath::new(&other));
        let path: &Path = Path::new(&text);
        let buffer = PathBuf::from(text.clone());
        let cow: Cow<'_, Path> = Cow::Borrowed(path);
        let string: &OsStr = &other;
        let string_cow: Cow<'_, OsStr> = Cow::Borrowed(string);
        let of_path: &Path = Path::new(&other);
        let of_buffer = PathBuf::from(other.clone());
        macro_rules! compare {
            ($($one:expr, $other:expr;)*) => {$(
                assert_eq!($one == $other, is);
                assert_eq!($other == $one, is);
                assert_eq!($one.partial_cmp(&$other), order);
                assert_eq!($other.partial_cmp(&$one), order.map(|order| order.reverse()));
            )*};
        }
        compare! {
            buffer, *of_path;
            buffer, of_path;
            cow, *of_path;
            cow, of_path;
            cow, of_buffer;
            buffer, *string;
            buffer, string;
            buffer, string_cow;
            buffer, other;
            *path, *string;
            *path, string;
            *path, string_cow;
            *path, other;
        }
        assert_eq!((path == *string, *string == path), (is, is));
        assert_eq!((path == string_cow, string_cow == path), (is, is));
        assert_eq!((path == other, other == path), (is, is));
    });
}

/// So that a method that is added is compared.
#[test]
fn every_method_is_compared() {
    let sources = [
        include_str!("../src/path/path.rs"),
        include_str!("../src/path/path_buf.rs"),
        include_str!("../src/path/components.rs"),
        include_str!("../src/path/iter.rs"),
    ];
    let mut count = 0;
    // Those that are async ask the file system.
    for source in sources {
        for line in source.lines().map(str::trim_start) {
            let Some(rest) = line.strip_prefix("pub fn ") else {
                continue;
            };
            let method = rest.split(['<', '(']).next().expect("it has a name");
            assert!(COMPARED.contains(&method), "{method} is not compared");
            count += 1;
        }
    }
    // `new` and `as_path` are several.
    assert_eq!(count, COMPARED.len() + 3);
}
