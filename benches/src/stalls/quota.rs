//! A limit on this process's CPU time, by a control group of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

/// This process in a group that may use half a core; taken out of it when dropped.
#[derive(Debug)]
pub(super) struct Quota {
    group: PathBuf,
    before: PathBuf,
}

impl Quota {
    /// 50 ms of every 100 ms, of all cores together. Says why where it cannot be had.
    pub(super) fn of_half_a_core() -> Result<Self, String> {
        let (root, own, version) = hierarchy().ok_or("no control groups with CPU limits")?;
        let before = root.join(own.trim_start_matches('/'));
        let mut refused = String::new();
        // Who may not make one below its own group may still do so further up.
        for parent in before
            .ancestors()
            .take_while(|path| path.starts_with(&root))
        {
            match limited_group(parent, version) {
                Ok(group) => {
                    let quota = Self { group, before };
                    quota.enter(&quota.group)?;
                    return Ok(quota);
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn enter(&self, group: &Path) -> Result<(), String> {
        let members = group.join("cgroup.procs");
        fs::write(&members, process::id().to_string())
            .map_err(|error| format!("{}: {error}", members.display()))
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // A group that cannot be left stays, empty, when the process ends.
        let _ = self.enter(&self.before);
        let _ = fs::remove_dir(&self.group);
    }
}

#[derive(Clone, Copy, Debug)]
enum Version {
    One,
    Two,
}

/// Where groups with CPU limits are, and which one is this process's.
fn hierarchy() -> Option<(PathBuf, String, Version)> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    // NUMBER:CONTROLLERS:PATH, without controllers in version 2.
    let own = |wanted: &dyn Fn(&str) -> bool| {
        let mut fields = groups.lines().map(|line| line.splitn(3, ':'));
        fields.find_map(|mut line| {
            let (_, controllers, path) = (line.next()?, line.next()?, line.next()?);
            wanted(controllers).then(|| path.to_owned())
        })
    };
    let is_cpu = |list: &str| list.split(',').any(|word| word == "cpu");
    let mut second = None;
    for mount in mounts.lines() {
        let mut fields = mount.split(' ').skip(1);
        let (path, kind, options) = (fields.next()?, fields.next()?, fields.next()?);
        match kind {
            "cgroup" if is_cpu(options) => {
                return Some((path.into(), own(&is_cpu)?, Version::One));
            }
            "cgroup2" => second = Some((path.into(), own(&str::is_empty)?, Version::Two)),
            _ => {}
        }
    }
    second
}

/// Makes a group below another one, and limits it.
fn limited_group(parent: &Path, version: Version) -> Result<PathBuf, String> {
    let group = parent.join(format!("unstall-benches-{}", process::id()));
    fs::create_dir(&group).map_err(|error| format!("{}: {error}", group.display()))?;
    let (file, limit) = match version {
        Version::One => ("cpu.cfs_quota_us", "50000"),
        Version::Two => ("cpu.max", "50000 100000"),
    };
    let limited = fs::write(group.join(file), limit);
    limited
        .map_err(|error| {
            let _ = fs::remove_dir(&group);
            format!("{}/{file}: {error}", group.display())
        })
        .map(|()| group)
}
