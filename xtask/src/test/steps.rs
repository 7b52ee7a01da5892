//! The steps themselves. Each streams its output; none hides another's failure.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::tally::Tally;
use super::trunk;
use crate::group::{self, Group};
use crate::program::{cargo, output, run, shown};
use crate::{place, say, setup, widget};

/// A test step that takes longer than this hangs.
const LONGEST_STEP: Duration = Duration::from_secs(40 * 60);

/// One thing to check.
pub struct Step {
    /// Shown before and after.
    pub name: &'static str,
    /// Does it and counts it.
    pub run: fn(&Step, &mut Tally) -> Result<()>,
    /// Nothing after it makes sense when it fails.
    pub others_need_it: bool,
    filter: Option<String>,
}

/// The steps in their order.
pub fn plan(filter: Option<String>, with_trunk: bool) -> Vec<Step> {
    let step = |name, run| Step { name, run, others_need_it: false, filter: filter.clone() };
    let mut plan = Vec::new();
    if filter.is_none() {
        plan.push(step("format", format));
    }
    plan.push(Step { others_need_it: true, ..step("compile", compile) });
    if filter.is_none() {
        plan.push(step("lints", lints));
        plan.push(step("documentation", documentation));
    }
    plan.push(step("unit and integration tests", native_tests));
    plan.push(step("the same on PostgreSQL", tests_on_postgres));
    plan.push(step("documentation tests", doc_tests));
    plan.push(step("widget tests in the browser", wasm_tests));
    plan.push(Step { others_need_it: true, ..step("widget build", widget_build) });
    plan.push(step("whole-system tests", whole_system_tests));
    if filter.is_none() {
        plan.push(step("the agent's business on PostgreSQL", business_on_postgres));
    }
    if with_trunk {
        plan.push(step("trunk", trunk_smoke));
    }
    plan
}

fn format(step: &Step, tally: &mut Tally) -> Result<()> {
    check(step, tally, run(cargo("fmt").args(["--all", "--check"])))
}

fn compile(step: &Step, tally: &mut Tally) -> Result<()> {
    // The same selection as the tests, so that nothing is compiled twice; with the binaries and the
    // examples, which the whole-system tests start and kill.
    let all = ["--workspace", "--lib", "--bins", "--examples", "--tests"];
    check(step, tally, run(cargo("build").args(all)))
}

fn lints(step: &Step, tally: &mut Tally) -> Result<()> {
    let all = ["--workspace", "--all-targets", "--", "--deny", "warnings"];
    check(step, tally, run(cargo("clippy").args(all)))
}

fn documentation(step: &Step, tally: &mut Tally) -> Result<()> {
    let mut doc = cargo("doc");
    doc.env("RUSTDOCFLAGS", "--deny warnings").args(["--workspace", "--no-deps"]);
    check(step, tally, run(&mut doc))
}

fn native_tests(step: &Step, tally: &mut Tally) -> Result<()> {
    let mut test = cargo("test");
    test.args(["--no-fail-fast", "--workspace", "--lib", "--bins"]);
    for name in integration_tests()?.of_rooms {
        test.args(["--test", &name]);
    }
    tests(step, tally, &mut test)
}

/// The agent's tests of what is stored, and of all that it does, on the other kind of database. Of
/// the whole workspace, whose other libraries take no time: for one package alone cargo would
/// choose other features, and compile everything again.
fn tests_on_postgres(step: &Step, tally: &mut Tally) -> Result<()> {
    let mut test = cargo("test");
    test.env("WARIFU_TEST_DATABASE", "postgres");
    test.args(["--no-fail-fast", "--workspace", "--lib", "--test", "agent"]);
    tests(step, tally, &mut test)
}

fn doc_tests(step: &Step, tally: &mut Tally) -> Result<()> {
    tests(step, tally, cargo("test").args(["--no-fail-fast", "--workspace", "--doc"]))
}

fn wasm_tests(step: &Step, tally: &mut Tally) -> Result<()> {
    let toolchain = setup::wasm_toolchain().context("no standard library for Wasm")?;
    let mut test = cargo("test");
    toolchain.apply(&mut test);
    let runner = place::tool("wasm-bindgen-test-runner");
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    browser_environment(&mut test)?;
    test.args(["--no-fail-fast", "--package", "client-wasm", "--tests"]);
    tests(step, tally, test.args(["--target", "wasm32-unknown-unknown"]))
}

fn widget_build(step: &Step, tally: &mut Tally) -> Result<()> {
    check(step, tally, widget::build().and_then(|widget| widget.check_budget()))
}

fn whole_system_tests(step: &Step, tally: &mut Tally) -> Result<()> {
    let mut test = cargo("test");
    test.args(["--no-fail-fast", "--workspace"]);
    let names = integration_tests()?.of_whole_system;
    ensure!(!names.is_empty(), "the whole-system tests are gone");
    for name in names {
        test.args(["--test", &name]);
    }
    browser_environment(&mut test)?;
    tests(step, tally, &mut test)
}

/// The whole system once more on the other kind of database: what is about money, or all of it
/// where `WARIFU_TEST_EFFORT` asks for more than the least. What names its database has run.
fn business_on_postgres(step: &Step, tally: &mut Tally) -> Result<()> {
    let mut test = cargo("test");
    test.env("WARIFU_TEST_DATABASE", "postgres");
    test.args(["--no-fail-fast", "--workspace", "--test", "system", "--"]);
    match std::env::var("WARIFU_TEST_EFFORT").is_ok_and(|effort| effort != "1") {
        true => test.args(["--skip", "month::", "--skip", "faults::", "--skip", "package::"]),
        false => test.args(BUSINESS),
    };
    browser_environment(&mut test)?;
    tests(step, tally, &mut test)
}

/// Interface, pages for operators and shops, contracts, plans, transfers, purchases, and that
/// neither side holds the other's half.
const BUSINESS: [&str; 10] = [
    "api_cases::",
    "by_hand::",
    "console::",
    "contracts::",
    "desk::",
    "enrolment::",
    "leak::",
    "plans::",
    "purchase::",
    "transfers::",
];

fn trunk_smoke(step: &Step, tally: &mut Tally) -> Result<()> {
    check(step, tally, trunk::smoke_test())
}

fn check(step: &Step, tally: &mut Tally, outcome: Result<()>) -> Result<()> {
    match &outcome {
        Ok(()) => tally.pass(),
        Err(_) => tally.fail(step.name),
    }
    outcome
}

/// Runs a test command, showing and counting what it prints.
fn tests(step: &Step, tally: &mut Tally, command: &mut Command) -> Result<()> {
    if let Some(filter) = &step.filter {
        command.args(["--", filter]);
    }
    let failed_before = tally.failed();
    let outcome = watched(tally, command);
    if outcome.is_err() && tally.failed() == failed_before {
        // It did not compile, crashed, or hung: that failed too, though no test said so.
        tally.fail(step.name);
    }
    outcome
}

fn watched(tally: &mut Tally, command: &mut Command) -> Result<()> {
    let mut group = Group::start(command.stdout(Stdio::piped()), Duration::from_secs(5))?;
    let id = group.id();
    let (ended, watchdog) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        let hangs = watchdog.recv_timeout(LONGEST_STEP) == Err(RecvTimeoutError::Timeout);
        if hangs {
            group::kill(id);
        }
        hangs
    });
    let lines = BufReader::new(group.leader().stdout.take().context("its output is piped")?);
    for line in lines.split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        say::line(&line);
        tally.read(&line);
    }
    let status = group.leader().wait()?;
    drop(ended);
    let hung = watchdog.join().unwrap_or(false);
    ensure!(!hung, "{} hung and was stopped", shown(command));
    match status.success() {
        true => Ok(()),
        false => bail!("{} failed ({status})", shown(command)),
    }
}

/// Names of the files in `tests/` folders: those beside one room, and those of the whole system.
struct IntegrationTests {
    of_rooms: BTreeSet<String>,
    of_whole_system: BTreeSet<String>,
}

fn integration_tests() -> Result<IntegrationTests> {
    let all = output(cargo("metadata").args(["--format-version", "1", "--no-deps"]))?;
    let all: Value = serde_json::from_str(&all)?;
    let (mut of_rooms, mut of_whole_system) = (BTreeSet::new(), BTreeSet::new());
    for package in all["packages"].as_array().into_iter().flatten() {
        let names = package["targets"].as_array().into_iter().flatten().filter_map(|target| {
            let is_test = target["kind"].as_array()?.iter().any(|kind| kind == "test");
            is_test.then(|| target["name"].as_str().map(str::to_owned))?
        });
        match package["name"] == "whole-system" {
            true => of_whole_system.extend(names),
            false => of_rooms.extend(names),
        }
    }
    // A name that both have would run twice.
    of_whole_system.retain(|name| !of_rooms.contains(name));
    Ok(IntegrationTests { of_rooms, of_whole_system })
}

fn browser_environment(command: &mut Command) -> Result<()> {
    let driver = setup::chromedriver().context("no chromedriver")?;
    command.env("CHROMEDRIVER", driver);
    Ok(())
}
