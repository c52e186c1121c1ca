#![no_main]
//! Any bytes are read, examined and reported, and the report holds nothing that a terminal obeys.
//!
//! `cargo +nightly fuzz run inspect_everything`; the input is the file.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ptl_cert::decode::Password;
use ptl_cert::document::Moment;
use ptl_cert::environment::Facts;
use ptl_cert::input::{Source, disturbing};
use ptl_cert::ops::Context;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::inspect::{Options, inspect};
use ptl_cert::report::inspection::InspectionReport;
use ptl_cert::report::layout::Detail;

static CONTEXT: LazyLock<Context<'static>> = LazyLock::new(|| {
    let at = Moment::from_unix(1_800_000_000).unwrap();
    Context::new(at, Facts::built_in().unwrap())
});

fuzz_target!(|bytes: &[u8]| {
    let named = [Named::bytes(Source::Stdin, bytes.to_vec())];
    let options = Options::new(named).password(Password::new("practice"));
    let inspected = inspect(&options, &CONTEXT);
    let nothing = inspected.items.is_empty() && inspected.unread.is_empty();
    assert!(!nothing, "an input of which nothing is said");
    let report = InspectionReport::new(&inspected);
    let mut text = report.render(Detail::Usual, 100).replace('\n', "");
    for colour in ["0", "1", "2", "4", "31", "32", "33", "34", "35", "36"] {
        text = text.replace(&format!("\u{1b}[{colour}m"), "");
    }
    assert!(!text.chars().any(disturbing));
});
