//! Containers with several objects or files inside.

mod files;
pub(super) mod gzip;
mod html;
pub(super) mod java;
pub(super) mod mail;
pub(super) mod outlook;
pub(super) mod pkcs12;
pub(super) mod pkcs7;
mod renewal;
pub(super) mod tar;
pub(super) mod zip;
