//! Binaryen: takes out of the program what no shopper needs to download.

use std::fs;

use anyhow::Result;

use super::{Part, apt};
use crate::place;
use crate::program::{long, program};

// Debian's own (108) writes modules that start in no browser.
const VERSION: &str = "132.0.0";

pub const PART: Part =
    Part { name: "binaryen 132", why: "the widget is made smaller by it", missing, install };

fn missing() -> Option<String> {
    let Ok(package) = fs::read_to_string(place::binaryen().join("package.json")) else {
        return Some("not there".into());
    };
    match package.contains(&format!("\"version\": \"{VERSION}\"")) {
        true => None,
        false => Some("another version is there".into()),
    }
}

fn install() -> Result<()> {
    if place::on_path("npm").is_none() {
        apt::install(&["nodejs", "npm"])?;
    }
    let folder = place::tools().join("binaryen");
    fs::create_dir_all(&folder)?;
    let mut npm = program("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
    long("binaryen", "from npm", npm.arg(folder).arg(format!("binaryen@{VERSION}")))
}
