//! The whole product, judged from outside: one program, so that it links once.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the walls are for the product; tests touch the disk and the clock, and fail by panicking"
)]

// The command line, specified by the data files of tests/cases.
mod golden;
// The outputs in the README are those of golden cases.
mod readme;
// No text has a word that the product never uses.
mod words;
// Neither has what the library says a command or an option, but for the command line.
mod voices;
// bash, zsh and fish complete what is typed.
mod completions;
// A key that is asked about is answered for.
mod asked;
// The facts file that is read without being named.
mod own_facts;
// A batch that is killed again and again loses nothing and completes.
mod batch;
// openssl and certtool agree with what we make.
mod foreign;
// openssl and certtool find the facts that we find.
mod judges;
// openssl verifies what accept writes.
mod accepting;
// Servers that misbehave, disks that are full, processes that die: what crl update makes of them.
mod fetching;
// The lab: openssl, certtool and Java judge what it makes, and it makes the same twice.
mod lab;
// One damaged field: shown, named, and nothing is decided by it.
mod fields;
// Real NHS certificates read to the published facts.
mod real;
// OpenSSL, Java and real servers read what crl export writes.
mod exporting;
// nginx, HAProxy, Apache and Tomcat with what export writes: who is let in and who is not.
mod serving;
// A browser and an XML reader judge the evidence that preflight writes.
mod evidence;
// Properties of inspect's road for any input.
mod inspecting;
// What an inventory finds is what inspect finds.
mod inventory;
// What renew makes goes beside the pair in use, which stays as it is until export.
mod renewing;
// A pair that is there already and is left alone is examined.
mod left_alone;
// A large input is reported as if all of it were kept.
mod one_by_one;
// Evidence that has nothing to do with a certificate makes no bad verdict good.
mod unrelated;
// Every question about one set of evidence gets answers that fit together, and that fit openssl's.
mod agreement;
// The lab's hosts as a process: ports, signals, faults; a supplier's endpoint that is called.
mod hosts;
// A key in a hardware module signs through PKCS#11.
mod hsm;
// The whole journey in the lab, step by step.
mod rehearsal;
// The attack list.
mod security;
// No report holds what a terminal would obey.
mod printing;
// What an input costs grows with its length and no faster.
mod bounded;
// What many certificates below one CA cost.
mod below_one_ca;
// The CA certificates of Debian, in every container that is written.
mod corpus;
// Readers that go away, disks that are full.
mod streams;
// NIST PKITS and x509-limbo agree with our verdicts.
mod conformance;
// The order of the rooms, the size of files, and who may use anyhow.
mod rooms;
// A caller of the library gets the verdict that the command gives, by the same evidence.
mod gathering;
// A service that embeds the library, and a program that asks many questions, get the answers of the command.
mod embedding;
// Nothing of the process's environment changes an answer of OpenSSL's.
mod ambient;
// What some of them share: the steps of a supplier's journey in the lab.
mod journey;
// What the modules above share: running the program, and saying out loud what was skipped.
mod program;
