//! From a host name to a certificate that works on the NHS Spine.
//!
//! The library makes RSA keys and certificate signing requests named after an FQDN, and reads what
//! comes back: certificates of every NHS generation, their chain, their revocation points.
//!
//! Data flows one way through the rooms below, and their order is law: a room uses only rooms above
//! it. `docs/architecture.md` has the picture.

// What we know.
pub mod fqdn;
pub mod input;
// The road.
pub mod decode;
pub mod document;
pub mod chain;
pub mod revocation;
pub mod environment;
pub mod verdict;
// The words.
pub mod wording;
// What we make.
pub mod generate;
pub mod export;
pub mod lab;
// The only doors out: the disk and the network.
pub mod store;
pub mod wire;
// What a caller asks.
pub mod ops;
// How it is shown.
pub mod report;
