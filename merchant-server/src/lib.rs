//! Placeholder room; its first words are being written.
