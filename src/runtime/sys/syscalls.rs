//! The names of Linux's system calls by number, for reports.
//!
//! Owns nothing but constants: any thread may ask at any time, the monitor too. The numbers are
//! those of the architecture that this is compiled for; what has no name here stays a number.
//! The names are the kernel's (`clock_nanosleep`), not those of the C library (`nanosleep`).

/// The name of system call `nr`, if this architecture's table has it.
pub(crate) fn syscall_name(nr: u32) -> Option<&'static str> {
    let name = match nr.checked_sub(FIRST_SHARED) {
        Some(index) => SHARED.get(index as usize)?,
        None => own::NAMES.get(nr as usize)?,
    };
    (*name != HOLE).then_some(*name)
}

/// Stands where no system call has the number.
const HOLE: &str = "";

/// From here on all architectures agree (but for MIPS, whose numbers begin at 4000 and 5000).
const FIRST_SHARED: u32 = 424;

/// The system calls since Linux 5.1, numbered from [`FIRST_SHARED`]; complete for Linux 6.17.
#[rustfmt::skip]
const SHARED: [&str; 46] = [
    /* 424 */ "pidfd_send_signal", "io_uring_setup", "io_uring_enter", "io_uring_register",
    /* 428 */ "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "pidfd_open",
    /* 435 */ "clone3", "close_range", "openat2", "pidfd_getfd", "faccessat2", "process_madvise",
    /* 441 */ "epoll_pwait2", "mount_setattr", "quotactl_fd", "landlock_create_ruleset",
    /* 445 */ "landlock_add_rule", "landlock_restrict_self", "memfd_secret", "process_mrelease",
    /* 449 */ "futex_waitv", "set_mempolicy_home_node", "cachestat", "fchmodat2",
    /* 453 */ "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue", "statmount",
    /* 458 */ "listmount", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules", "mseal",
    /* 463 */ "setxattrat", "getxattrat", "listxattrat", "removexattrat", "open_tree_attr",
    /* 468 */ "file_getattr", "file_setattr",
];

#[cfg(target_arch = "x86_64")]
mod own {
    /// The system calls numbered from 0 that were there before numbers were shared.
    #[rustfmt::skip]
    pub(super) const NAMES: [&str; 336] = [
        /*   0 */ "read", "write", "open", "close", "stat", "fstat", "lstat", "poll", "lseek",
        /*   9 */ "mmap", "mprotect", "munmap", "brk", "rt_sigaction", "rt_sigprocmask",
        /*  15 */ "rt_sigreturn", "ioctl", "pread64", "pwrite64", "readv", "writev", "access",
        /*  22 */ "pipe", "select", "sched_yield", "mremap", "msync", "mincore", "madvise",
        /*  29 */ "shmget", "shmat", "shmctl", "dup", "dup2", "pause", "nanosleep", "getitimer",
        /*  37 */ "alarm", "setitimer", "getpid", "sendfile", "socket", "connect", "accept",
        /*  44 */ "sendto", "recvfrom", "sendmsg", "recvmsg", "shutdown", "bind", "listen",
        /*  51 */ "getsockname", "getpeername", "socketpair", "setsockopt", "getsockopt", "clone",
        /*  57 */ "fork", "vfork", "execve", "exit", "wait4", "kill", "uname", "semget", "semop",
        /*  66 */ "semctl", "shmdt", "msgget", "msgsnd", "msgrcv", "msgctl", "fcntl", "flock",
        /*  74 */ "fsync", "fdatasync", "truncate", "ftruncate", "getdents", "getcwd", "chdir",
        /*  81 */ "fchdir", "rename", "mkdir", "rmdir", "creat", "link", "unlink", "symlink",
        /*  89 */ "readlink", "chmod", "fchmod", "chown", "fchown", "lchown", "umask",
        /*  96 */ "gettimeofday", "getrlimit", "getrusage", "sysinfo", "times", "ptrace",
        /* 102 */ "getuid", "syslog", "getgid", "setuid", "setgid", "geteuid", "getegid",
        /* 109 */ "setpgid", "getppid", "getpgrp", "setsid", "setreuid", "setregid", "getgroups",
        /* 116 */ "setgroups", "setresuid", "getresuid", "setresgid", "getresgid", "getpgid",
        /* 122 */ "setfsuid", "setfsgid", "getsid", "capget", "capset", "rt_sigpending",
        /* 128 */ "rt_sigtimedwait", "rt_sigqueueinfo", "rt_sigsuspend", "sigaltstack", "utime",
        /* 133 */ "mknod", "uselib", "personality", "ustat", "statfs", "fstatfs", "sysfs",
        /* 140 */ "getpriority", "setpriority", "sched_setparam", "sched_getparam",
        /* 144 */ "sched_setscheduler", "sched_getscheduler", "sched_get_priority_max",
        /* 147 */ "sched_get_priority_min", "sched_rr_get_interval", "mlock", "munlock",
        /* 151 */ "mlockall", "munlockall", "vhangup", "modify_ldt", "pivot_root", "_sysctl",
        /* 157 */ "prctl", "arch_prctl", "adjtimex", "setrlimit", "chroot", "sync", "acct",
        /* 164 */ "settimeofday", "mount", "umount2", "swapon", "swapoff", "reboot",
        /* 170 */ "sethostname", "setdomainname", "iopl", "ioperm", "create_module",
        /* 175 */ "init_module", "delete_module", "get_kernel_syms", "query_module", "quotactl",
        /* 180 */ "nfsservctl", "getpmsg", "putpmsg", "afs_syscall", "tuxcall", "security",
        /* 186 */ "gettid", "readahead", "setxattr", "lsetxattr", "fsetxattr", "getxattr",
        /* 192 */ "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr",
        /* 197 */ "removexattr", "lremovexattr", "fremovexattr", "tkill", "time", "futex",
        /* 203 */ "sched_setaffinity", "sched_getaffinity", "set_thread_area", "io_setup",
        /* 207 */ "io_destroy", "io_getevents", "io_submit", "io_cancel", "get_thread_area",
        /* 212 */ "lookup_dcookie", "epoll_create", "epoll_ctl_old", "epoll_wait_old",
        /* 216 */ "remap_file_pages", "getdents64", "set_tid_address", "restart_syscall",
        /* 220 */ "semtimedop", "fadvise64", "timer_create", "timer_settime", "timer_gettime",
        /* 225 */ "timer_getoverrun", "timer_delete", "clock_settime", "clock_gettime",
        /* 229 */ "clock_getres", "clock_nanosleep", "exit_group", "epoll_wait", "epoll_ctl",
        /* 234 */ "tgkill", "utimes", "vserver", "mbind", "set_mempolicy", "get_mempolicy",
        /* 240 */ "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify",
        /* 245 */ "mq_getsetattr", "kexec_load", "waitid", "add_key", "request_key", "keyctl",
        /* 251 */ "ioprio_set", "ioprio_get", "inotify_init", "inotify_add_watch",
        /* 255 */ "inotify_rm_watch", "migrate_pages", "openat", "mkdirat", "mknodat", "fchownat",
        /* 261 */ "futimesat", "newfstatat", "unlinkat", "renameat", "linkat", "symlinkat",
        /* 267 */ "readlinkat", "fchmodat", "faccessat", "pselect6", "ppoll", "unshare",
        /* 273 */ "set_robust_list", "get_robust_list", "splice", "tee", "sync_file_range",
        /* 278 */ "vmsplice", "move_pages", "utimensat", "epoll_pwait", "signalfd",
        /* 283 */ "timerfd_create", "eventfd", "fallocate", "timerfd_settime", "timerfd_gettime",
        /* 288 */ "accept4", "signalfd4", "eventfd2", "epoll_create1", "dup3", "pipe2",
        /* 294 */ "inotify_init1", "preadv", "pwritev", "rt_tgsigqueueinfo", "perf_event_open",
        /* 299 */ "recvmmsg", "fanotify_init", "fanotify_mark", "prlimit64", "name_to_handle_at",
        /* 304 */ "open_by_handle_at", "clock_adjtime", "syncfs", "sendmmsg", "setns", "getcpu",
        /* 310 */ "process_vm_readv", "process_vm_writev", "kcmp", "finit_module",
        /* 314 */ "sched_setattr", "sched_getattr", "renameat2", "seccomp", "getrandom",
        /* 319 */ "memfd_create", "kexec_file_load", "bpf", "execveat", "userfaultfd",
        /* 324 */ "membarrier", "mlock2", "copy_file_range", "preadv2", "pwritev2",
        /* 329 */ "pkey_mprotect", "pkey_alloc", "pkey_free", "statx", "io_pgetevents", "rseq",
        /* 335 */ "uretprobe",
    ];
}

#[cfg(target_arch = "aarch64")]
mod own {
    /// The system calls numbered from 0 that were there before numbers were shared.
    #[rustfmt::skip]
    pub(super) const NAMES: [&str; 295] = [
        /*   0 */ "io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents", "setxattr",
        /*   6 */ "lsetxattr", "fsetxattr", "getxattr", "lgetxattr", "fgetxattr", "listxattr",
        /*  12 */ "llistxattr", "flistxattr", "removexattr", "lremovexattr", "fremovexattr",
        /*  17 */ "getcwd", "lookup_dcookie", "eventfd2", "epoll_create1", "epoll_ctl",
        /*  22 */ "epoll_pwait", "dup", "dup3", "fcntl", "inotify_init1", "inotify_add_watch",
        /*  28 */ "inotify_rm_watch", "ioctl", "ioprio_set", "ioprio_get", "flock", "mknodat",
        /*  34 */ "mkdirat", "unlinkat", "symlinkat", "linkat", "renameat", "umount2", "mount",
        /*  41 */ "pivot_root", "nfsservctl", "statfs", "fstatfs", "truncate", "ftruncate",
        /*  47 */ "fallocate", "faccessat", "chdir", "fchdir", "chroot", "fchmod", "fchmodat",
        /*  54 */ "fchownat", "fchown", "openat", "close", "vhangup", "pipe2", "quotactl",
        /*  61 */ "getdents64", "lseek", "read", "write", "readv", "writev", "pread64",
        /*  68 */ "pwrite64", "preadv", "pwritev", "sendfile", "pselect6", "ppoll", "signalfd4",
        /*  75 */ "vmsplice", "splice", "tee", "readlinkat", "newfstatat", "fstat", "sync",
        /*  82 */ "fsync", "fdatasync", "sync_file_range", "timerfd_create", "timerfd_settime",
        /*  87 */ "timerfd_gettime", "utimensat", "acct", "capget", "capset", "personality",
        /*  93 */ "exit", "exit_group", "waitid", "set_tid_address", "unshare", "futex",
        /*  99 */ "set_robust_list", "get_robust_list", "nanosleep", "getitimer", "setitimer",
        /* 104 */ "kexec_load", "init_module", "delete_module", "timer_create", "timer_gettime",
        /* 109 */ "timer_getoverrun", "timer_settime", "timer_delete", "clock_settime",
        /* 113 */ "clock_gettime", "clock_getres", "clock_nanosleep", "syslog", "ptrace",
        /* 118 */ "sched_setparam", "sched_setscheduler", "sched_getscheduler", "sched_getparam",
        /* 122 */ "sched_setaffinity", "sched_getaffinity", "sched_yield",
        /* 125 */ "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval",
        /* 128 */ "restart_syscall", "kill", "tkill", "tgkill", "sigaltstack", "rt_sigsuspend",
        /* 134 */ "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait",
        /* 138 */ "rt_sigqueueinfo", "rt_sigreturn", "setpriority", "getpriority", "reboot",
        /* 143 */ "setregid", "setgid", "setreuid", "setuid", "setresuid", "getresuid",
        /* 149 */ "setresgid", "getresgid", "setfsuid", "setfsgid", "times", "setpgid", "getpgid",
        /* 156 */ "getsid", "setsid", "getgroups", "setgroups", "uname", "sethostname",
        /* 162 */ "setdomainname", "getrlimit", "setrlimit", "getrusage", "umask", "prctl",
        /* 168 */ "getcpu", "gettimeofday", "settimeofday", "adjtimex", "getpid", "getppid",
        /* 174 */ "getuid", "geteuid", "getgid", "getegid", "gettid", "sysinfo", "mq_open",
        /* 181 */ "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
        /* 186 */ "msgget", "msgctl", "msgrcv", "msgsnd", "semget", "semctl", "semtimedop",
        /* 193 */ "semop", "shmget", "shmctl", "shmat", "shmdt", "socket", "socketpair", "bind",
        /* 201 */ "listen", "accept", "connect", "getsockname", "getpeername", "sendto",
        /* 207 */ "recvfrom", "setsockopt", "getsockopt", "shutdown", "sendmsg", "recvmsg",
        /* 213 */ "readahead", "brk", "munmap", "mremap", "add_key", "request_key", "keyctl",
        /* 220 */ "clone", "execve", "mmap", "fadvise64", "swapon", "swapoff", "mprotect",
        /* 227 */ "msync", "mlock", "munlock", "mlockall", "munlockall", "mincore", "madvise",
        /* 234 */ "remap_file_pages", "mbind", "get_mempolicy", "set_mempolicy", "migrate_pages",
        /* 239 */ "move_pages", "rt_tgsigqueueinfo", "perf_event_open", "accept4", "recvmmsg", "",
        /* 245 */ "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "wait4",
        /* 261 */ "prlimit64", "fanotify_init", "fanotify_mark", "name_to_handle_at",
        /* 265 */ "open_by_handle_at", "clock_adjtime", "syncfs", "setns", "sendmmsg",
        /* 270 */ "process_vm_readv", "process_vm_writev", "kcmp", "finit_module",
        /* 274 */ "sched_setattr", "sched_getattr", "renameat2", "seccomp", "getrandom",
        /* 279 */ "memfd_create", "bpf", "execveat", "userfaultfd", "membarrier", "mlock2",
        /* 285 */ "copy_file_range", "preadv2", "pwritev2", "pkey_mprotect", "pkey_alloc",
        /* 290 */ "pkey_free", "statx", "io_pgetevents", "rseq", "kexec_file_load",
    ];
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod own {
    /// No table was made for this architecture.
    pub(super) const NAMES: [&str; 0] = [];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_numbers_have_their_names() {
        assert_eq!(syscall_name(424), Some("pidfd_send_signal"));
        assert_eq!(syscall_name(435), Some("clone3"));
        assert_eq!(syscall_name(441), Some("epoll_pwait2"));
        assert_eq!(syscall_name(469), Some("file_setattr"));
    }

    #[test]
    fn unknown_numbers_have_none() {
        for nr in [423, 9999, u32::MAX] {
            assert_eq!(syscall_name(nr), None, "{nr}");
        }
    }

    #[test]
    fn no_name_stands_twice() {
        let names = own::NAMES
            .iter()
            .chain(&SHARED)
            .filter(|name| **name != HOLE);
        let distinct: std::collections::HashSet<_> = names.clone().collect();
        assert_eq!(distinct.len(), names.count());
    }
}
