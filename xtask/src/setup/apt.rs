//! Debian and Ubuntu packages. Anything else is told plainly what to install.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{place, program};

/// Is there an apt at all?
pub fn exists() -> bool {
    place::on_path("apt-get").is_some()
}

/// Installs packages, refreshing the lists only when they turn out to be too old or empty.
pub fn install(packages: &[&str]) -> Result<()> {
    if !exists() {
        bail!("there is no apt on this machine; please install: {}", packages.join(", "));
    }
    let label = format!("apt {}", packages[0]);
    let about = format!("installing {}", packages.join(" "));
    let first = program::long(&label, &about, &mut apt_install(packages)?);
    if first.is_ok() {
        return first;
    }
    program::long("apt update", "refreshing the package lists", apt()?.arg("update"))?;
    program::long(&label, &about, &mut apt_install(packages)?)
}

fn apt_install(packages: &[&str]) -> Result<Command> {
    let mut command = apt()?;
    command.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    Ok(command)
}

fn apt() -> Result<Command> {
    let quiet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"];
    let user = program::output(program::program("id").arg("-u"))?;
    if user.trim() == "0" {
        let mut command = program::program("env");
        command.args(quiet);
        return Ok(command);
    }
    if place::on_path("sudo").is_none() {
        bail!("installing packages needs root: run this as root, or install sudo");
    }
    let mut command = program::program("sudo");
    command.arg("env").args(quiet);
    Ok(command)
}
