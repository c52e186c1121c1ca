//! Containers with several objects inside.

pub(super) mod pkcs12;
pub(super) mod pkcs7;
pub(super) mod zip;
