//! Bytes shown as lower-case hexadecimal without separators.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bytes that read as lower-case hex everywhere: in text, in JSON, in `Debug`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hex<T>(pub T);

/// A SHA-256 digest.
pub type Sha256Digest = Hex<[u8; 32]>;

/// A SHA-1 digest; an identifier here, never a proof.
pub type Sha1Digest = Hex<[u8; 20]>;

/// Bytes of any length.
pub type HexBytes = Hex<Vec<u8>>;

impl<T: AsRef<[u8]>> Hex<T> {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl<T: AsRef<[u8]>> fmt::Display for Hex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digests are written tens of thousands of times in a large bundle: 32 bytes at a go.
        for chunk in self.0.as_ref().chunks(32) {
            let mut text = [0u8; 64];
            for (pair, byte) in text.chunks_exact_mut(2).zip(chunk) {
                pair.copy_from_slice(&[
                    DIGITS[usize::from(byte >> 4)],
                    DIGITS[usize::from(byte & 15)],
                ]);
            }
            let text = text.get(..chunk.len() * 2).unwrap_or_default();
            f.write_str(std::str::from_utf8(text).unwrap_or_default())?;
        }
        Ok(())
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Hex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T: AsRef<[u8]>> Serialize for Hex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<[u8; N]> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hex<[u8; N]>, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hex::<[u8; N]>::parse(&text)
            .ok_or_else(|| de::Error::custom(format_args!("expected {N} bytes of hex")))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HexBytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        HexBytes::parse(&text).ok_or_else(|| de::Error::custom("expected bytes of hex"))
    }
}

impl<T> schemars::JsonSchema for Hex<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hex".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^([0-9a-f]{2})*$" })
    }
}

impl<const N: usize> Hex<[u8; N]> {
    /// Reads exactly `N` bytes of hex, upper or lower case; `None` when the text is anything else.
    pub fn parse(text: &str) -> Option<Hex<[u8; N]>> {
        let text = text.as_bytes();
        if text.len() != N * 2 {
            return None;
        }
        let mut bytes = [0u8; N];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = octet(pair)?;
        }
        Some(Hex(bytes))
    }
}

impl HexBytes {
    /// Reads whole bytes of hex, upper or lower case; `None` when the text is anything else.
    pub fn parse(text: &str) -> Option<HexBytes> {
        let text = text.as_bytes();
        if !text.len().is_multiple_of(2) {
            return None;
        }
        text.chunks_exact(2)
            .map(octet)
            .collect::<Option<_>>()
            .map(Hex)
    }
}

/// The byte that two digits say.
fn octet(pair: &[u8]) -> Option<u8> {
    let high = char::from(*pair.first()?).to_digit(16)?;
    let low = char::from(*pair.get(1)?).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_longer_than_one_chunk_read_as_one_string() {
        let bytes: Vec<u8> = (0..70).collect();
        let expected: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(Hex(bytes).to_string(), expected);
    }

    #[test]
    fn what_json_says_is_read_back_and_nothing_else_is() {
        let bytes: HexBytes = serde_json::from_str("\"00fF\"").unwrap();
        assert_eq!(bytes.0, [0, 255]);
        for wrong in ["\"0\"", "\"0x\"", "\"é\"", "7"] {
            assert!(serde_json::from_str::<HexBytes>(wrong).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Sha1Digest>("\"00ff\"").is_err());
    }

    #[test]
    fn a_digest_of_the_wrong_length_is_not_read() {
        assert!(Sha1Digest::parse("00ff").is_none());
        assert!(Hex::<[u8; 2]>::parse("00fF").is_some_and(|hex| hex.0 == [0, 255]));
        assert!(Hex::<[u8; 2]>::parse("00fx").is_none());
    }
}
