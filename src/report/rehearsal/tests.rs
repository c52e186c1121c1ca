use super::*;

fn step(status: i32) -> StepReport {
    StepReport {
        stage: "Ask",
        title: "make a key and a CSR".to_owned(),
        command: "ptl-cert csr --fqdn a.nhs.uk".to_owned(),
        expected_status: 0,
        expected_words: vec!["created".to_owned()],
        status: Some(status),
        answer: "created\nsecond line\n".to_owned(),
        as_expected: status == 0,
        took_ms: 12,
    }
}

#[test]
fn a_step_that_went_as_expected_shows_its_command_and_the_telling_lines_of_its_answer() {
    let text = anstream::adapter::strip_str(&step(0).render(None, Detail::Usual, 80)).to_string();
    assert_eq!(
        text,
        "Ask\n✓ make a key and a CSR\n  $ ptl-cert csr --fqdn a.nhs.uk\n    created\n"
    );
}

#[test]
fn a_step_that_surprised_shows_all_it_said_and_what_was_expected() {
    let text = step(3).render(Some("Ask"), Detail::Usual, 80);
    assert!(text.contains("second line"));
    assert!(text.contains("exit status 3; expected 0 and output containing created"));
}

#[test]
fn the_end_counts_the_steps_that_were_not_taken() {
    let rehearsal = Rehearsal {
        schema: SCHEMA,
        fqdn: "a.nhs.uk".to_owned(),
        environment: "lab-int".to_owned(),
        folder: None,
        steps: vec![step(0), step(3)],
        planned: 5,
        left_out: Vec::new(),
        as_expected: false,
    };
    let text = rehearsal.render_end(Duration::from_millis(1500), 80);
    assert!(text.contains("1 of 5 steps gave the expected result, in 1.5 seconds; the others"));
}
