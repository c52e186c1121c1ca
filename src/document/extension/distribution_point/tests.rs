//! Points and partitions, from DER made here.

use super::*;

fn pair(value: &[u8]) -> Vec<u8> {
    der::wrap(
        SEQUENCE,
        &[vec![6, 3, 0x55, 4, 3], der::wrap(12, value)].concat(),
    )
}

fn name(values: &[&[u8]]) -> Vec<u8> {
    let parts: Vec<u8> = values
        .iter()
        .flat_map(|value| der::wrap(0x31, &pair(value)))
        .collect();
    der::wrap(SEQUENCE, &parts)
}

fn full(names: &[u8]) -> Vec<u8> {
    der::wrap(0xa0, &der::wrap(0xa0, names))
}

fn read(points: &[u8]) -> Vec<DistributionPoint> {
    let issuer = Name::read(&name(&[b"CA"])).unwrap();
    DistributionPoint::read_all(&der::wrap(SEQUENCE, points), &issuer).unwrap()
}

#[test]
fn a_directory_name_and_a_url_in_two_points_are_both_read() {
    let directory = der::wrap(SEQUENCE, &full(&der::wrap(0xa4, &name(&[b"CA", b"CRL1"]))));
    let url = der::wrap(
        SEQUENCE,
        &full(&der::wrap(0x86, b"http://crl.nhs.uk/1.crl")),
    );
    let points = read(&[directory, url].concat());
    let found: Vec<_> = points
        .iter()
        .flat_map(DistributionPoint::locations)
        .collect();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0.to_string(), "directory name CN=CA, CN=CRL1");
    assert_eq!(
        (found[0].1, found[1].1),
        (Retrieval::Directory, Retrieval::Http)
    );
}

#[test]
fn a_relative_name_is_resolved_below_the_certificates_issuer() {
    let relative = der::wrap(SEQUENCE, &der::wrap(0xa0, &der::wrap(0xa1, &pair(b"CRL7"))));
    let expected = Name::read(&name(&[b"CA", b"CRL7"])).unwrap();
    assert_eq!(resolved(&read(&relative)[0]), expected);
}

#[test]
fn a_relative_name_is_resolved_below_the_crl_issuer_where_one_is_named() {
    let relative = der::wrap(0xa0, &der::wrap(0xa1, &pair(b"CRL7")));
    let issuer = der::wrap(0xa2, &der::wrap(0xa4, &name(&[b"Other"])));
    let expected = Name::read(&name(&[b"Other", b"CRL7"])).unwrap();
    let points = read(&der::wrap(SEQUENCE, &[relative, issuer].concat()));
    assert_eq!(resolved(&points[0]), expected);
}

fn resolved(point: &DistributionPoint) -> Name {
    match &point.name {
        Some(PointName::RelativeToIssuer { resolved }) => resolved.resolved(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn more_points_than_any_certificate_needs_are_not_read() {
    let issuer = Name::read(&name(&[b"CA"])).unwrap();
    let point = der::wrap(SEQUENCE, &der::wrap(0xa0, &der::wrap(0xa1, &pair(b"CRL7"))));
    for (count, sound) in [(POINT_LIMIT, true), (POINT_LIMIT + 1, false)] {
        let bytes = der::wrap(SEQUENCE, &point.repeat(count));
        assert_eq!(DistributionPoint::read_all(&bytes, &issuer).is_ok(), sound);
    }
}

#[test]
fn a_crl_s_point_with_more_or_longer_names_than_any_needs_is_not_read() {
    let issuer = Name::read(&name(&[b"CA"])).unwrap();
    let point = |count: usize, length: usize| {
        let uri = der::wrap(0x86, &vec![b'a'; length]).repeat(count);
        der::wrap(SEQUENCE, &der::wrap(0xa0, &der::wrap(0xa0, &uri)))
    };
    for (count, length, in_certificate, in_crl) in [
        (64, 100, true, true),
        (65, 1, true, false),
        (1, 8192, true, false),
    ] {
        let point = point(count, length);
        let all = der::wrap(SEQUENCE, &point);
        let read = DistributionPoint::read_all(&all, &issuer);
        assert_eq!(read.is_ok(), in_certificate, "{count} × {length}");
        let read = IssuingDistributionPoint::read(&point, &issuer);
        assert_eq!(read.is_ok(), in_crl, "{count} × {length}");
    }
}

#[test]
fn a_relative_name_below_a_name_longer_than_any_is_not_read() {
    let long = vec![b'a'; ISSUER_LIMIT];
    let issuer = Name::read(&name(&[&long])).unwrap();
    let point = der::wrap(SEQUENCE, &der::wrap(0xa0, &der::wrap(0xa1, &pair(b"CRL7"))));
    assert!(DistributionPoint::read_all(&der::wrap(SEQUENCE, &point), &issuer).is_err());
}

#[test]
fn reasons_are_read_from_the_most_significant_bit() {
    assert_eq!(
        Reason::all_in(&[6, 0b0100_0000]).unwrap(),
        [Reason::KeyCompromise]
    );
    assert_eq!(
        Reason::all_in(&[7, 0, 0x80]).unwrap(),
        [Reason::AaCompromise]
    );
    assert!(Reason::all_in(&[]).is_err());
}

#[test]
fn every_kind_of_uri_has_its_way_of_retrieval() {
    let cases = [
        ("http://crl.nhs.uk/a", Retrieval::Http),
        ("HTTPS://crl.nhs.uk/a", Retrieval::Http),
        ("http:///a", Retrieval::Unknown),
        ("ldap://dir.nhs.uk/CN=a", Retrieval::Ldap),
        ("ldap:///CN=a", Retrieval::LdapWithoutServer),
        ("ftp://crl.nhs.uk/a", Retrieval::Ftp),
        ("file:///etc/passwd", Retrieval::Unknown),
        ("not a uri", Retrieval::Unknown),
    ];
    for (uri, retrieval) in cases {
        assert_eq!(Retrieval::of_uri(uri), retrieval, "{uri}");
    }
}

#[test]
fn flags_that_exclude_each_other_answer_for_nothing() {
    let bytes = der::wrap(SEQUENCE, &[0x81, 1, 0xff, 0x82, 1, 0xff]);
    let issuer = Name::read(&name(&[b"CA"])).unwrap();
    assert_eq!(
        IssuingDistributionPoint::read(&bytes, &issuer)
            .unwrap()
            .scope,
        Scope::Contradictory
    );
}
