//! The variables that something other than a map assigns.

use std::collections::HashMap;

use super::Directive;

/// Variables by their names in lower case, which nginx does not tell from capitals, each with a directive that assigns it.
#[derive(Default)]
pub(super) struct Assigned<'d>(HashMap<String, &'d Directive>);

impl<'d> Assigned<'d> {
    /// What holds for every server of a level: what is assigned outside of them, and what nginx knows one definition of,
    /// wherever it is.
    pub(super) fn above(level: &'d [Directive]) -> Assigned<'d> {
        let mut assigned = Assigned::default();
        for one in level {
            match one.name() {
                "server" => assigned.defined(&one.block),
                _ => assigned.within(std::slice::from_ref(one)),
            }
        }
        assigned
    }

    /// What a server assigns, at any depth.
    pub(super) fn by_server(block: &'d [Directive]) -> Assigned<'d> {
        let mut assigned = Assigned::default();
        assigned.within(block);
        assigned
    }

    /// The directive that assigns one of some variables.
    pub(super) fn any(&self, variables: &[String]) -> Option<&'d Directive> {
        variables.iter().find_map(|name| self.0.get(name)).copied()
    }

    fn add(&mut self, variable: &str, by: &'d Directive) {
        self.0.entry(variable.to_ascii_lowercase()).or_insert(by);
    }

    fn within(&mut self, block: &'d [Directive]) {
        for one in block {
            self.named_groups(one);
            for variable in assigns(one) {
                self.add(variable, one);
            }
            match one.name() {
                // Their entries are no directives.
                "map" | "geo" | "split_clients" => {
                    one.block.iter().for_each(|entry| self.named_groups(entry));
                }
                _ => self.within(&one.block),
            }
        }
    }

    /// What a block defines for servers beside it too.
    fn defined(&mut self, block: &'d [Directive]) {
        for one in block {
            self.named_groups(one);
            if matches!(one.name(), "js_set" | "js_var") {
                self.add(one.argument(), one);
            }
            self.defined(&one.block);
        }
    }

    /// A named group of a regular expression is a variable.
    fn named_groups(&mut self, one: &'d Directive) {
        for word in &one.words {
            for (begin, end) in [("(?<", '>'), ("(?P<", '>'), ("(?'", '\'')] {
                for rest in word.split(begin).skip(1) {
                    if let Some((name, _)) = rest.split_once(end) {
                        self.add(&format!("${name}"), one);
                    }
                }
            }
        }
    }
}

/// The variables that a directive assigns, by what is known of its kind.
fn assigns(one: &Directive) -> Vec<&str> {
    let words = || one.words.iter().map(String::as_str);
    match one.name() {
        "set" | "js_set" | "js_var" | "perl_set" | "auth_request_set" => vec![one.argument()],
        "geo" | "split_clients" => words().next_back().into_iter().collect(),
        // nginx lets its own variables about TLS be given another value.
        "map" => words()
            .skip(2)
            .filter(|target| target.to_ascii_lowercase().starts_with("$ssl_"))
            .collect(),
        // Modules that are not part of nginx.
        name if name.starts_with('$') => vec![name],
        name if name.starts_with("set_") || name.ends_with("_set") || name == "keyval" => {
            words().filter(|word| word.starts_with('$')).collect()
        }
        _ => Vec::new(),
    }
}
