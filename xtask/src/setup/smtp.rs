//! aiosmtpd: the real SMTP server that the tests let the agent send mail to.

use anyhow::Result;

use super::{Part, apt};
use crate::place;
use crate::program::{long, output, program};

const VERSION: &str = "1.4.6";

pub const PART: Part = Part {
    name: "aiosmtpd 1.4.6",
    why: "the tests send confirmation mails to a real SMTP server",
    missing,
    install,
};

fn missing() -> Option<String> {
    let ask = "import importlib.metadata as m; import aiosmtpd.smtp; print(m.version('aiosmtpd'))";
    match output(program(place::smtp_python()).args(["-c", ask])) {
        Ok(version) if version.trim() == VERSION => None,
        Ok(version) => Some(format!("{} is there", version.trim())),
        Err(_) => Some("not there".into()),
    }
}

fn install() -> Result<()> {
    let folder = place::tools().join("smtp");
    if output(program("python3").args(["-c", "import ensurepip, venv"])).is_err() {
        apt::install(&["python3", "python3-venv"])?;
    }
    let make = ["-m", "venv", "--clear"];
    long("python venv", "a private Python folder", program("python3").args(make).arg(folder))?;
    let wanted = format!("aiosmtpd=={VERSION}");
    let pip = ["-m", "pip", "install", "--disable-pip-version-check", &wanted];
    long("aiosmtpd", "from PyPI", program(place::smtp_python()).args(pip))
}
