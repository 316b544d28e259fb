//! What the package that is being compiled calls `unstall`.
//!
//! A procedural macro has no `$crate`. As the crate `proc-macro-crate` does, this looks into the package's
//! `Cargo.toml`, but only for what matters here and line by line. Whoever writes one that it cannot read has the
//! option `crate`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

const OWN_NAME: &str = "unstall";

/// Whoever uses these attributes by this name uses something that re-exports `unstall`.
const STAND_IN: &str = "async-std";

/// The name to put behind `::`.
pub(crate) fn from_manifest() -> String {
    found_name().map_or(OWN_NAME.into(), |name| name.replace('-', "_"))
}

fn found_name() -> Option<String> {
    // Its own tests and examples do not depend on it by name.
    if env::var("CARGO_PKG_NAME").is_ok_and(|package| package == OWN_NAME) {
        return None;
    }
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    name_in(&read_manifest(&folder)?, || workspace_of(&folder))
}

fn read_manifest(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join("Cargo.toml")).ok()
}

/// The manifest that `workspace = true` refers to.
fn workspace_of(package: &Path) -> Option<String> {
    package
        .ancestors()
        .filter_map(read_manifest)
        .find(|manifest| manifest.lines().any(|line| line.starts_with("[workspace")))
}

fn name_in(manifest: &str, workspace: impl FnOnce() -> Option<String>) -> Option<String> {
    let dependencies = read_dependencies(manifest);
    let inherits = dependencies.iter().any(|dependency| dependency.inherits);
    let workspace = inherits.then(workspace).flatten().unwrap_or_default();
    let inherited = read_dependencies(&workspace);
    let is_own = |dependency: &Dependency<'_>| {
        let in_workspace = || {
            let mut same_name = inherited.iter().filter(|one| one.name == dependency.name);
            same_name.find_map(|one| one.package)
        };
        let package = match dependency.inherits {
            true => in_workspace(),
            false => dependency.package,
        };
        package.unwrap_or(dependency.name) == OWN_NAME
    };
    let own_names = || {
        dependencies
            .iter()
            .filter(|one| is_own(one))
            .map(|one| one.name)
    };
    let mut names = dependencies.iter().map(|one| one.name);
    own_names()
        .find(|name| *name == OWN_NAME)
        .or_else(|| own_names().next())
        .or_else(|| names.find(|name| *name == STAND_IN))
        .map(str::to_owned)
}

struct Dependency<'a> {
    name: &'a str,
    /// What `package = "…"` says.
    package: Option<&'a str>,
    /// Whether `workspace = true` says that the rest is in the workspace's manifest.
    inherits: bool,
}

impl<'a> Dependency<'a> {
    fn new(name: &'a str) -> Self {
        Dependency {
            name,
            package: None,
            inherits: false,
        }
    }
}

enum Section {
    /// `[dependencies]` and its like: each line begins with a name.
    Dependencies,
    /// `[dependencies.name]`
    OneDependency,
    Other,
}

/// All dependencies, of whatever kind and target. One may be there more than once.
fn read_dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::<Dependency<'_>>::new();
    let mut section = Section::Other;
    let lines = manifest.lines().map(str::trim);
    for line in lines.filter(|line| !line.starts_with('#')) {
        if let Some(header) = header(line) {
            section = match header.rsplit_once("dependencies") {
                Some((_, "")) => Section::Dependencies,
                Some((_, name)) if name.starts_with('.') => {
                    found.push(Dependency::new(unquoted(&name[1..])));
                    Section::OneDependency
                }
                _ => Section::Other,
            };
            continue;
        }
        match section {
            Section::Other => continue,
            Section::OneDependency => {}
            // A line that begins otherwise goes on with the dependency before it.
            Section::Dependencies => {
                if let Some(name) = name_before_value(line) {
                    found.push(Dependency::new(name));
                }
            }
        }
        if let Some(dependency) = found.last_mut() {
            dependency.package = dependency
                .package
                .or_else(|| quoted(value_of("package", line)?));
            dependency.inherits |=
                value_of("workspace", line).is_some_and(|value| value.starts_with("true"));
        }
    }
    found
}

/// `a.b` of `[a.b]  # comment`.
fn header(line: &str) -> Option<&str> {
    let (header, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    Some(header)
}

/// `name` of `name = …` and of `name.version = …`.
fn name_before_value(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let name = unquoted(key.split('.').next()?.trim());
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

fn unquoted(name: &str) -> &str {
    name.trim_matches(['"', '\''])
}

/// What stands behind `key =`, anywhere in the line.
fn value_of<'a>(key: &str, line: &'a str) -> Option<&'a str> {
    line.match_indices(key).find_map(|(at, _)| {
        let value = line[at + key.len()..].trim_start().strip_prefix('=')?;
        Some(value.trim_start())
    })
}

/// `text` of `"text", …`.
fn quoted(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(manifest: &str) -> Option<String> {
        name_in(manifest, || panic!("nothing is inherited"))
    }

    #[test]
    fn a_renamed_dependency_gives_its_name() {
        for manifest in [
            "[dependencies]\nasync-std = { package = \"unstall\", version = \"0.1\" }",
            "[dependencies]\nasync-std = { version = \"0.1\", package = 'unstall' } # fast",
            "[dev-dependencies]\nasync-std.version = \"0.1\"\nasync-std.package = \"unstall\"",
            "[dependencies]\na = \"1\"\n[dependencies.async-std]\nversion = \"0.1\"\npackage=\"unstall\"",
            "[target.'cfg(unix)'.dependencies]\n\"async-std\" = { package = \"unstall\" }",
            "[target.'cfg(unix)'.dependencies.async-std]\npackage = \"unstall\"",
            "[dependencies]\nasync-std = { features = [\n  \"attributes\",\n], package = \"unstall\" }",
        ] {
            assert_eq!(name(manifest).as_deref(), Some("async-std"), "{manifest}");
        }
    }

    #[test]
    fn the_own_name_goes_before_others() {
        let both = "[dependencies]\nrt = { package = \"unstall\" }\nunstall = { path = \"x\" }";
        assert_eq!(name(both).as_deref(), Some("unstall"));
        let beside_async_std = "[dependencies]\nasync-std = \"1\"\nunstall = \"0.1\"";
        assert_eq!(name(beside_async_std).as_deref(), Some("unstall"));
    }

    #[test]
    fn what_stands_in_for_async_std_is_called_by_that_name() {
        let patched =
            "[dependencies]\nasync-std = { version = \"1\", features = [\"attributes\"] }";
        assert_eq!(name(patched).as_deref(), Some("async-std"));
    }

    #[test]
    fn other_sections_and_packages_say_nothing() {
        for manifest in [
            "",
            "[package]\nname = \"async-std\"\n[features]\nunstall = []",
            "[dependencies]\nlog = \"0.4\"\n# async-std = { package = \"unstall\" }",
            "[dependencies]\nlog = { package = \"unstall-log\" }\n[profile.dev]\npackage = \"unstall\"",
        ] {
            assert_eq!(name(manifest), None, "{manifest}");
        }
    }

    #[test]
    fn the_workspace_says_what_its_members_inherit() {
        let workspace = "[workspace.dependencies]\nlog = \"0.4\"\nrt = { package = \"unstall\" }\n";
        for manifest in [
            "[dependencies]\nrt.workspace = true",
            "[dependencies]\nlog.workspace = true\nrt = { workspace = true, features = [] }",
            "[dependencies.rt]\nworkspace = true",
        ] {
            let name = name_in(manifest, || Some(workspace.into()));
            assert_eq!(name.as_deref(), Some("rt"), "{manifest}");
        }
        let name = name_in("[dependencies]\nrt.workspace = true", || None);
        assert_eq!(name, None);
    }
}
