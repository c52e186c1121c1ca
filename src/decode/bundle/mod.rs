//! Containers with several objects or files inside.

mod files;
pub(super) mod gzip;
pub(super) mod java;
pub(super) mod mail;
mod markup;
pub(super) mod office;
pub(super) mod ole;
mod outlook;
pub(super) mod pkcs12;
pub(super) mod pkcs7;
mod renewal;
pub(super) mod rtf;
pub(super) mod tar;
pub(super) mod zip;
