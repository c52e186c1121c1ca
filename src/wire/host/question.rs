//! A request, read under limits.

use std::io::{self, Read};
use std::net::SocketAddr;

/// The most headers of a request; browsers send about twenty.
const HEADERS_LIMIT: usize = 100;

/// What a client asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// Who asks.
    pub from: SocketAddr,
    /// The method, as sent: `GET`.
    pub method: String,
    /// The target, as sent: a path with its query, or a whole URL when asked as a proxy.
    pub target: String,
    /// The headers in order. A value that is no UTF-8 is read with replacement characters.
    pub headers: Vec<(String, String)>,
}

impl Question {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or(&self.target)
    }
}

/// Why a request was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionProblem {
    /// It is no HTTP.
    #[error("the request is not HTTP/1")]
    Malformed,
    /// Its head is too long.
    #[error("the request header is too long")]
    TooLarge,
    /// It did not come in time.
    #[error("the request did not arrive in time")]
    TooSlow,
}

impl QuestionProblem {
    pub(super) fn status(self) -> u16 {
        match self {
            QuestionProblem::Malformed => 400,
            QuestionProblem::TooLarge => 431,
            QuestionProblem::TooSlow => 408,
        }
    }
}

/// Why there is no question.
pub(super) enum Silence {
    Problem(QuestionProblem),
    Broken(io::Error),
}

/// Reads one request's head; what may follow it is left unread or dropped.
pub(super) fn read(
    stream: &mut impl Read,
    from: SocketAddr,
    limit: usize,
) -> Result<Question, Silence> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) => return Err(Silence::Broken(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(Silence::Problem(QuestionProblem::TooSlow));
            }
            Err(error) => return Err(Silence::Broken(error)),
        };
        // Parsed again each time, which the limit keeps cheap.
        head.extend_from_slice(buffer.get(..count).unwrap_or_default());
        match parse(&head, from) {
            Ok(Some(question)) => return Ok(question),
            Ok(None) if head.len() < limit => {}
            Ok(None) => return Err(Silence::Problem(QuestionProblem::TooLarge)),
            Err(problem) => return Err(Silence::Problem(problem)),
        }
    }
}

fn parse(head: &[u8], from: SocketAddr) -> Result<Option<Question>, QuestionProblem> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_LIMIT];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(QuestionProblem::TooLarge),
        Err(_) => return Err(QuestionProblem::Malformed),
    }
    let headers = request.headers.iter().map(|header| {
        let value = String::from_utf8_lossy(header.value).into_owned();
        (header.name.to_owned(), value)
    });
    Ok(Some(Question {
        from,
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        headers: headers.collect(),
    }))
}
