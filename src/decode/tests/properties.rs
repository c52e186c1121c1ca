//! What holds for every input.

use proptest::prelude::*;

use super::*;

fn read_everything(bytes: &[u8]) {
    if let Ok(opened) = open(
        &Input::new(Source::Stdin, bytes),
        Some(&Password::new("practice")),
    ) {
        for object in &opened.objects {
            let said = match object.decode() {
                Ok(blob) => format!("{blob:?}"),
                Err(error) => error.to_string(),
            };
            assert!(!said.is_empty());
        }
        assert!(
            opened
                .damage
                .iter()
                .all(|damage| !damage.to_string().is_empty())
        );
    }
}

/// What tools do to a text that leaves its meaning.
#[derive(Clone, Copy, Debug)]
enum Change {
    CarriageReturns,
    Indent,
    Quote,
    BlankLines,
    TrailingSpaces,
}

impl Change {
    fn apply(self, text: &str) -> String {
        match self {
            Change::CarriageReturns => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            Change::Indent => text.lines().map(|line| format!("  {line}\n")).collect(),
            Change::Quote => text.lines().map(|line| format!("> {line}\n")).collect(),
            Change::BlankLines => text.replace('\n', "\n\n"),
            Change::TrailingSpaces => text.replace('\n', "  \n"),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop::sample::select(vec![
        Change::CarriageReturns,
        Change::Indent,
        Change::Quote,
        Change::BlankLines,
        Change::TrailingSpaces,
    ])
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        read_everything(&bytes);
    }

    #[test]
    fn arbitrary_der_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..256), shape in 0..4_usize) {
        let starts: [&[u8]; 4] = [
            b"\x30\x82\x01\x00",
            b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01",
            b"\x30\x82\x00\xff\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
            b"\x30\x82\x00\xff\x02\x01\x03\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01",
        ];
        read_everything(&[starts[shape], &bytes].concat());
    }

    #[test]
    fn arbitrary_pem_lines_never_panic(text in "(-----BEGIN |----- ?BEGIN|–BEGIN |END |-----|-----END |CERTIFICATE|PKCS7|PKCS12|PGP A|\n|\r|=|=3D|=20|\\\\n|> |DEK-Info: |MII|AAAA|é|\u{a0}| ){0,60}") {
        read_everything(text.as_bytes());
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        read_everything(&wide);
    }

    #[test]
    fn one_changed_byte_never_panics(at in 0..700_usize, byte in any::<u8>()) {
        let (_, pem) = practice_certificate();
        let mut bytes = pem.into_bytes();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        read_everything(&bytes);
    }

    #[test]
    fn changes_that_leave_the_meaning_leave_the_der(changes in prop::collection::vec(change(), 0..4), mark in any::<bool>(), wide in any::<bool>()) {
        let (der, pem) = practice_certificate();
        let text = changes.iter().fold(pem, |text, change| change.apply(&text));
        let text = if mark { format!("\u{feff}{text}") } else { text };
        let bytes: Vec<u8> =
            if wide { text.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { text.into_bytes() };
        let blob = only(&bytes).unwrap();
        prop_assert_eq!(&blob.bytes[..], der);
    }
}
