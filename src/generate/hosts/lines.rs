//! Line numbers of a CSV file.

/// Counts lines from byte positions: csv's own count stops at blank lines and comments, and stays before them.
pub(super) struct LineCounter<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> LineCounter<'a> {
    pub(super) fn over(bytes: &'a [u8]) -> LineCounter<'a> {
        LineCounter {
            bytes,
            at: 0,
            line: 1,
        }
    }

    /// Where the line begins.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The line of the record that the reader found from `position` on; positions must not go back.
    pub(super) fn at(&mut self, position: u64) -> usize {
        let position = usize::try_from(position)
            .unwrap_or(usize::MAX)
            .min(self.bytes.len());
        self.skip_to(position);
        // The reader skips blank lines and comments after it has noted the position.
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(length) = memchr::memchr(b'\n', rest) else {
                return self.line;
            };
            let line = rest.get(..length).unwrap_or_default();
            if !(line.starts_with(b"#") || line.trim_ascii().is_empty()) {
                return self.line;
            }
            self.skip_to(self.at + length + 1);
        }
    }

    /// Everything from the beginning of the line on.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn skip_to(&mut self, position: usize) {
        if let Some(skipped) = self.bytes.get(self.at..position) {
            self.line += memchr::memchr_iter(b'\n', skipped).count();
            self.at = position;
        }
    }
}
