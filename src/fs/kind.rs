//! What kind of thing is behind an open file.

use crate::runtime::Lane;

/// What may happen to whoever reads or writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A regular file: reading and writing may wait for a disk, and for nothing else.
    Regular,
    /// A device or a directory. It has a position, and what it may wait for is not known.
    Positioned,
    /// A FIFO, a terminal, a socket, an eventfd. It has no position; what is read may be waited for for ever, while something
    /// is written.
    Stream,
}

impl Kind {
    /// Of something that is not a regular file.
    pub(super) fn special(has_position: bool) -> Kind {
        if has_position {
            Kind::Positioned
        } else {
            Kind::Stream
        }
    }

    /// Where its reads and writes go that cannot be answered at once.
    pub(super) fn lane(self) -> Lane {
        match self {
            Kind::Regular => Lane::Files,
            Kind::Positioned | Kind::Stream => Lane::Blocking,
        }
    }

    pub(super) fn has_position(self) -> bool {
        self != Kind::Stream
    }
}
