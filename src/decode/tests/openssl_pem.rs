//! What OpenSSL's own reader makes of a file, which is what servers read.

use proptest::prelude::*;

use super::*;
use crate::decode::openssl_pem::{certificates, private_key};

#[test]
fn every_certificate_of_a_sound_file_is_counted_whatever_else_it_holds() {
    let (key, one) = fixture_pair(1);
    let key = key.private_key_to_pem_pkcs8().unwrap();
    let one = one.to_pem().unwrap();
    let two = fixture_pair(2).1.to_pem().unwrap();
    let text = [b"subject=one\n\n", &*one, b"\n", &*key, b"issuer=\n", &*two].concat();
    let reading = certificates(&text);
    assert_eq!((reading.count, reading.refusal), (2, None));
    assert_eq!(private_key(&text, None).refusal, None);
    let windows = String::from_utf8(one).unwrap().replace('\n', "\r\n");
    let reading = certificates(format!("\u{feff}{windows}").as_bytes());
    assert_eq!((reading.count, reading.refusal), (1, None));
}

#[test]
fn reading_block_for_block_is_what_openssl_makes_of_the_whole() {
    let one = String::from_utf8(fixture_pair(1).1.to_pem().unwrap()).unwrap();
    let two = String::from_utf8(fixture_pair(2).1.to_pem().unwrap()).unwrap();
    let whole = format!("{one}{two}");
    for text in [
        whole.clone(),
        whole.replace("-----\n-----", "----------"),
        whole.replace('\n', "\n  "),
        whole.replace('\n', "\r"),
        whole.replacen('\n', "", 1),
        format!("{one}\u{feff}{two}"),
        format!("{one}-----END CERTIFICATE-----\n{two}"),
        format!("{one}{}", two.replace("END CERTIFICATE", "END X509 CRL")),
        format!("{one}{}", two.replacen("MII", "MI", 1)),
        format!("{one}{}", two.replacen("MII", "M\n\nII", 1)),
    ] {
        let all = X509::stack_from_pem(text.as_bytes());
        let reading = certificates(text.as_bytes());
        match all {
            Ok(all) => assert_eq!(
                (reading.count, reading.refusal),
                (all.len(), None),
                "{text}"
            ),
            Err(_) => assert!(reading.refusal.is_some(), "{text}"),
        }
    }
}

#[test]
fn the_lines_of_what_openssl_refuses_are_counted_from_the_start_of_the_file() {
    let one = String::from_utf8(fixture_pair(1).1.to_pem().unwrap()).unwrap();
    let lines = one.lines().count();
    let two = one.replace("END CERTIFICATE", "END X509 CRL");
    let refusal = certificates(format!("{one}{two}").as_bytes())
        .refusal
        .unwrap();
    assert_eq!(refusal.lines, Some(lines + 1..2 * lines + 1));
    assert_eq!(refusal.reason, "bad end line");
}

/// What happens to a text on its way into a file.
fn change() -> impl Strategy<Value = (usize, usize, &'static str)> {
    let put = prop::sample::select(vec![
        "",
        "\n",
        "\r",
        "\r\n",
        " ",
        "  ",
        "\t",
        "\n\n",
        "X-Foo: bar\n",
        "# ",
        ":",
        "-----",
        "=",
        "A",
    ]);
    (0..2000_usize, 0..3_usize, put)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_openssl_refuses_is_never_read_without_a_word(changes in prop::collection::vec(change(), 1..3)) {
        let one = String::from_utf8(fixture_pair(1).1.to_pem().unwrap()).unwrap();
        let two = String::from_utf8(fixture_pair(2).1.to_pem().unwrap()).unwrap();
        let mut text = format!("{one}{two}");
        for (at, cut, put) in changes {
            let at = at % text.len();
            let end = (at + cut).min(text.len());
            text.replace_range(at..end, put);
        }
        let input = Input::new(Source::Stdin, text.as_bytes());
        let Ok(opened) = open(&input, None) else { return Ok(()) };
        if !opened.damage.is_empty() {
            return Ok(());
        }
        let mut read = 0;
        for object in &opened.objects {
            match object.decode() {
                Ok(blob) if blob.damage.is_empty() && blob.label == Some(Label::Certificate) => read += 1,
                // It is said of it.
                _ => return Ok(()),
            }
        }
        let by_openssl = X509::stack_from_pem(text.as_bytes()).map(|all| all.len()).ok();
        // Of what OpenSSL refuses for its DER something is said later.
        let is_der = |object: &EncodedObject<'_>| {
            object.decode().is_ok_and(|blob| X509::from_der(&blob.bytes).is_ok())
        };
        prop_assert!(
            by_openssl == Some(read) || !opened.objects.iter().all(is_der),
            "{by_openssl:?} of {read}: {text:?}"
        );
    }
}

#[test]
fn spaces_around_a_label_are_said() {
    let one = String::from_utf8(fixture_pair(1).1.to_pem().unwrap()).unwrap();
    for (from, to) in [
        ("END CERTIFICATE-", "END CERTIFICATE  -"),
        ("END CERTIFICATE-", "END CERTIFICATE -"),
        ("BEGIN CERTIFICATE-", "BEGIN CERTIFICATE -"),
    ] {
        let text = one.replace(from, to);
        assert!(X509::from_pem(text.as_bytes()).is_err(), "{to}");
        let input = Input::new(Source::Stdin, text.as_bytes());
        let opened = open(&input, None).unwrap();
        let blob = opened.objects[0].decode().unwrap();
        assert!(!opened.damage.is_empty() || !blob.damage.is_empty(), "{to}");
    }
}
