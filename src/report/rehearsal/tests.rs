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

fn shown(step: &StepReport, before: Option<&StepReport>, detail: Detail) -> String {
    anstream::adapter::strip_str(&step.render(before, detail, 40)).to_string()
}

#[test]
fn a_step_that_went_as_expected_is_one_line_with_the_name_of_its_command() {
    assert_eq!(
        shown(&step(0), None, Detail::Usual),
        "Ask\n✓ make a key and a CSR               csr\n"
    );
    let mut of_group = step(0);
    of_group.command = "ptl-cert crl plan a.pem --env int".to_owned();
    let text = shown(&of_group, None, Detail::Usual);
    assert!(text.ends_with("  crl plan\n"), "{text}");
}

#[test]
fn steps_that_say_the_same_are_one_line_unless_one_surprises() {
    let before = step(0);
    assert_eq!(shown(&step(0), Some(&before), Detail::Usual), "");
    assert!(shown(&step(3), Some(&before), Detail::Usual).contains("make a key"));
    assert!(shown(&step(0), Some(&before), Detail::Full).contains("make a key"));
}

#[test]
fn in_full_a_step_shows_its_command_and_what_it_said() {
    assert_eq!(
        shown(&step(0), None, Detail::Full),
        "Ask\n✓ make a key and a CSR\n  $ ptl-cert csr --fqdn a.nhs.uk\n    created\n    second line\n"
    );
}

#[test]
fn a_step_that_surprised_shows_all_it_said_and_what_was_expected() {
    let text = step(3).render(Some(&step(0)), Detail::Usual, 80);
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
    let text = rehearsal.render_end(Duration::from_millis(1500), Detail::Usual, 80);
    assert!(text.contains("1 of 5 steps gave the expected result, in 1.5 seconds; the others"));
}
