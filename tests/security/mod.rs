//! The attack list: what somebody else on the machine, on the network or in an inbox may try, and what comes of it.
//!
//! `docs/security-tests.md` is made of [`page::ROWS`], which names a test for each attack; many of them stand beside what
//! they attack.

#[cfg(unix)]
mod configurations;
#[cfg(unix)]
mod folders;
#[cfg(unix)]
mod outputs;
mod page;
#[cfg(unix)]
mod process;
#[cfg(target_os = "linux")]
mod wiped;
