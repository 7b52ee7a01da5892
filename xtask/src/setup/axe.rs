//! axe-core: the accessibility rules that the browser tests run on every screen.

use std::fs;

use anyhow::Result;

use super::{Part, apt};
use crate::place;
use crate::program::{long, program};

const VERSION: &str = "4.14.1";

pub const PART: Part = Part {
    name: "axe-core 4.14.1",
    why: "the browser tests check every screen for accessibility",
    missing,
    install,
};

fn missing() -> Option<String> {
    let Ok(rules) = fs::read_to_string(place::axe().join("axe.min.js")) else {
        return Some("not there".into());
    };
    match rules.lines().next().is_some_and(|banner| banner.contains(&format!("v{VERSION}"))) {
        true => None,
        false => Some("another version is there".into()),
    }
}

fn install() -> Result<()> {
    if place::on_path("npm").is_none() {
        apt::install(&["nodejs", "npm"])?;
    }
    let folder = place::tools().join("npm");
    fs::create_dir_all(&folder)?;
    let mut npm = program("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
    long("axe-core", "from npm", npm.arg(folder).arg(format!("axe-core@{VERSION}")))
}
