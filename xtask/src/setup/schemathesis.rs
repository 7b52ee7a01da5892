//! schemathesis: makes thousands of requests out of the agent's own OpenAPI document.

use anyhow::Result;

use super::{Part, apt};
use crate::place;
use crate::program::{long, output, program};

const VERSION: &str = "4.32.5";

pub const PART: Part = Part {
    name: "schemathesis 4.32.5",
    why: "the tests hold the agent against its own API document",
    missing,
    install,
};

fn missing() -> Option<String> {
    let ask = "import importlib.metadata as m; print(m.version('schemathesis'))";
    match output(program(place::schemathesis_python()).args(["-c", ask])) {
        Ok(version) if version.trim() == VERSION => None,
        Ok(version) => Some(format!("{} is there", version.trim())),
        Err(_) => Some("not there".into()),
    }
}

fn install() -> Result<()> {
    let folder = place::tools().join("schemathesis");
    if output(program("python3").args(["-c", "import ensurepip, venv"])).is_err() {
        apt::install(&["python3", "python3-venv"])?;
    }
    let make = ["-m", "venv", "--clear"];
    long("python venv", "a private Python folder", program("python3").args(make).arg(folder))?;
    let wanted = format!("schemathesis=={VERSION}");
    let pip = ["-m", "pip", "install", "--disable-pip-version-check", &wanted];
    long("schemathesis", "from PyPI", program(place::schemathesis_python()).args(pip))
}
