//! A practice PKI that nobody can mistake for the NHS's, and everything that we know how to break, one defect each.
//!
//! Values only: no file, no socket, no clock. No room on the road knows of this one.
