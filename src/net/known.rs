//! What adaptors to the traits of other crates know of the stream that they wrap: whether it is one of our sockets.
//!
//! futures-io has no word for two things that those traits ask for: whether writing several buffers at once is worth it, and an
//! end of writing that the peer learns of. (`close` of a socket flushes, since a clone may go on writing.)

use std::any::{Any, TypeId};
use std::fmt;
use std::io;

use super::{Shutdown, TcpStream};
#[cfg(unix)]
use crate::os::unix::net::UnixStream;

/// What is known of a stream of type `T`.
pub(crate) struct Known<T> {
    /// `None` if it is not a socket.
    end_writing: Option<fn(&T) -> io::Result<()>>,
}

impl<T> Known<T> {
    pub(crate) fn nothing() -> Known<T> {
        Known { end_writing: None }
    }

    pub(crate) fn is_socket(&self) -> bool {
        self.end_writing.is_some()
    }

    /// The peer of a socket reads the end of the stream. For others, which have their own `close` for that, it does nothing.
    pub(crate) fn end_writing(&self, stream: &T) -> io::Result<()> {
        match self.end_writing.map(|end_writing| end_writing(stream)) {
            // The peer has ended it already.
            Some(Err(error)) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            Some(result) => result,
            None => Ok(()),
        }
    }
}

impl<T: 'static> Known<T> {
    pub(crate) fn of_type() -> Known<T> {
        let id = TypeId::of::<T>();
        let of_socket = [
            (TypeId::of::<TcpStream>(), end_tcp::<T> as fn(&T) -> _),
            #[cfg(unix)]
            (TypeId::of::<UnixStream>(), end_unix::<T>),
        ];
        let socket = of_socket.iter().find(|(socket, _)| *socket == id);
        Known {
            end_writing: socket.map(|(_, end_writing)| *end_writing),
        }
    }
}

const SAME: &str = "the types were compared";

fn end_tcp<T: Any>(stream: &T) -> io::Result<()> {
    let socket = (stream as &dyn Any).downcast_ref::<TcpStream>();
    socket.expect(SAME).shutdown(Shutdown::Write)
}

#[cfg(unix)]
fn end_unix<T: Any>(stream: &T) -> io::Result<()> {
    let socket = (stream as &dyn Any).downcast_ref::<UnixStream>();
    socket.expect(SAME).shutdown(Shutdown::Write)
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Known<T> {}

impl<T> fmt::Debug for Known<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("is_socket", &self.is_socket())
            .finish()
    }
}
