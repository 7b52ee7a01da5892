//! strace: counts the fdatasyncs of a server for `cargo xtask bench`.

use super::{Part, apt};
use crate::program::{output, program};

pub const PART: Part = Part {
    name: "strace",
    why: "the figures count how often a server flushes to disk",
    missing: || output(program("strace").arg("-V")).err().map(|_| "not there".into()),
    install: || apt::install(&["strace"]),
};
