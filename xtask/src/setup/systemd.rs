//! systemd's own tools: a test installs our packages and has them check the units.

use super::{Part, apt};
use crate::program::{output, program};

pub const PART: Part = Part {
    name: "systemd",
    why: "the packages' units are checked by its own tools",
    missing: || {
        output(program("systemd-analyze").arg("--version")).err().map(|_| "not there".into())
    },
    install: || apt::install(&["systemd"]),
};
