//! What the README shows is what the program prints.

use std::fs;
use std::path::Path;

use crate::golden::case::Case;
use crate::golden::pattern::text_matches;

/// Each block after `<!-- case: NAME -->` shows the command and the output that the golden case NAME expects.
#[test]
fn every_output_in_the_readme_is_that_of_a_golden_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let mut shown = 0;
    for after in readme.split("<!-- case: ").skip(1) {
        let (name, after) = after.split_once(" -->\n```console\n$ ptl-cert ").unwrap();
        let (command, after) = after.split_once('\n').unwrap();
        let (output, _) = after.split_once("```").unwrap();
        let file = root.join("tests/cases").join(name).with_extension("toml");
        let case = Case::read(&fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(command, case.args.join(" "), "{name}");
        assert!(
            text_matches(&case.expect.stdout, output),
            "README.md shows for {name}:\n{output}\nthe case expects:\n{}",
            case.expect.stdout
        );
        shown += 1;
    }
    let cases = fs::read_dir(root.join("tests/cases/readme"))
        .unwrap()
        .count();
    assert_eq!(
        shown, cases,
        "every case of tests/cases/readme is shown, and nothing else"
    );
    assert_eq!(
        readme.matches("```console").count(),
        shown,
        "no output is shown without its case"
    );
}
