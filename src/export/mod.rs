//! What servers and schedulers are given: files and their contents, as values.
//!
//! Here lives what nginx, Apache, HAProxy, IIS, Java and the schedulers expect. Writing the files does not
//! ([`crate::store`] does that), and neither does the choice of what is trusted.
