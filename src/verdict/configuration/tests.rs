//! What is the same for every server.

use super::{Line, NamedFile};

#[test]
fn the_password_of_a_key_store_is_not_shown() {
    let file = NamedFile {
        path: "a.p12".to_owned(),
        line: Line {
            file: "server.xml".into(),
            number: 1,
        },
        password: Some("secret".to_owned()),
    };
    assert!(!format!("{file:?}").contains("secret"));
}
