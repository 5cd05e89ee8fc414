//! Rekor.
