//! What the example shops in other languages need: Python and Node with a JWT library each, in the
//! versions that `examples/` pins.

use std::fs;

use anyhow::Result;

use super::{Part, apt};
use crate::place;
use crate::program::{long, output, program};

pub const PYTHON_PART: Part = Part {
    name: "PyJWT 2.15.1",
    why: "the tests buy in a shop that is written in Python",
    missing: || {
        let ask = "import importlib.metadata as m; import jwt.algorithms as a; \
             assert a.has_crypto; print(m.version('PyJWT'))";
        other_than("2.15.1", output(program(place::shop_python()).args(["-c", ask])))
    },
    install: install_python,
};

pub const NODE_PART: Part = Part {
    name: "jose 6.2.17",
    why: "the tests buy in a shop that is written in JavaScript",
    missing: || {
        if place::on_path("node").is_none() {
            return Some("no Node".into());
        }
        let package = place::shop_node().join("node_modules").join("jose").join("package.json");
        let ask = "JSON.parse(require('fs').readFileSync(process.argv[1])).version";
        other_than("6.2.17", output(program("node").args(["-p", ask]).arg(package)))
    },
    install: install_node,
};

fn other_than(wanted: &str, said: Result<String>) -> Option<String> {
    match said {
        Ok(version) if version.trim() == wanted => None,
        Ok(version) => Some(format!("{} is there", version.trim())),
        Err(_) => Some("not there".into()),
    }
}

fn install_python() -> Result<()> {
    if output(program("python3").args(["-c", "import ensurepip, venv"])).is_err() {
        apt::install(&["python3", "python3-venv"])?;
    }
    let folder = place::tools().join("shop-python");
    let make = ["-m", "venv", "--clear"];
    long("python venv", "a private Python folder", program("python3").args(make).arg(folder))?;
    let wanted = place::root().join("examples").join("python-shop").join("requirements.txt");
    let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--requirement"];
    long("PyJWT", "from PyPI", program(place::shop_python()).args(pip).arg(wanted))
}

fn install_node() -> Result<()> {
    if place::on_path("npm").is_none() {
        apt::install(&["nodejs", "npm"])?;
    }
    let folder = place::shop_node();
    fs::create_dir_all(&folder)?;
    let wanted = place::root().join("examples").join("node-shop").join("package.json");
    fs::copy(wanted, folder.join("package.json"))?;
    let mut npm = program("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]);
    long("jose", "from npm", npm.arg(folder))
}
