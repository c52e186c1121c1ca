//! An answer, honest or not.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// What a host answers. Everything can be set, because a lab has to misbehave.
#[derive(Debug)]
pub struct Reply {
    /// The status; with 0 no head is sent, and the body is all there is.
    pub status: u16,
    /// Headers besides `Content-Length`, `Transfer-Encoding` and `Connection`, which the host writes itself. One with
    /// a line break inside is left out.
    pub headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// The body.
    pub body: Body,
    /// What is reported about the body's length.
    pub length: Length,
    /// How fast it is sent.
    pub pace: Pace,
    /// After how many bytes of the body the connection is cut.
    pub cut: Option<u64>,
}

/// A body.
pub enum Body {
    /// Bytes available.
    Bytes(Cow<'static, [u8]>),
    /// Bytes that several answers share: a mapped file.
    Shared(Arc<dyn Deref<Target = [u8]> + Send + Sync>),
    /// Bytes that are made while they are sent; with their number, where it is known.
    Stream(Box<dyn Read + Send>, Option<u64>),
}

impl Body {
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Shared(bytes) => Some(bytes.len() as u64),
            Body::Stream(_, length) => *length,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length() {
            Some(length) => write!(f, "{length} bytes"),
            None => f.write_str("a stream"),
        }
    }
}

/// What an answer says of its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Length {
    /// The truth; of a stream of unknown length nothing, and its end is the connection's.
    #[default]
    True,
    /// This number, true or not.
    Claimed(u64),
    /// Nothing: the body ends with the connection.
    Unsaid,
    /// Nothing: the body is sent in chunks.
    Chunked,
}

/// How fast an answer is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it goes.
    #[default]
    Normal,
    /// A few bytes at a time, the head included.
    Drip {
        /// How many.
        bytes: usize,
        /// How often.
        every: Duration,
    },
    /// Never: the connection stays open, and nothing is sent.
    Silent,
}

impl Reply {
    /// An answer with an empty body.
    pub fn new(status: u16) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            body: Body::Bytes(Cow::Borrowed(&[])),
            length: Length::True,
            pace: Pace::Normal,
            cut: None,
        }
    }

    /// Status 200 with a body of this type.
    pub fn ok(content_type: &'static str, body: impl Into<Cow<'static, [u8]>>) -> Reply {
        Reply {
            body: Body::Bytes(body.into()),
            ..Reply::new(200).with("Content-Type", content_type)
        }
    }

    /// Exactly these bytes, HTTP or not.
    pub fn raw(bytes: impl Into<Cow<'static, [u8]>>) -> Reply {
        Reply {
            body: Body::Bytes(bytes.into()),
            ..Reply::new(0)
        }
    }

    /// With one more header.
    pub fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Reply {
        self.headers.push((name.into(), value.into()));
        self
    }
}
