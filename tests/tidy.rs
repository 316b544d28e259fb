//! The repository's rules about its own text, as ordinary tests: `cargo test --test tidy`.
//!
//! Each failure says where, and what to do. The rules that need more than a look at one line:
//!
//! * An *ordering comment* is `// ORDER park-3 <-> notify-2: why`. It names the step that is taken
//!   here and, behind the arrow, the steps of other threads that it is paired with; several are
//!   separated by commas.
//! * Steps are defined in `src/runtime/PROTOCOLS.md`, by a list item that begins with the step's
//!   name in backticks. The code takes each of them behind a call `fault::step("park-3")`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

const PROTOCOLS: &str = "src/runtime/PROTOCOLS.md";

/// How many lines above a statement its ordering comment may end; comments between do not count.
const REACH: usize = 6;

/// What stands before a step's name where it is taken.
const TAKES_STEP: &str = "fault::step(";

/// Past this a file is no longer about one thing.
const LONGEST_FILE: usize = 900;

#[test]
fn only_the_loom_module_names_the_standard_atomics() {
    expect_no_line(&["src"], |file, number| {
        let found = file.path != "src/loom.rs" && names_standard_atomics(&file.line(number).code);
        found.then_some(
            "names the standard library's atomics; take them from `crate::loom::sync`, so that \
             the models run this code",
        )
    });
}

#[test]
fn every_ordering_names_its_partner() {
    expect_no_line(&["src"], |file, number| {
        let found = file.path != "src/loom.rs" && file.is_uncommented_ordering(number);
        found.then_some(
            "an ordering without its comment; write `// ORDER step <-> partner: why` on the line \
             or directly above the statement",
        )
    });
}

#[test]
fn every_step_that_the_code_names_is_defined() {
    let defined = Protocols::read().steps;
    expect_no_line(&["src"], |file, number| {
        let mentions = [file.mention(number), file.taken(number)];
        let undefined = |mention| {
            match mention {
            Mention::Unreadable => Some(
                "cannot be read; write `// ORDER step <-> partner: why` or `fault::step(\"step\")`, \
                 with steps like `park-3`"
                    .to_owned(),
            ),
            Mention::Steps(steps) => {
                let step = steps.iter().find(|step| !defined.contains_key(*step))?;
                Some(format!(
                    "step `{step}` is not defined; add it to {PROTOCOLS} as a list item"
                ))
            }
        }
        };
        mentions.into_iter().flatten().find_map(undefined)
    });
}

#[test]
fn every_step_that_is_defined_is_taken_in_the_code() {
    let mut taken = BTreeSet::new();
    for file in rust_files(&["src"]) {
        for number in file.numbers() {
            // A model may name a step; only production code takes it.
            match file.taken(number) {
                Some(Mention::Steps(steps)) if !file.line(number).is_test => taken.extend(steps),
                _ => {}
            }
        }
    }
    let mut defined = Protocols::read().steps;
    defined.retain(|step, _| !taken.contains(step));
    expect_none(defined.iter().map(|(step, number)| {
        format!(
            "{PROTOCOLS}:{number}: no code takes step `{step}`; write `fault::step(\"{step}\")` \
             directly before what it does"
        )
    }));
}

#[test]
fn the_protocols_define_each_step_once_and_mention_no_other() {
    expect_none(Protocols::read().problems);
}

#[test]
fn every_model_is_listed_in_the_protocols() {
    let text = read(PROTOCOLS);
    let listed: Vec<&str> = text.lines().flat_map(test_files).collect();
    let models = rust_files(&["src/runtime/tests"]);
    let names = models
        .iter()
        .filter_map(|file| file.path.strip_prefix("src/runtime/"));
    expect_none(
        names
            .filter(|name| *name != "tests/mod.rs" && !listed.contains(name))
            .map(|name| {
                format!("src/runtime/{name}:1: not in {PROTOCOLS}; name the model `{name}` there")
            }),
    );
}

#[test]
fn the_protocols_list_no_test_that_is_gone() {
    let text = read(PROTOCOLS);
    expect_none((1..).zip(text.lines()).flat_map(|(number, line)| {
        let gone = |name: &&str| {
            !["", "src/runtime"]
                .iter()
                .any(|at| root().join(at).join(name).exists())
        };
        test_files(line)
            .filter(gone)
            .map(move |name| format!("{PROTOCOLS}:{number}: there is no `{name}`; remove it"))
    }));
}

#[test]
fn no_source_file_is_longer_than_it_can_be_read() {
    expect_no_line(&["src"], |_, number| {
        (number == LONGEST_FILE + 1).then_some("the file is too long; split it by concept")
    });
}

#[test]
fn no_mark_of_unfinished_work_is_left() {
    let folders = ["src", "tests", "examples", "benches", "crates"];
    expect_no_line(&folders, |file, number| {
        let line = file.line(number);
        let calls = |name: &str| has_word(&line.code, &format!("{name}!"));
        // In two parts, so that a search for the word does not find this line.
        let marked = has_word(&line.comment, concat!("FIX", "ME"));
        (marked || ["todo", "unimplemented", "dbg"].into_iter().any(calls))
            .then_some("a mark of unfinished work; finish it or take it out")
    });
}

#[test]
fn no_path_of_somebodys_machine_is_left() {
    let texts = text_files();
    expect_none(texts.iter().flat_map(|(path, text)| {
        (1..).zip(text.lines()).filter_map(move |(number, line)| {
            let found = machine_path(line)?;
            Some(format!(
                "{path}:{number}: `{found}` exists on one machine only; say it relative to the \
                 repository, or use `std::env::temp_dir()`"
            ))
        })
    }));
}

#[test]
fn every_example_is_named_in_the_readme() {
    let readme = read("README.md");
    let examples = entries(&root().join("examples"));
    expect_none(examples.iter().filter_map(|path| {
        let name = path.file_stem()?.to_str()?;
        (!has_word(&readme, name)).then(|| {
            format!(
                "{}:1: not named in README.md; show `cargo run --release --example {name}` there",
                relative(path)
            )
        })
    }));
}

#[test]
fn the_readme_documents_exactly_the_environment_variables_that_are_read() {
    let in_readme = variables("README.md");
    let in_code: BTreeMap<_, _> = rust_files(&["src"])
        .into_iter()
        // Those of the models are in ARCHITECTURE.md.
        .filter(|file| !file.path.starts_with("src/runtime/tests/"))
        .flat_map(|file| variables(&file.path))
        .collect();
    let undocumented = in_code
        .iter()
        .filter(|(name, _)| !in_readme.contains_key(*name));
    let unread = in_readme
        .iter()
        .filter(|(name, _)| !in_code.contains_key(*name));
    expect_none(
        undocumented
            .map(|(name, at)| format!("{at}: {name} is not in README.md; document it there"))
            .chain(
                unread.map(|(name, at)| format!("{at}: nothing in src/ reads {name}; remove it")),
            ),
    );
}

/// The checks above are of no use if the reading below them is wrong.
mod reading {
    use super::*;

    #[test]
    fn strings_and_comments_are_not_code() {
        let file = SourceFile::parse(
            "src/x.rs",
            "let a = \"// no \\\" comment\"; // a comment\n\
             let b = r#\"a \" b\n atomic::c\"#; let c = '\"'; let d: &'static str = x; /* one\n\
             /* two */ three */ let e = '\\'';\n",
        );
        let code: Vec<_> = file.lines.iter().map(|line| line.code.as_str()).collect();
        assert_eq!(
            code,
            [
                "let a = \"\"; ",
                "let b = r#\"",
                "\"#; let c = ''; let d: &'static str = x; ",
                " let e = '';"
            ]
        );
        assert_eq!(file.lines[0].comment, "a comment");
        assert_eq!(file.lines[2].comment, "one");
    }

    #[test]
    fn an_ordering_without_a_comment_is_found() {
        let commented = "// ORDER a-1 <-> b-2: why\n";
        let load = "x.load(Acquire);";
        for (text, expected) in [
            ("x.load(Ordering::Acquire);", vec![1]),
            (load, vec![1]),
            ("full_fence();", vec![1]),
            ("x.load(Relaxed); Kind::Release; // Acquire", vec![]),
            (
                "use a::{\n    b::Ordering::{\n        Acquire,\n    },\n};",
                vec![],
            ),
            ("x.load(Acquire); // ORDER a-1 <-> b-2: why", vec![]),
            (
                &format!("{commented}x.swap(\n    A,\n    AcqRel,\n    Acquire,\n);"),
                vec![],
            ),
            (
                &format!("{commented}{}{load}", "// more\n".repeat(9)),
                vec![],
            ),
            (
                &format!("{commented}{}{load}", "a();\n".repeat(REACH - 1)),
                vec![],
            ),
            (
                &format!("{commented}{}{load}", "a();\n".repeat(REACH)),
                vec![REACH + 2],
            ),
            (
                &format!("#[cfg(test)]\nmod tests {{\n    {load}\n}}\n{load}"),
                vec![5],
            ),
        ] {
            let file = SourceFile::parse("src/x.rs", text);
            let found = file
                .numbers()
                .filter(|number| file.is_uncommented_ordering(*number));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn ordering_comments_are_read() {
        for (text, expected) in [
            (
                "// ORDER a-b-1 <-> c-2: as d-3 does",
                Some(&["a-b-1", "c-2"][..]),
            ),
            (
                "// ORDER a-1, a-2 <-> c-2,\n// c-3: why",
                Some(&["a-1", "a-2", "c-2", "c-3"]),
            ),
            ("// STEP a-1", None),
            ("// ORDER a-1 <-> b-2", None),
            ("// ORDER a-1: no partner", None),
            ("// ORDER park <-> notify: no steps", None),
        ] {
            let expected = expected.map_or(Mention::Unreadable, |steps| {
                Mention::Steps(steps.iter().map(|step| String::from(*step)).collect())
            });
            assert_eq!(
                SourceFile::parse("src/x.rs", text).mention(1),
                Some(expected),
                "{text}"
            );
        }
        let elsewhere = "let x = \"// ORDER\"; // see ORDER a-1";
        assert_eq!(SourceFile::parse("src/x.rs", elsewhere).mention(1), None);
    }

    #[test]
    fn steps_that_are_taken_are_read() {
        for (text, expected) in [
            (
                "    fault::step(\"a-b-1\"); // not a-2",
                Some(Some("a-b-1")),
            ),
            ("fault::step(\"a\");", Some(None)),
            ("fault::step(\"see a-1\");", Some(None)),
            ("fault::step(name);", Some(None)),
            ("// fault::step(\"a-1\")", None),
            ("f(\"fault::step(a-1)\")", None),
            ("stop(\"a-1\")", None),
        ] {
            let expected = expected.map(|step| {
                step.map_or(Mention::Unreadable, |step: &str| {
                    Mention::Steps(vec![step.to_owned()])
                })
            });
            let taken = SourceFile::parse("src/x.rs", text).taken(1);
            assert_eq!(taken, expected, "{text}");
        }
    }

    #[test]
    fn definitions_are_read() {
        let protocols = Protocols::parse(
            "# Park\n* `park-1` publish, then `park-2`\n  2. `park-2`: look\n\
             - `park-1` twice\nsee `park-9`\n",
        );
        assert!(
            protocols.steps.keys().eq(["park-1", "park-2"]),
            "{:?}",
            protocols.steps
        );
        assert_eq!(protocols.problems.len(), 2, "{:?}", protocols.problems);
    }

    #[test]
    fn names_of_atomics_and_machines_are_seen() {
        assert!(names_standard_atomics("use std::sync::atomic::AtomicU8;"));
        assert!(names_standard_atomics("use core::sync::{Arc, atomic};"));
        assert!(names_standard_atomics("    atomic::{AtomicU8, Ordering},"));
        assert!(!names_standard_atomics(
            "let atomic = atomic_waker::AtomicWaker::new();"
        ));

        for dir in MACHINE_DIRS {
            assert!(machine_path(&format!("see /{dir}/notes")).is_some());
            assert!(machine_path(&format!("\"/{dir}/notes\"")).is_some());
            assert!(machine_path(&format!("$out/{dir}/notes")).is_none());
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Protocol steps and the comments that name them.

/// What [`PROTOCOLS`] defines.
struct Protocols {
    /// Each step and the line of its definition.
    steps: BTreeMap<String, usize>,
    problems: Vec<String>,
}

impl Protocols {
    fn read() -> Self {
        Self::parse(&read(PROTOCOLS))
    }

    fn parse(text: &str) -> Self {
        let mut steps = BTreeMap::new();
        let mut problems = Vec::new();
        let lines = || (1..).zip(text.lines());
        for (number, line) in lines() {
            let Some(step) = defined_step(line) else {
                continue;
            };
            if let Some(first) = steps.insert(step.to_owned(), number) {
                problems.push(format!(
                    "{PROTOCOLS}:{number}: `{step}` is defined in line {first} already; renumber it"
                ));
            }
        }
        for (number, line) in lines() {
            // Every second piece stands between backticks.
            let quoted = line.split('`').skip(1).step_by(2);
            for step in quoted.filter(|word| is_step(word) && !steps.contains_key(*word)) {
                problems.push(format!("{PROTOCOLS}:{number}: `{step}` is defined nowhere"));
            }
        }
        Self { steps, problems }
    }
}

/// The step that a list item beginning with its name in backticks defines.
fn defined_step(line: &str) -> Option<&str> {
    let (bullet, item) = line.trim_start().split_once(' ')?;
    let is_bullet =
        matches!(bullet, "*" | "-") || bullet.trim_matches(|c: char| c.is_ascii_digit()) == ".";
    let (step, _) = item.trim_start().strip_prefix('`')?.split_once('`')?;
    (is_bullet && is_step(step)).then_some(step)
}

/// `park-3`, `ring-push-1`: lower-case words and a number.
fn is_step(word: &str) -> bool {
    let Some((protocol, number)) = word.rsplit_once('-') else {
        return false;
    };
    number.parse::<u32>().is_ok()
        && protocol
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
}

fn steps_in(text: &str) -> impl Iterator<Item = String> {
    words(text, |c| c.is_ascii_alphanumeric() || c == '-')
        .filter(|word| is_step(word))
        .map(str::to_owned)
}

/// What an `ORDER` comment or a call `fault::step` names.
#[derive(Debug, PartialEq)]
enum Mention {
    Steps(Vec<String>),
    Unreadable,
}

/// The steps of `ORDER a-1 <-> b-2: why`.
fn paired_steps(comment: &str) -> Option<Vec<String>> {
    let (head, _why) = comment.split_once(':')?;
    let (here, partners) = head.split_once("<->")?;
    let mut steps: Vec<_> = steps_in(here).collect();
    let own = steps.len();
    steps.extend(steps_in(partners));
    (own > 0 && steps.len() > own).then_some(steps)
}

impl SourceFile {
    fn mention(&self, number: usize) -> Option<Mention> {
        let comment = &self.line(number).comment;
        if comment.starts_with("STEP ") {
            // What `fault::step` says now.
            return Some(Mention::Unreadable);
        }
        let order = comment
            .starts_with("ORDER ")
            .then(|| self.comment_from(number))?;
        Some(paired_steps(&order).map_or(Mention::Unreadable, Mention::Steps))
    }

    /// The step that this line takes.
    fn taken(&self, number: usize) -> Option<Mention> {
        let line = self.line(number);
        if !line.code.contains(TAKES_STEP) {
            return None;
        }
        let step = line.step.clone().filter(|step| is_step(step));
        Some(step.map_or(Mention::Unreadable, |step| Mention::Steps(vec![step])))
    }

    /// Whether production code in this line has an ordering stronger than relaxed, uncommented.
    fn is_uncommented_ordering(&self, number: usize) -> bool {
        let line = self.line(number);
        if line.is_test || !has_ordering(&line.code) {
            return false;
        }
        let start = self.statement_start(number);
        let imports = (start..=number).any(|number| is_import(&self.line(number).code));
        !imports && !self.has_order_comment(start, number)
    }

    /// Whether an ordering comment stands in the lines from `start` to `end` or ends at most
    /// [`REACH`] above them.
    fn has_order_comment(&self, start: usize, end: usize) -> bool {
        let is_order = |number: usize| self.line(number).comment.starts_with("ORDER ");
        let mut distance = 1;
        for above in (1..start).rev() {
            if distance > REACH {
                break;
            }
            if is_order(above) {
                return true;
            }
            if !self.line(above).is_only_comment() {
                distance += 1;
            }
        }
        (start..=end).any(is_order)
    }
}

fn has_ordering(code: &str) -> bool {
    // `Kind::Release` is somebody else's.
    let is_ours = |at: usize| !code[..at].ends_with("::") || code[..at].ends_with("Ordering::");
    [
        "Acquire",
        "Release",
        "AcqRel",
        "SeqCst",
        "full_fence()",
        "seq_cst_point()",
    ]
    .iter()
    .any(|name| occurrences(code, name).any(is_ours))
}

fn is_import(code: &str) -> bool {
    let code = code.trim_start();
    code.starts_with("use ") || (code.starts_with("pub") && has_word(code, "use"))
}

fn names_standard_atomics(code: &str) -> bool {
    occurrences(code, "atomic").any(|at| {
        let after = &code[at + "atomic".len()..];
        code[..at].ends_with("::") || after.starts_with("::") || is_import(code)
    })
}

// ---------------------------------------------------------------------------------------------
// Rust files, line by line.

struct SourceFile {
    /// From the repository's root, with `/`.
    path: String,
    lines: Vec<Line>,
}

#[derive(Default)]
struct Line {
    /// What the compiler sees, without what stands inside strings.
    code: String,
    /// The text of the line's comment.
    comment: String,
    /// What [`TAKES_STEP`] is called with.
    step: Option<String>,
    is_test: bool,
}

impl Line {
    fn is_only_comment(&self) -> bool {
        self.code.trim().is_empty() && !self.comment.is_empty()
    }
}

impl SourceFile {
    fn parse(path: &str, text: &str) -> Self {
        let mut lines = split_comments(text);
        mark_tests(&mut lines);
        if path.contains("/tests/") || path.ends_with("/tests.rs") {
            lines.iter_mut().for_each(|line| line.is_test = true);
        }
        Self {
            path: path.to_owned(),
            lines,
        }
    }

    /// Lines are named by their numbers, from 1, as in a message.
    fn numbers(&self) -> RangeInclusive<usize> {
        1..=self.lines.len()
    }

    fn line(&self, number: usize) -> &Line {
        &self.lines[number - 1]
    }

    /// The comment of this line and of the pure comment lines that follow it, as one text.
    fn comment_from(&self, number: usize) -> String {
        let mut text = self.line(number).comment.clone();
        for line in self.lines[number..]
            .iter()
            .take_while(|line| line.is_only_comment())
        {
            text.push(' ');
            text.push_str(&line.comment);
        }
        text
    }

    /// The first line of the statement that this line belongs to.
    fn statement_start(&self, number: usize) -> usize {
        let mut start = number;
        for above in (1..number).rev() {
            let line = self.line(above);
            if line.is_only_comment() {
                continue;
            }
            let code = line.code.trim_end();
            // In `use a::{` the brace does not end what stands before it.
            let ends = code.ends_with([';', '{', '}']) && !code.ends_with("::{");
            if code.is_empty() || ends {
                break;
            }
            start = above;
        }
        start
    }
}

/// Marks what stands below a `cfg` that asks for `test`: an item, a field or an arm.
fn mark_tests(lines: &mut [Line]) {
    let is_cfg_test = |code: &str| {
        code.trim_start().starts_with("#[cfg(")
            && has_word(code, "test")
            && !code.contains("not(test")
    };
    let mut below = false;
    let mut depth = 0_i32;
    for line in lines {
        below |= is_cfg_test(&line.code);
        if below {
            line.is_test = true;
            for c in line.code.chars() {
                depth += i32::from("({[".contains(c)) - i32::from(")}]".contains(c));
            }
            if depth <= 0 && line.code.trim_end().ends_with(['}', ';', ',']) {
                below = false;
                depth = 0;
            }
        }
    }
}

/// Separates code from comments and leaves out what stands inside strings and character literals.
fn split_comments(text: &str) -> Vec<Line> {
    enum In {
        Code,
        /// How deeply nested.
        BlockComment(usize),
        String {
            end: String,
            escapes: bool,
        },
    }
    let mut state = In::Code;
    let mut lines = Vec::new();
    for text in text.lines() {
        let mut line = Line::default();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            // How many bytes this step takes.
            let mut step = c.len_utf8();
            match &mut state {
                In::Code if rest.starts_with("//") => {
                    line.comment.push_str(rest);
                    break;
                }
                In::Code if rest.starts_with("/*") => {
                    step = 2;
                    state = In::BlockComment(1);
                }
                In::Code if c == '"' => {
                    let opening = line.code.trim_end_matches('#');
                    let end = format!("\"{}", &line.code[opening.len()..]);
                    let escapes = !opening.ends_with('r');
                    if line.code.ends_with(TAKES_STEP) {
                        line.step = rest[1..].split(c).next().map(str::to_owned);
                    }
                    line.code.push(c);
                    state = In::String { end, escapes };
                }
                In::Code if c == '\'' => {
                    step = character_literal(rest).unwrap_or(1);
                    line.code.push_str(if step > 1 { "''" } else { "'" });
                }
                In::Code => line.code.push(c),
                In::BlockComment(depth) if rest.starts_with("/*") => {
                    step = 2;
                    *depth += 1;
                }
                In::BlockComment(1) if rest.starts_with("*/") => {
                    step = 2;
                    state = In::Code;
                }
                In::BlockComment(depth) if rest.starts_with("*/") => {
                    step = 2;
                    *depth -= 1;
                }
                In::BlockComment(_) => line.comment.push(c),
                In::String { escapes: true, .. } if c == '\\' => {
                    step += rest[1..].chars().next().map_or(0, char::len_utf8);
                }
                In::String { end, .. } if rest.starts_with(end.as_str()) => {
                    step = end.len();
                    line.code.push_str(end);
                    state = In::Code;
                }
                In::String { .. } => {}
            }
            rest = &rest[step..];
        }
        let comment = line.comment.trim_start_matches(['/', '!', '*']);
        line.comment = comment.trim().to_owned();
        lines.push(line);
    }
    lines
}

/// The length of the character literal that `text` begins with; `None` for a lifetime.
fn character_literal(text: &str) -> Option<usize> {
    let inside = &text[1..];
    let first = inside.chars().next()?;
    if first == '\\' {
        // The escaped character may be a quote itself.
        let end = inside.get(2..)?.find('\'')?;
        return Some(1 + 2 + end + 1);
    }
    inside[first.len_utf8()..]
        .starts_with('\'')
        .then_some(first.len_utf8() + 2)
}

// ---------------------------------------------------------------------------------------------
// Words, paths and names.

/// The longest runs of characters that `belongs` accepts.
fn words(text: &str, belongs: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    let pieces = text.split(move |c| !belongs(c));
    pieces.filter(|word| !word.is_empty())
}

/// Where `word` stands in `text` and is not part of a longer name.
fn occurrences<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).filter_map(move |(at, _)| {
        let goes_on = word.ends_with(in_name) && text[at + word.len()..].starts_with(in_name);
        let part_of_longer = goes_on || text[..at].ends_with(in_name);
        (!part_of_longer).then_some(at)
    })
}

fn has_word(text: &str, word: &str) -> bool {
    occurrences(text, word).next().is_some()
}

/// Folders at the root of a file system that mean somebody's own machine.
const MACHINE_DIRS: [&str; 4] = ["work", "root", "tmp", "home"];

fn machine_path(line: &str) -> Option<String> {
    // Behind a name it is the end of a longer path.
    let in_path = |c: char| c.is_alphanumeric() || "_-.~*})>]".contains(c);
    let mut paths = MACHINE_DIRS.iter().map(|dir| format!("/{dir}/"));
    paths.find(|path| {
        line.match_indices(path)
            .any(|(at, _)| !line[..at].ends_with(in_path))
    })
}

/// The environment variables that a file names, and where.
fn variables(path: &str) -> BTreeMap<String, String> {
    let in_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let ours = |name: &str| name.starts_with("UNSTALL_") || name.starts_with("ASYNC_STD_");
    let mut found = BTreeMap::new();
    for (number, line) in (1..).zip(read(path).lines()) {
        for name in words(line, in_name).filter(|name| ours(name) && !name.ends_with('_')) {
            found.insert(name.to_owned(), format!("{path}:{number}"));
        }
    }
    found
}

/// The files of tests that a line of [`PROTOCOLS`] names; its models are `tests/park.rs` and so on.
fn test_files(line: &str) -> impl Iterator<Item = &str> {
    words(line, |c| c.is_ascii_alphanumeric() || "_/.".contains(c))
        .map(|name| {
            name.trim_end_matches('.')
                .trim_start_matches("src/runtime/")
        })
        .filter(|name| name.starts_with("tests/") && name.ends_with(".rs"))
}

// ---------------------------------------------------------------------------------------------
// Files.

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("a path below the root");
    path.to_str().expect("a path in UTF-8").replace('\\', "/")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a folder contains, sorted; nothing if there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry of a folder").path())
        .collect();
    paths.sort();
    paths
}

/// The files below a folder, those that a build made left out.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in entries(folder) {
        if path.is_file() {
            files.push(path);
        } else if path.file_name() != Some("target".as_ref()) {
            files.extend(files_below(&path));
        }
    }
    files
}

fn rust_files(folders: &[&str]) -> Vec<SourceFile> {
    let files = folders
        .iter()
        .flat_map(|folder| files_below(&root().join(folder)));
    let paths = files
        .map(|file| relative(&file))
        .filter(|path| path.ends_with(".rs"));
    paths
        .map(|path| SourceFile::parse(&path, &read(&path)))
        .collect()
}

/// The repository's own texts, by path.
fn text_files() -> Vec<(String, String)> {
    let folders = ["src", "tests", "examples", "benches", "crates", ".ci"];
    let mut files = entries(root());
    files.retain(|path| path.is_file());
    files.extend(
        folders
            .iter()
            .flat_map(|folder| files_below(&root().join(folder))),
    );
    // What is not UTF-8 is no text.
    files
        .iter()
        .filter_map(|file| Some((relative(file), fs::read_to_string(file).ok()?)))
        .collect()
}

/// Fails with all that `problem` says of the lines of the Rust files below `folders`.
#[track_caller]
fn expect_no_line<P: Display>(folders: &[&str], problem: impl Fn(&SourceFile, usize) -> Option<P>) {
    let files = rust_files(folders);
    assert!(!files.is_empty(), "no Rust file below {folders:?}");
    expect_none(files.iter().flat_map(|file| {
        let problem = &problem;
        file.numbers().filter_map(move |number| {
            problem(file, number).map(|text| format!("{}:{number}: {text}", file.path))
        })
    }));
}

#[track_caller]
fn expect_none(problems: impl IntoIterator<Item = String>) {
    let problems: Vec<_> = problems.into_iter().collect();
    assert!(
        problems.is_empty(),
        "{} to mend:\n{}\n",
        problems.len(),
        problems.join("\n")
    );
}
