//! Which key, request and certificate belong together?

use super::Context;
use super::gather::{Inputs, Named, Unread};
use crate::decode::Password;
use crate::document::Item;
use crate::environment::Facts;
use crate::store::read::Depth;
use crate::verdict::{self, Code, Finding, KeyGroup, Policy};

/// What is compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Files, folders and bytes.
    pub named: Vec<Named>,
    /// How far folders are searched.
    pub depth: Depth,
    /// Opens PKCS#12 files and encrypted keys.
    pub password: Option<Password>,
}

impl Options {
    /// Compares everything in these.
    pub fn new(named: impl IntoIterator<Item = Named>) -> Options {
        Options {
            named: named.into_iter().collect(),
            depth: Depth::Directory,
            password: None,
        }
    }

    /// Says how far folders are searched.
    pub fn depth(mut self, depth: Depth) -> Options {
        self.depth = depth;
        self
    }

    /// Opens PKCS#12 files and encrypted keys with this.
    pub fn password(mut self, password: Password) -> Options {
        self.password = Some(password);
        self
    }
}

/// What belongs together.
#[derive(Debug)]
#[non_exhaustive]
pub struct Matching {
    /// Everything that was read, in order.
    pub items: Vec<Item>,
    /// The keys, each with all that holds it.
    pub keys: Vec<KeyGroup>,
    /// Keys and requests that fit nothing.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Files of folders that are something else.
    pub passed_over: Vec<Unread>,
}

/// Groups everything by key. Only keys are compared: no CA need be known, and dates do not matter.
pub fn matching(options: &Options, context: &Context<'_>) -> Matching {
    let password = options.password.as_ref();
    let inputs = Inputs::load(&options.named, options.depth);
    let found = inputs.open(password, context.observer).items(password);
    let policy = Policy {
        at: context.at,
        soon_days: 0,
    };
    let examination = verdict::examine(&found.items, &Facts::default(), policy);
    let of_keys = [
        Code::MismatchedKey,
        Code::RequestMismatch,
        Code::KeyNotOpened,
    ];
    let findings = examination.findings.into_iter();
    Matching {
        keys: examination.keys,
        findings: findings
            .filter(|finding| of_keys.contains(&finding.problem.code()))
            .collect(),
        items: found.items,
        unread: found.unread,
        passed_over: found.passed_over,
    }
}
