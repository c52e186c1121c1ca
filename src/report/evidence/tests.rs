use super::*;

fn sample() -> EvidenceReport {
    let at = Moment::from_unix(1_800_000_000).unwrap();
    let facts = Facts::built_in().unwrap();
    let mut evidence = EvidenceReport::new("Preflight", "<b>a.nhs.uk</b>", at, &facts);
    evidence.headline = "NOT READY".to_owned();
    let mut failed = EvidenceCheck::new("a & b", Mark::Fail, vec!["<img src=x>\u{7}".to_owned()]);
    failed.codes.push("tcp-refused".to_owned());
    let checks = vec![
        failed,
        EvidenceCheck::new("open", Mark::Open, Vec::new()),
        EvidenceCheck::new("good", Mark::Pass, Vec::new()),
        EvidenceCheck::new("n/a", Mark::None, Vec::new()),
    ];
    evidence
        .groups
        .push(EvidenceGroup::new("Connections", checks));
    evidence.files.push(FileHash::of("a|b.pem", b"x"));
    evidence
}

#[test]
fn nothing_that_comes_from_outside_is_markup_in_any_format() {
    let evidence = sample();
    let html = evidence.html().unwrap();
    assert!(
        !html.contains("<img") && !html.contains("<b>a.nhs"),
        "{html}"
    );
    let xml = evidence.junit();
    assert!(!xml.contains("<img") && !xml.contains('\u{7}'), "{xml}");
    let markdown = evidence.markdown();
    assert!(
        !markdown.replace("\\<", "").contains('<') && markdown.contains("a\\|b.pem"),
        "{markdown}"
    );
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let html = sample().html().unwrap();
    for forbidden in ["<script", "<img", "<link", "<iframe", "url(", "@import"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    // What is between tags is text, whatever it says.
    let tags = html.split('<').filter_map(|part| part.split('>').next());
    for tag in tags {
        for forbidden in ["src=", "onload", "href=\"http"] {
            assert!(!tag.contains(forbidden), "{tag}");
        }
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn junit_counts_failures_and_errors_and_is_well_formed() {
    let xml = sample().junit();
    assert!(
        xml.contains("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\""),
        "{xml}"
    );
    assert_eq!(xml.matches("<testcase").count(), 4);
    assert_eq!(
        xml.matches("</testcase>").count() + xml.matches("/>\n").count()
            - xml.matches("<skipped/>").count(),
        4
    );
}

#[test]
fn the_same_evidence_gives_the_same_page() {
    assert_eq!(sample().html().unwrap(), sample().html().unwrap());
}
