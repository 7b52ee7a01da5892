//! The yardstick: who learned what and could charge what, in the seed's systems of before and in
//! every configuration of this one, as one table of what happened.

use anyhow::Result;
use argh::FromArgs;

use crate::program::{cargo, program, run as run_program};
use crate::{place, setup, widget};

/// Play the systems of before and this one over the same purchases, and print one table.
#[derive(FromArgs)]
#[argh(subcommand, name = "yardstick")]
pub struct YardstickJob {}

/// `cargo xtask yardstick`
pub fn run(_: &YardstickJob) -> Result<()> {
    setup::ensure(setup::FOR_BENCH)?;
    widget::build()?;
    let mut build = cargo("build");
    build.args(["--package", "agent-server", "--package", "merchant-server"]);
    run_program(build.args(["--package", "whole-system", "--bins"]))?;
    run_program(&mut program(place::target().join("debug").join("yardstick")))
}
