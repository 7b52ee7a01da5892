//! Runs a measuring program of `tests/`, built for speed, and reads the figures that it prints.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Figure;
use crate::place;
use crate::program::{cargo, program, run};

/// Figures of one measuring program.
pub fn by(name: &str) -> Result<Vec<Figure>> {
    by_with(name, &[])
}

/// The same of one that takes arguments.
pub fn by_with(name: &str, arguments: &[String]) -> Result<Vec<Figure>> {
    let mut build = cargo("build");
    build.args(["--release", "--package", "agent-server", "--package", "merchant-server"]);
    run(build.args(["--package", "whole-system", "--bins"]))?;
    let output = program(place::target().join("release").join(name))
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    ensure!(output.status.success(), "{name} failed ({})", output.status);
    String::from_utf8(output.stdout)?.lines().map(figure).collect()
}

fn figure(line: &str) -> Result<Figure> {
    let line: Value = serde_json::from_str(line).with_context(|| format!("no figure: {line}"))?;
    let text = |key: &str| line[key].as_str().map(str::to_owned);
    Ok(Figure {
        name: text("name").context("a figure has a name")?,
        value: line["value"].clone(),
        unit: text("unit").context("a figure has a unit")?,
        floor: line["floor"].clone(),
        ratio: line["ratio"].clone(),
    })
}
