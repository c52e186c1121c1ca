//! The only network: downloads, a host for the laboratory, each with limits on time and size.
//!
//! Here lives what goes over a socket. It records and does not judge; the disk and the decision whom to trust do
//! not live here.
