//! Real NHS certificates read to the facts that are tabled in nhs-path-to-live.md.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{ptl_cert, say_skipped, shared};

/// The folder of real certificates; says out loud when it is not here.
fn nhs() -> Option<PathBuf> {
    let folder = shared()
        .map(|folder| folder.join("nhs"))
        .filter(|folder| folder.is_dir());
    if folder.is_none() {
        say_skipped("real NHS certificates: PTL_CERT_SHARED/nhs is not here");
    }
    folder
}

fn inspect(file: &Path) -> Value {
    let output = ptl_cert(Path::new("/"))
        .args([
            "inspect",
            "--format",
            "json",
            "--at",
            "2026-11-22T00:00:00Z",
        ])
        .arg(file.canonicalize().unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", file.display());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// File; CN; O; OU; generation; environments; hash of its own signature; serial; SHA-1; SHA-256; not after; root.
type Row = [&'static str; 12];

const TABLE: [Row; 12] = [
    [
        "ca/NHS-Root-Authority.pem",
        "NHS Root Authority",
        "NHS",
        "CA",
        "G1",
        "LIVE",
        "SHA-1",
        "40a20fb6",
        "ec7a3b3cb795ece956c5a7bec4204a298feb236c",
        "cb7f39edd261631fe95995030f793c90d3db6d84912b0ff7a1a96fedea6d9f10",
        "2024-06-04",
        "NHS Root Authority",
    ],
    [
        "ca/NHS-Level-1C.pem",
        "NHS Level 1C",
        "nhs",
        "CA",
        "G1",
        "LIVE",
        "SHA-256",
        "4f86a545",
        "da3cf9d13a705704f2cba274c79794963c36ff94",
        "b2a983f5284f267c9e7705af4a69387b8d2af5e281e194e6a279e033b06c7fdf",
        "2024-06-04",
        "NHS Root Authority",
    ],
    [
        "ca/NHS-PTL-Root-Authority.pem",
        "NHS PTL Root Authority",
        "nhs",
        "CA",
        "G1",
        "INT DEP",
        "SHA-256",
        "5d1f4b90",
        "6287fa6e10a7dd90e62556f7c2814a6abf04590c",
        "7759a087977a9e37793093561149ee40b299c7027f4fa2a1c4e9eefeabc1b7d8",
        "2039-07-05",
        "NHS PTL Root Authority",
    ],
    [
        "ca/NHS-INT-Level-1C.pem",
        "NHS INT Level 1C",
        "nhs",
        "CA",
        "G1",
        "INT",
        "SHA-256",
        "5dad8be3",
        "5007daf3aeea1c1360ec0d1e9e5bedccc7182b79",
        "67465bf8d72d1493d441ad1bc8f08b1ec2de9771c1cc40bb09b11bb72de14c0e",
        "2029-11-11",
        "NHS PTL Root Authority",
    ],
    [
        "signing/NHS-INT-Level-1D.pem",
        "NHS INT Level 1D",
        "nhs",
        "CA",
        "G1",
        "INT",
        "SHA-256",
        "5dad8be4",
        "54a4b4bb7a4d1592ecb806cd518b1be924712c88",
        "943820bca78dcb3c891d65b7ee26f1a0370b67e3e298d311e1db0b90aed74009",
        "2029-11-11",
        "NHS PTL Root Authority",
    ],
    [
        "ca/NHS-DEP-Level-1C.pem",
        "NHS DEP Level 1C",
        "nhs",
        "CA",
        "G1",
        "DEP",
        "SHA-256",
        "5dad8a79",
        "05470af70284b5bb8a9c9d25f658916212e6af10",
        "7e1c6b1244af68ec864f3af7fd020d052c2a096f3e58b6dec21c07a584d8ca41",
        "2029-10-29",
        "NHS PTL Root Authority",
    ],
    [
        "ca/NHS-Root-Authority-G2.pem",
        "NHS Root Authority G2",
        "NHS",
        "CA",
        "G2",
        "LIVE",
        "SHA-384",
        "029629010a7a10cbc9d53017a7b8f49c",
        "7e05fa629b5e66dbb80e97417d2473cbcf5a3106",
        "c418cfa50aad03d826fa1a6932b8187be18193f4b25a7a56f30df45d5f89f8f7",
        "2042-04-07",
        "NHS Root Authority G2",
    ],
    [
        "ca/NHS-Authentication-G2.pem",
        "NHS Authentication G2",
        "nhs",
        "CA",
        "G2",
        "LIVE",
        "SHA-256",
        "5fc471312b0b7883f40af57efd0b1f07",
        "1f301fca684d9e13ad4dba7c8f2ba126f9c4c015",
        "1cb94b89dd6e3cbeb498f43f85aac7f7ea3a833805ba0a37396d669eaa794639",
        "2032-09-15",
        "NHS Root Authority G2",
    ],
    [
        "ca/NHS-PTL-Root-Authority-G2.pem",
        "NHS PTL Root Authority G2",
        "nhs",
        "CA",
        "G2",
        "INT DEP",
        "SHA-384",
        "1c93f552c13d71d8b0fb822a167c4cdd",
        "18d214878954d1e0706f68f33ebf2bb45c7c8aa2",
        "540f7cd6111510ef8a4a78939b39a075c71a68f0ce71bbf28141f7c6be357f8f",
        "2042-08-02",
        "NHS PTL Root Authority G2",
    ],
    [
        "ca/NHS-INT-Authentication-G2.pem",
        "NHS INT Authentication G2",
        "nhs",
        "CA",
        "G2",
        "INT DEP",
        "SHA-384",
        "1a3750dce4d2631eb6a129864f2f6d6b",
        "58351bdd2aecc355f5cf7ec7d77bd1f08e51b5dd",
        "eb17b9fe90a19dbfe962bf41d3c907558f6f787e2fd1602268dfca9d3fdbf857",
        "2032-08-04",
        "NHS PTL Root Authority G2",
    ],
    // The two endpoints are not in the table of CAs; their fingerprints are openssl's.
    [
        "endpoint/int.api.service.nhs.uk.pem",
        "int.api.service.nhs.uk",
        "nhs",
        "Devices",
        "G1",
        "INT",
        "SHA-256",
        "5dc9db79",
        "ce7808839f72ea8ed4548b4de37546bed5d6dc9f",
        "a9fa12231e9adb8281cb5c2590c54cf43fefdfdfa79863b11b38f45d6d3d0c51",
        "2024-10-22",
        "NHS PTL Root Authority",
    ],
    [
        "endpoint/bars-proxy.spineservices.nhs.uk.pem",
        "bars-proxy.spineservices.nhs.uk",
        "nhs",
        "Devices",
        "G1",
        "LIVE",
        "SHA-256",
        "610e9223",
        "57c911af253c2f8c362654f78f13e73051eeede3",
        "b51d8a07064b779d6a4e8ada1ec73c8f888b9060c9ff846cab119becb1467d1d",
        "2024-06-04",
        "NHS Root Authority",
    ],
];

#[test]
fn every_real_certificate_reads_to_the_tabled_facts() {
    let Some(nhs) = nhs() else { return };
    for [
        file,
        name,
        organisation,
        unit,
        generation,
        environments,
        hash,
        serial,
        sha1,
        sha256,
        end,
        root,
    ] in TABLE
    {
        let report = inspect(&nhs.join(file));
        let object = &report["objects"][0];
        let certificate = &object["certificate"];
        let subject = certificate["subject"].as_str().unwrap();
        assert_eq!(object["name"], name, "{file}");
        assert!(
            subject.starts_with(&format!("CN={name},OU={unit},O={organisation}")),
            "{file}: {subject}"
        );
        assert_eq!(certificate["serial"], serial, "{file}");
        assert_eq!(certificate["sha1"], sha1, "{file}");
        assert_eq!(certificate["sha256"], sha256, "{file}");
        assert_eq!(certificate["signature"]["hash"], hash, "{file}");
        assert!(
            certificate["not_after"].as_str().unwrap().starts_with(end),
            "{file}"
        );
        assert_eq!(object["identity"]["generation"], generation, "{file}");
        let found: Vec<&str> = object["identity"]["environment_titles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|title| title.as_str().unwrap())
            .collect();
        assert_eq!(found.join(" "), environments, "{file}");
        let chain = &report["chains"][0];
        assert_eq!(chain["end"], "nhs_root", "{file}");
        let last = chain["certificates"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["name"], &last["pinned"]),
            (&root.into(), &true.into()),
            "{file}"
        );
    }
}

#[test]
fn no_real_certificate_is_left_out_of_the_table() {
    let Some(nhs) = nhs() else { return };
    let mut files = Vec::new();
    for folder in ["ca", "endpoint", "signing"] {
        for entry in fs::read_dir(nhs.join(folder)).unwrap() {
            files.push(format!(
                "{folder}/{}",
                entry.unwrap().file_name().to_string_lossy()
            ));
        }
    }
    files.sort();
    let mut tabled: Vec<&str> = TABLE.iter().map(|row| row[0]).collect();
    tabled.sort_unstable();
    assert_eq!(files, tabled);
}

#[test]
fn the_int_endpoint_is_drawn_to_the_built_in_sha_2_root() {
    let Some(nhs) = nhs() else { return };
    let report = inspect(&nhs.join("endpoint/int.api.service.nhs.uk.pem"));
    let links = report["chains"][0]["certificates"].as_array().unwrap();
    let names: Vec<_> = links
        .iter()
        .map(|link| link["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "int.api.service.nhs.uk",
            "NHS INT Level 1C",
            "NHS PTL Root Authority"
        ]
    );
    let found: Vec<_> = links
        .iter()
        .map(|link| link["found"].as_str().unwrap())
        .collect();
    assert_eq!(found, ["input", "built_in", "built_in"]);
    assert_eq!(links[2]["hash_family"], "SHA-2");
}

/// The distribution points of a certificate as (kind of name, value, way).
fn points(report: &Value) -> Vec<(String, String, String)> {
    let value =
        &report["objects"][0]["certificate"]["extensions"]["crl_distribution_points"]["value"];
    let mut found = Vec::new();
    for point in value.as_array().unwrap() {
        for location in point["name"]["locations"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            found.push((
                text(&location["name"]["kind"]),
                text(&location["name"]["value"]),
                text(&location["retrieval"]),
            ));
        }
    }
    found
}

const CRL1: &str = "CN=CRL1,CN=NHS Root Authority,OU=CA,O=NHS";

#[test]
fn the_live_root_shows_its_directory_name_and_its_sha_1_signature() {
    let Some(nhs) = nhs() else { return };
    let report = inspect(&nhs.join("ca/NHS-Root-Authority.pem"));
    assert_eq!(
        points(&report),
        [("directory_name".into(), CRL1.into(), "directory".into())]
    );
    assert_eq!(
        report["chains"][0]["certificates"][0]["hash_family"],
        "SHA-1"
    );
    let codes: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"cdp-not-fetchable"), "{codes:?}");
    assert!(
        !codes.contains(&"sha1-signature"),
        "a root's own signature is not security-relevant: {codes:?}"
    );
}

#[test]
fn level_1c_shows_a_point_nobody_can_look_up_and_one_to_fetch() {
    let Some(nhs) = nhs() else { return };
    let report = inspect(&nhs.join("ca/NHS-Level-1C.pem"));
    assert_eq!(
        points(&report),
        [
            ("directory_name".into(), CRL1.into(), "directory".into()),
            (
                "uri".into(),
                "http://crl.nhs.uk/live/root/CRL1.crl".into(),
                "http".into()
            ),
        ]
    );
}
