//! As much of HTTP/1.1 (RFC 9112) as this server needs, as pure functions of bytes.
//!
//! Understood: the request line, headers, `Content-Length`, keep-alive, `Expect: 100-continue`,
//! pipelined requests. Refused with the status that says so: everything else. Left out: chunked
//! bodies, the `Date` header, TLS. Nothing here panics, whatever the bytes are.

/// A longer request line and headers are refused with 431.
const MAX_HEAD: usize = 8 * 1024;

/// More header lines than this are refused with 431.
const MAX_HEADERS: usize = 64;

/// A longer body is refused with 413.
const MAX_BODY: usize = 1024 * 1024;

/// What the server answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    BadRequest,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    ContentTooLarge,
    HeadersTooLarge,
    InternalError,
    NotImplemented,
    VersionNotSupported,
}

impl Status {
    /// The code and its reason, as they stand in the status line.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Status::Ok => "200 OK",
            Status::BadRequest => "400 Bad Request",
            Status::NotFound => "404 Not Found",
            Status::MethodNotAllowed => "405 Method Not Allowed",
            Status::RequestTimeout => "408 Request Timeout",
            Status::ContentTooLarge => "413 Content Too Large",
            Status::HeadersTooLarge => "431 Request Header Fields Too Large",
            Status::InternalError => "500 Internal Server Error",
            Status::NotImplemented => "501 Not Implemented",
            Status::VersionNotSupported => "505 HTTP Version Not Supported",
        }
    }
}

/// A request without its body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The target's path; its query is cut off.
    pub(crate) path: String,
    pub(crate) body_len: usize,
    pub(crate) keep_alive: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub(crate) expects_continue: bool,
}

/// Reads one request's head from the start of `input`.
///
/// Returns the request and how many bytes its head took, `None` when more bytes are needed, and
/// the status to refuse with when no further byte could make a request of them.
pub(crate) fn parse(input: &[u8]) -> Result<Option<(Request, usize)>, Status> {
    let head_len = match head_len(input) {
        Some(len) if len <= MAX_HEAD => len,
        None if input.len() < MAX_HEAD => return Ok(None),
        _ => return Err(Status::HeadersTooLarge),
    };
    let mut lines = input[..head_len]
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty());

    let line = RequestLine::parse(lines.next().ok_or(Status::BadRequest)?)?;
    let mut headers = Headers::new(line.minor_version);
    for (count, header) in lines.enumerate() {
        if count == MAX_HEADERS {
            return Err(Status::HeadersTooLarge);
        }
        headers.add(header)?;
    }
    let request = headers.finish(line)?;
    Ok(Some((request, head_len)))
}

/// A whole response. `head_only` leaves the body out, as the answer to HEAD must.
pub(crate) fn response(status: Status, body: &str, keep_alive: bool, head_only: bool) -> Vec<u8> {
    let length = body.len();
    let allow = match status {
        Status::MethodNotAllowed => "Allow: GET, HEAD\r\n",
        _ => "",
    };
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let body = if head_only { "" } else { body };
    format!(
        "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         {allow}Connection: {connection}\r\n\r\n{body}",
        status.text(),
    )
    .into_bytes()
}

/// The length of the head, its blank last line included; blank lines before it are allowed.
fn head_len(input: &[u8]) -> Option<usize> {
    let mut len = 0;
    let mut begun = false;
    for line in input.split_inclusive(|&byte| byte == b'\n') {
        if !line.ends_with(b"\n") {
            return None;
        }
        len += line.len();
        let blank = matches!(line, b"\n" | b"\r\n");
        if blank && begun {
            return Some(len);
        }
        begun |= !blank;
    }
    None
}

struct RequestLine {
    method: String,
    path: String,
    minor_version: u8,
}

impl RequestLine {
    fn parse(line: &[u8]) -> Result<Self, Status> {
        let line = std::str::from_utf8(line).map_err(|_| Status::BadRequest)?;
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Status::BadRequest);
        };
        if !is_token(method.as_bytes()) {
            return Err(Status::BadRequest);
        }
        Ok(Self {
            method: method.to_owned(),
            path: path(target)?.to_owned(),
            minor_version: minor_version(version)?,
        })
    }
}

/// The path in a target: `/a?b`, `http://host/a?b` or `*`.
fn path(target: &str) -> Result<&str, Status> {
    if target.is_empty() || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Status::BadRequest);
    }
    let after_host = match target.split_once("://") {
        // Only a scheme may stand before "://"; a path may hold these characters too.
        Some((scheme, rest)) if is_token(scheme.as_bytes()) => {
            rest.find('/').map_or("/", |at| &rest[at..])
        }
        _ => target,
    };
    let path = after_host.split(['?', '#']).next().unwrap_or_default();
    if path.starts_with('/') || path == "*" {
        Ok(path)
    } else {
        Err(Status::BadRequest)
    }
}

fn minor_version(version: &str) -> Result<u8, Status> {
    match version.strip_prefix("HTTP/").map(str::as_bytes) {
        Some([b'1', b'.', minor @ b'0'..=b'9']) => Ok(minor - b'0'),
        Some([b'0'..=b'9', b'.', b'0'..=b'9']) => Err(Status::VersionNotSupported),
        _ => Err(Status::BadRequest),
    }
}

/// The few headers that change how a request is read or answered.
struct Headers {
    hosts: usize,
    content_length: Option<usize>,
    transfer_encoding: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
    minor_version: u8,
}

impl Headers {
    fn new(minor_version: u8) -> Self {
        Self {
            hosts: 0,
            content_length: None,
            transfer_encoding: false,
            close: false,
            keep_alive: false,
            expects_continue: false,
            minor_version,
        }
    }

    fn add(&mut self, line: &[u8]) -> Result<(), Status> {
        let colon = line.iter().position(|&byte| byte == b':');
        let (name, rest) = line.split_at(colon.ok_or(Status::BadRequest)?);
        let value = rest[1..].trim_ascii();
        // A space before the colon, a folded line, a control character: each has been used to
        // make two parsers read two different requests.
        if !is_token(name)
            || value
                .iter()
                .any(|&byte| byte.is_ascii_control() && byte != b'\t')
        {
            return Err(Status::BadRequest);
        }
        match name.to_ascii_lowercase().as_slice() {
            b"host" => self.hosts += 1,
            b"content-length" => {
                let earlier = self.content_length.replace(length(value)?);
                if earlier.is_some() {
                    return Err(Status::BadRequest);
                }
            }
            b"transfer-encoding" => self.transfer_encoding = true,
            b"connection" => {
                for option in value.split(|&byte| byte == b',') {
                    let option = option.trim_ascii();
                    self.close |= option.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            b"expect" => self.expects_continue |= value.eq_ignore_ascii_case(b"100-continue"),
            _ => {}
        }
        Ok(())
    }

    fn finish(self, line: RequestLine) -> Result<Request, Status> {
        let wants_host = self.minor_version >= 1;
        if self.hosts > 1 || (wants_host && self.hosts == 0) {
            return Err(Status::BadRequest);
        }
        if self.transfer_encoding {
            return Err(Status::NotImplemented);
        }
        let body_len = self.content_length.unwrap_or(0);
        if body_len > MAX_BODY {
            return Err(Status::ContentTooLarge);
        }
        Ok(Request {
            method: line.method,
            path: line.path,
            body_len,
            // HTTP/1.1 keeps the connection unless told otherwise, HTTP/1.0 closes it.
            keep_alive: !self.close && (self.minor_version >= 1 || self.keep_alive),
            expects_continue: self.expects_continue && self.minor_version >= 1 && body_len > 0,
        })
    }
}

fn length(value: &[u8]) -> Result<usize, Status> {
    // `parse` alone would take "+5".
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Status::BadRequest);
    }
    let digits = std::str::from_utf8(value).map_err(|_| Status::BadRequest)?;
    // Nothing but digits: all that can go wrong is that there are too many of them.
    digits.parse().map_err(|_| Status::ContentTooLarge)
}

/// Whether `bytes` is a "token", as methods and header names must be.
fn is_token(bytes: &[u8]) -> bool {
    let token_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(token_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(input: &str) -> Request {
        let (request, len) = parse(input.as_bytes()).unwrap().unwrap();
        assert_eq!(len, input.len());
        request
    }

    fn refusal(input: &str) -> Status {
        parse(input.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_request_is_read() {
        let got = request("GET /health?full HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((got.method.as_str(), got.path.as_str()), ("GET", "/health"));
        assert!(got.keep_alive && got.body_len == 0);

        let got = request("\r\nPOST http://a/b HTTP/1.1\nHOST:a\ncontent-length: 12 \n\n");
        assert_eq!((got.path.as_str(), got.body_len), ("/b", 12));
    }

    #[test]
    fn keep_alive_follows_version_and_header() {
        assert!(!request("GET / HTTP/1.0\r\n\r\n").keep_alive);
        assert!(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
        assert!(!request("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n").keep_alive);
    }

    #[test]
    fn every_prefix_waits_for_more() {
        let whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for len in 0..whole.len() {
            assert_eq!(parse(&whole.as_bytes()[..len]), Ok(None));
        }
    }

    #[test]
    fn a_pipelined_request_is_left_alone() {
        let input = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\n";
        let (first, len) = parse(input).unwrap().unwrap();
        assert_eq!(first.path, "/a");
        assert_eq!(&input[len..], b"GET /b HTTP/1.1\r\n");
    }

    #[test]
    fn rubbish_is_refused_with_the_status_that_says_why() {
        for rubbish in [
            "GET\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
            "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET health HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTPS/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        ] {
            assert_eq!(refusal(rubbish), Status::BadRequest, "{rubbish:?}");
        }
        let with =
            |header: &str| refusal(&format!("GET / HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n"));
        assert_eq!(
            with("Content-Length: 99999999999999999999999"),
            Status::ContentTooLarge
        );
        assert_eq!(with("Transfer-Encoding: chunked"), Status::NotImplemented);
        assert_eq!(
            with(&format!("x: {}", "y".repeat(MAX_HEAD))),
            Status::HeadersTooLarge
        );
        assert_eq!(
            with(&["x: y"; MAX_HEADERS].join("\r\n")),
            Status::HeadersTooLarge
        );
        assert_eq!(
            refusal("GET / HTTP/2.0\r\n\r\n"),
            Status::VersionNotSupported
        );
        assert_eq!(refusal(&"x".repeat(MAX_HEAD)), Status::HeadersTooLarge);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        // Bytes that matter to the parser, in every order that a small generator comes up with.
        let alphabet = b"GET /HTP1.0\r\n\r\n: ?#*\0\xff\x80ContentLeghs-,9";
        let mut state = 1_u64;
        for _ in 0..100_000 {
            let input: Vec<u8> = (0..state % 48)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    alphabet[(state >> 33) as usize % alphabet.len()]
                })
                .collect();
            let _ = parse(&input);
            state = state.wrapping_add(0x9E37_79B9);
        }
    }
}
