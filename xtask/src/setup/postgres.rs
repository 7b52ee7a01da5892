//! PostgreSQL, which the tests run as a server of their own in a temporary folder.

use std::fs;

use anyhow::Result;

use super::{Part, apt};
use crate::place;

pub const PART: Part = Part {
    name: "PostgreSQL",
    why: "the tests run the agent on PostgreSQL as well as on SQLite",
    missing,
    install,
};

fn missing() -> Option<String> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let is_in_debian =
        versions.map(|version| version.path().join("bin/initdb")).any(|p| p.exists());
    let is_there = is_in_debian || place::on_path("initdb").is_some();
    (!is_there).then(|| "no initdb".into())
}

fn install() -> Result<()> {
    apt::install(&["postgresql"])
}
