//! A body on its way to the sink: unpacked, counted, bounded, and its beginning looked at.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

use super::ContentEncoding;
use super::error::FetchError;

/// How many bytes of the beginning are kept to see what the body looks like.
const BEGINNING: usize = 512;

/// Whether a body is a web page.
///
/// Proxies and captive portals answer with a page of their own and with status 200. A CRL that a server announces as
/// HTML by mistake is still a CRL: read the body first, and blame the page where that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Html {
    /// Neither announced as one nor looking like one.
    No,
    /// `Content-Type` says so; the body does not begin like one.
    Announced,
    /// The body begins like one.
    Seen,
}

impl Html {
    pub(super) fn of(content_type: Option<&str>, beginning: &[u8]) -> Html {
        const BEGINNINGS: [&[u8]; 4] = [b"<!doctype html", b"<html", b"<head", b"<body"];
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let text = text.trim_ascii_start();
        let begins = |with: &[u8]| {
            text.get(..with.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(with))
        };
        if BEGINNINGS.into_iter().any(begins) {
            return Html::Seen;
        }
        let kind = content_type.and_then(|text| text.split(';').next());
        let announced = kind.is_some_and(|kind| {
            let kind = kind.trim();
            kind.eq_ignore_ascii_case("text/html")
                || kind.eq_ignore_ascii_case("application/xhtml+xml")
        });
        if announced { Html::Announced } else { Html::No }
    }
}

/// Unpacks what arrives.
pub(super) enum Unpacker<'s> {
    Identity(Bounded<'s>),
    Gzip(Box<MultiGzDecoder<Bounded<'s>>>),
}

/// What went to the sink.
pub(super) struct Written {
    pub(super) count: u64,
    pub(super) beginning: Vec<u8>,
}

impl<'s> Unpacker<'s> {
    /// # Errors
    /// For a coding that was not asked for.
    pub(super) fn new(
        found: Option<&str>,
        asked: ContentEncoding,
        limit: u64,
        sink: &'s mut dyn Write,
    ) -> Result<Unpacker<'s>, FetchError> {
        let sink = Bounded {
            sink,
            limit,
            count: 0,
            beginning: Vec::new(),
            failure: None,
        };
        let found = found.unwrap_or("identity").trim().to_ascii_lowercase();
        match (found.as_str(), asked) {
            ("" | "identity", _) => Ok(Unpacker::Identity(sink)),
            ("gzip" | "x-gzip", ContentEncoding::Gzip) => {
                Ok(Unpacker::Gzip(Box::new(MultiGzDecoder::new(sink))))
            }
            _ => Err(FetchError::Encoding {
                found: found.escape_debug().to_string(),
            }),
        }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let result = match self {
            Unpacker::Identity(sink) => sink.write_all(bytes),
            Unpacker::Gzip(decoder) => decoder.write_all(bytes),
        };
        result.map_err(|error| self.failure(error))
    }

    /// How many bytes the sink got, once all have arrived.
    pub(super) fn finish(mut self) -> Result<Written, FetchError> {
        let result = match &mut self {
            Unpacker::Identity(sink) => sink.flush(),
            // An end in the middle of the packed stream shows here.
            Unpacker::Gzip(decoder) => decoder
                .try_finish()
                .and_then(|()| decoder.get_mut().flush()),
        };
        result.map_err(|error| self.failure(error))?;
        let sink = self.sink();
        Ok(Written {
            count: sink.count,
            beginning: std::mem::take(&mut sink.beginning),
        })
    }

    fn sink(&mut self) -> &mut Bounded<'s> {
        match self {
            Unpacker::Identity(sink) => sink,
            Unpacker::Gzip(decoder) => decoder.get_mut(),
        }
    }

    /// Whose failure it was: the sink's own or the limit, else the packed stream's.
    fn failure(&mut self, error: io::Error) -> FetchError {
        match self.sink().failure.take() {
            Some(failure) => failure,
            None => FetchError::Unpacking { source: error },
        }
    }
}

/// The sink, with a limit, and a note of what went wrong in it: the decoder above passes on no more than an
/// [`io::Error`].
pub(super) struct Bounded<'s> {
    sink: &'s mut dyn Write,
    limit: u64,
    count: u64,
    beginning: Vec<u8>,
    failure: Option<FetchError>,
}

impl Bounded<'_> {
    fn fail(&mut self, failure: FetchError) -> io::Error {
        self.failure.get_or_insert(failure);
        io::ErrorKind::Other.into()
    }
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.limit.saturating_sub(self.count) {
            let limit = self.limit;
            return Err(self.fail(FetchError::TooLarge {
                limit,
                announced: None,
            }));
        }
        if let Err(source) = self.sink.write_all(bytes) {
            return Err(self.fail(FetchError::Sink { source }));
        }
        self.count += bytes.len() as u64;
        let wanted = BEGINNING.saturating_sub(self.beginning.len());
        self.beginning.extend(bytes.iter().take(wanted));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.sink.flush() {
            Ok(()) => Ok(()),
            Err(source) => Err(self.fail(FetchError::Sink { source })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_seen_by_its_beginning_or_announced_by_its_type() {
        for page in [
            "<!DOCTYPE html>",
            "\u{feff} \r\n<HTML lang=en>",
            "<head><title>",
        ] {
            assert_eq!(Html::of(None, page.as_bytes()), Html::Seen);
        }
        let der = b"\x30\x82\x01\x00";
        assert_eq!(
            Html::of(Some("Text/HTML; charset=utf-8"), der),
            Html::Announced
        );
        assert_eq!(Html::of(Some("application/pkix-crl"), der), Html::No);
        assert_eq!(Html::of(None, b""), Html::No);
    }

    #[test]
    fn a_full_sink_is_distinguished_from_a_bad_stream() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut full = Full;
        let mut unpacker = Unpacker::new(None, ContentEncoding::Identity, 10, &mut full).unwrap();
        assert!(matches!(
            unpacker.take(b"x"),
            Err(FetchError::Sink { source }) if source.kind() == io::ErrorKind::StorageFull
        ));
        let mut bytes = Vec::new();
        let mut unpacker =
            Unpacker::new(Some("gzip"), ContentEncoding::Gzip, 10, &mut bytes).unwrap();
        assert!(matches!(
            unpacker
                .take(b"no gzip at all")
                .and_then(|()| unpacker.finish().map(drop)),
            Err(FetchError::Unpacking { .. })
        ));
    }
}
