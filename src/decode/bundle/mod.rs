//! Containers with several objects inside.

pub(super) mod pkcs12;
pub(super) mod pkcs7;
mod renewal;
pub(super) mod zip;
