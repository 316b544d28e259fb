//! Bytes on their way into a string.

use std::{io, mem, str};

/// Bytes that will be appended to a string.
///
/// If it is dropped before it is finished, what is text already is appended all the same, so that a cancelled read loses
/// nothing that it took from its reader, but for a character cut in two.
#[derive(Debug)]
pub(super) struct Text<'a> {
    buf: &'a mut String,
    pub(super) bytes: Vec<u8>,
}

impl<'a> Text<'a> {
    pub(super) fn new(buf: &'a mut String) -> Text<'a> {
        Text {
            buf,
            bytes: Vec::new(),
        }
    }

    /// Appends all, and gives how many bytes that were.
    ///
    /// # Errors
    ///
    /// If they are not UTF-8; then they are gone, and the string is as it was.
    pub(super) fn finish(&mut self) -> io::Result<usize> {
        let bytes = mem::take(&mut self.bytes);
        let len = bytes.len();
        // Most often the string is empty, and nothing is copied.
        let text = into_text(bytes)?;
        if self.buf.is_empty() && self.buf.capacity() < text.capacity() {
            *self.buf = text;
        } else {
            self.buf.push_str(&text);
        }
        Ok(len)
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        let valid = match str::from_utf8(&self.bytes) {
            Ok(text) => text,
            Err(error) => str::from_utf8(&self.bytes[..error.valid_up_to()])
                .expect("this part was found valid"),
        };
        self.buf.push_str(valid);
    }
}

/// The bytes as text.
///
/// # Errors
///
/// If they are not UTF-8.
pub(super) fn into_text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "stream did not contain valid UTF-8",
        )
    })
}
