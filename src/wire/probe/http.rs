//! One HTTP/1.1 request, and its response within limits.

use std::time::Instant;

use super::milliseconds;
use crate::verdict::connection::{After, HttpResponse};
use crate::wire::fetch::USER_AGENT;

/// What to ask for after the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    path: String,
    headers: Vec<(String, String)>,
    body: usize,
}

/// Why something is no HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRequest {
    /// The path is not one.
    #[error("the path {0:?} must begin with / and must not contain spaces or control characters")]
    Path(String),
    /// The header is not one.
    #[error("{0:?} is not an HTTP header")]
    Header(String),
}

/// The most of a response's head that is read, with the interim answers before it.
const HEAD: usize = 64 * 1024;
/// The most headers of a response.
const HEADERS: usize = 128;

impl Request {
    /// A GET of a path with these headers besides Host, User-Agent, Accept and Connection; this many bytes of the body
    /// are kept.
    ///
    /// # Errors
    /// For a path or a header that would break the request apart.
    pub fn new(
        path: &str,
        headers: Vec<(String, String)>,
        body: usize,
    ) -> Result<Request, BadRequest> {
        let visible = |byte: u8| byte.is_ascii_graphic();
        if !path.starts_with('/') || !path.bytes().all(visible) {
            return Err(BadRequest::Path(path.to_owned()));
        }
        for (name, value) in &headers {
            let token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let text = |byte: u8| byte == b'\t' || byte >= b' ' && byte != 0x7f;
            if name.is_empty() || !name.bytes().all(token) || !value.bytes().all(text) {
                return Err(BadRequest::Header(name.clone()));
            }
        }
        Ok(Request {
            path: path.to_owned(),
            headers,
            body,
        })
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The bytes to send to this host.
    pub(super) fn bytes(&self, host: &str, port: u16) -> Vec<u8> {
        let host = match host.contains(':') && !host.starts_with('[') {
            true => format!("[{host}]"),
            false => host.to_owned(),
        };
        let given = |name: &str| {
            let mut headers = self.headers.iter();
            headers.any(|(given, _)| given.eq_ignore_ascii_case(name))
        };
        let mut text = format!("GET {} HTTP/1.1\r\n", self.path);
        let host = match port {
            443 => host,
            port => format!("{host}:{port}"),
        };
        for (name, value) in [
            ("Host", host.as_str()),
            ("User-Agent", USER_AGENT),
            ("Accept", "*/*"),
            ("Connection", "close"),
        ] {
            if !given(name) {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// A response that is being received.
pub(super) struct Receiving {
    bytes: Vec<u8>,
    /// How many of them the heads took that are read: interim answers, and the last.
    passed: usize,
    keep: usize,
    start: Instant,
    head: Option<(usize, HttpResponse)>,
}

/// How far it has come.
pub(super) enum Progress {
    /// More is to come.
    More,
    /// This is all that is wanted.
    Done(After),
}

impl Receiving {
    pub(super) fn new(request: &Request) -> Receiving {
        Receiving {
            bytes: Vec::new(),
            passed: 0,
            keep: request.body,
            start: Instant::now(),
            head: None,
        }
    }

    /// Takes what has arrived.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Progress {
        self.bytes.extend_from_slice(bytes);
        while self.head.is_none() {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            match response.parse(self.unread()) {
                Ok(httparse::Status::Complete(length)) => {
                    let text = |header: &httparse::Header<'_>| {
                        let value = std::str::from_utf8(header.value).ok()?;
                        Some((header.name.to_owned(), value.to_owned()))
                    };
                    let headers = response.headers.iter().filter_map(text).collect();
                    let mut found = HttpResponse::new(response.code.unwrap_or(0), headers);
                    found.took_ms = milliseconds(self.start);
                    self.passed += length;
                    if (100..200).contains(&found.status) && found.status != 101 {
                        // RFC 9110 section 15.2: any number may come before the final response.
                        match self.passed > HEAD {
                            true => return Progress::Done(After::NoResponse),
                            false => continue,
                        }
                    }
                    self.head = Some((self.passed, found));
                }
                Ok(httparse::Status::Partial) if self.bytes.len() < HEAD => return Progress::More,
                _ => return Progress::Done(self.not_http()),
            }
        }
        let Some((length, response)) = &self.head else {
            return Progress::More;
        };
        let body = self.bytes.len().saturating_sub(*length);
        let announced = response
            .header("content-length")
            .and_then(|length| length.trim().parse::<usize>().ok());
        let empty = matches!(response.status, 204 | 304);
        let whole = empty || announced.is_some_and(|announced| body >= announced);
        match whole || body > self.keep {
            true => Progress::Done(self.end(whole)),
            false => Progress::More,
        }
    }

    /// The connection is over.
    pub(super) fn finish(&mut self, closed: bool) -> After {
        match self.head {
            Some(_) => self.end(closed),
            None if self.unread().is_empty() => After::NoResponse,
            None if closed => self.not_http(),
            None => After::NoResponse,
        }
    }

    /// Whether anything has arrived of a final response.
    pub(super) fn is_empty(&self) -> bool {
        self.unread().is_empty()
    }

    /// What came after the interim answers.
    fn unread(&self) -> &[u8] {
        self.bytes.get(self.passed..).unwrap_or_default()
    }

    fn end(&mut self, whole: bool) -> After {
        let Some((length, mut response)) = self.head.take() else {
            return After::NoResponse;
        };
        let body = self.bytes.get(length..).unwrap_or_default();
        let chunked = response
            .header("transfer-encoding")
            .is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
        let body = match chunked {
            true => unchunked(body),
            false => body.to_vec(),
        };
        let kept = body.get(..self.keep).unwrap_or(&body);
        response.whole = whole && kept.len() == body.len();
        response.body = String::from_utf8_lossy(kept).into_owned();
        After::Response(response)
    }

    fn not_http(&self) -> After {
        // The frame of an HTTP/2 server's first message (RFC 9113 section 3.4): a SETTINGS frame on stream 0.
        let http2 = matches!(self.unread(), [0, _, _, 4, _, 0, 0, 0, 0, ..]);
        After::NotHttp {
            http2,
            start: start(self.unread()),
        }
    }
}

/// The content of a chunked body as far as it is whole (RFC 9112 section 7.1).
fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Ok(httparse::Status::Complete((start, length))) = httparse::parse_chunk_size(bytes) {
        let Ok(length) = usize::try_from(length) else {
            break;
        };
        if length == 0 {
            break;
        }
        let rest = bytes.get(start..).unwrap_or_default();
        content.extend(rest.iter().take(length));
        bytes = length
            .checked_add(2)
            .and_then(|after| rest.get(after..))
            .unwrap_or_default();
    }
    content
}

/// The first line of what was received, as far as it is text.
pub(super) fn start(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next();
    let shown = line.unwrap_or_default().iter().take(SHOWN);
    shown
        .map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::new("/", Vec::new(), 100).unwrap()
    }

    #[test]
    fn a_header_cannot_smuggle_another_one() {
        for (name, value) in [
            ("a", "b\r\nc: d"),
            ("a:b", "c"),
            ("", "c"),
            ("a b", "c"),
            ("a", "\u{7f}"),
        ] {
            let header = vec![(name.to_owned(), value.to_owned())];
            assert!(Request::new("/", header, 0).is_err(), "{name}: {value}");
        }
        for path in ["", "metadata", "/ HTTP/1.1\r\nX: y", "/a b"] {
            assert!(Request::new(path, Vec::new(), 0).is_err(), "{path}");
        }
        assert!(Request::new("/https://a.nhs.uk/metadata?x=1", Vec::new(), 0).is_ok());
    }

    #[test]
    fn a_response_is_complete_with_its_announced_length() {
        let mut receiving = Receiving::new(&request());
        assert!(matches!(
            receiving.take(b"HTTP/1.1 200 OK\r\nContent-Le"),
            Progress::More
        ));
        let Progress::Done(After::Response(response)) = receiving.take(b"ngth: 2\r\n\r\nok") else {
            panic!("not done");
        };
        assert_eq!(
            (response.status, response.body.as_str(), response.whole),
            (200, "ok", true)
        );
    }

    #[test]
    fn a_chunked_body_is_joined_and_cut_at_the_limit() {
        let mut receiving = Receiving::new(&request());
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n";
        assert!(matches!(receiving.take(head), Progress::More));
        let After::Response(response) = receiving.finish(true) else {
            panic!("no response")
        };
        assert_eq!(response.body, "abcde");
    }

    #[test]
    fn http_2_without_being_asked_for_is_named() {
        let mut receiving = Receiving::new(&request());
        let settings = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
        let Progress::Done(After::NotHttp { http2, .. }) = receiving.take(settings) else {
            panic!("taken for HTTP");
        };
        assert!(http2);
    }

    #[test]
    fn an_interim_response_is_passed_over() {
        let mut receiving = Receiving::new(&request());
        let both = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        let Progress::Done(After::Response(response)) = receiving.take(both) else {
            panic!("not done");
        };
        assert_eq!(response.status, 204);
    }

    #[test]
    fn interim_answers_without_end_are_given_up_and_a_thousand_are_not() {
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut many = interim.repeat(1000);
        many.extend(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let mut receiving = Receiving::new(&request());
        let Progress::Done(After::Response(response)) = receiving.take(&many) else {
            panic!("not done");
        };
        assert_eq!((response.status, response.body.as_str()), (200, "ok"));
        let mut receiving = Receiving::new(&request());
        let endless = interim.repeat(100_000);
        assert!(matches!(
            receiving.take(&endless),
            Progress::Done(After::NoResponse)
        ));
    }
}
