//! strace: kills servers at a chosen write in tests, counts their fdatasyncs for
//! `cargo xtask bench`.

use super::{Part, apt};
use crate::program::{output, program};

pub const PART: Part = Part {
    name: "strace",
    why: "tests kill servers at each write, the figures count how often they flush",
    missing: || output(program("strace").arg("-V")).err().map(|_| "not there".into()),
    install: || apt::install(&["strace"]),
};
