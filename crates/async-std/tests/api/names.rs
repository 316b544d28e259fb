//! Every public name, in each module that has it.

mod root {
    use async_std::{
        channel, eprint, eprintln, fs, future, io, net, os, path, pin, prelude, print, println,
        process, stream, sync, task, task_local, write, writeln,
    };
}

mod in_task {
    use async_std::task::{
        AccessError, Builder, Context, JoinHandle, LocalKey, Poll, Task, TaskId, Waker, block_on,
        current, ready, sleep, spawn, spawn_blocking, spawn_local, try_current, yield_now,
    };
}

mod in_future {
    use async_std::future::{Future, IntoFuture, TimeoutError, pending, poll_fn, ready, timeout};
}

mod in_stream {
    use async_std::stream::{
        Chain, Cloned, Copied, Delay, DoubleEndedStream, Empty, ExactSizeStream, Extend, Filter,
        FlatMap, Flatten, FromFn, FromIter, FromStream, Fuse, FusedStream, Inspect, Interval,
        IntoStream, Map, Merge, Once, Pending, Product, Repeat, RepeatWith, Scan, Skip, SkipWhile,
        StepBy, Stream, StreamExt, Successors, Sum, Take, TakeWhile, Throttle, Timeout,
        TimeoutError, Zip, empty, extend, from_fn, from_iter, interval, once, pending, repeat,
        repeat_with, successors,
    };
}

mod in_io {
    use async_std::io::{
        BufRead, BufReadExt, BufReader, BufWriter, Bytes, Chain, Cursor, Empty, Error, ErrorKind,
        IntoInnerError, IoSlice, IoSliceMut, Lines, Read, ReadExt, Repeat, Result, Seek, SeekExt,
        SeekFrom, Sink, Split, Stderr, Stdin, Stdout, Take, Write, WriteExt, copy, empty, prelude,
        repeat, sink, stderr, stdin, stdout, timeout,
    };
}

mod in_io_prelude {
    use async_std::io::prelude::{
        BufRead, BufReadExt, Read, ReadExt, Seek, SeekExt, Write, WriteExt,
    };
}

mod in_os {
    use async_std::os::unix;
}

mod in_os_unix {
    use async_std::os::unix::{fs, io, net, process};
}

mod in_os_unix_io {
    use async_std::os::unix::io::{
        AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd,
    };
}

mod in_os_unix_fs {
    use async_std::os::unix::fs::{DirBuilderExt, DirEntryExt, OpenOptionsExt, symlink};
}

mod in_os_unix_net {
    use async_std::os::unix::net::{Incoming, SocketAddr, UnixDatagram, UnixListener, UnixStream};
}

mod in_prelude {
    use async_std::prelude::{
        DoubleEndedStream, ExactSizeStream, Future, FutureExt, Stream, StreamExt, task_local,
    };
}

mod in_sync {
    use async_std::sync::{
        Arc, Barrier, BarrierWaitResult, Condvar, Mutex, MutexGuard, MutexGuardArc, RwLock,
        RwLockReadGuard, RwLockUpgradableReadGuard, RwLockWriteGuard, Weak,
    };
}

mod in_channel {
    use async_std::channel::{
        Receiver, Recv, RecvError, Send, SendError, Sender, TryRecvError, TrySendError,
        WeakReceiver, WeakSender, bounded, unbounded,
    };
}

mod in_fs {
    use async_std::fs::{
        DirBuilder, DirEntry, File, FileType, Metadata, OpenOptions, Permissions, ReadDir,
        canonicalize, copy, create_dir, create_dir_all, hard_link, metadata, read, read_dir,
        read_link, read_to_string, remove_dir, remove_dir_all, remove_file, rename,
        set_permissions, symlink_metadata, write,
    };
}

mod in_path {
    use async_std::path::{
        Ancestors, Component, Components, Display, Iter, MAIN_SEPARATOR, Path, PathBuf, Prefix,
        PrefixComponent, StripPrefixError, is_separator,
    };
}

mod in_net {
    use async_std::net::{
        AddrParseError, Incoming, IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4,
        SocketAddrV6, TcpListener, TcpStream, ToSocketAddrs, UdpSocket,
    };
}

mod in_pin {
    use async_std::pin::Pin;
}

mod in_process {
    use async_std::process::{
        Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio, abort,
        exit, id,
    };
}

mod in_os_unix_process {
    use async_std::os::unix::process::CommandExt;
}
