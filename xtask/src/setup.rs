//! Set-up: installs what is missing, says what and why, and is quiet when nothing is.
//! Every part is checked by running it or reading its version, before and after.

mod apt;
mod axe;
mod binaryen;
mod browser;
mod cargo_tools;
mod debian_web;
mod postgres;
mod schemathesis;
mod shops;
mod smtp;
mod strace;
mod systemd;
mod wasm_std;

use std::fs::{self, File, TryLockError};

use anyhow::{Context as _, Result, bail};
use argh::FromArgs;

pub use browser::chromedriver;
pub use cargo_tools::WASM_BINDGEN;
pub use wasm_std::{WasmToolchain, wasm_toolchain};

use crate::{place, say};

/// Install what the other jobs need (they do it themselves; this is for doing it ahead).
#[derive(FromArgs)]
#[argh(subcommand, name = "setup")]
pub struct SetupJob {
    /// also install trunk, for `cargo xtask serve`
    #[argh(switch)]
    trunk: bool,
    /// also install what `cargo xtask bench` counts system calls with
    #[argh(switch)]
    bench: bool,
}

/// One thing that a job needs.
#[derive(Clone, Copy)]
pub struct Part {
    /// What it is, with its version where we choose it.
    name: &'static str,
    /// Why the project needs it.
    why: &'static str,
    /// `None` when it is there and right, else what is wrong.
    missing: fn() -> Option<String>,
    /// Installs it; may assume that `missing` said so.
    install: fn() -> Result<()>,
}

/// What compiling the widget takes.
pub const FOR_WIDGET: &[Part] = &[wasm_std::PART, cargo_tools::WASM_BINDGEN_PART, binaryen::PART];

/// What the whole test suite takes.
pub const FOR_TESTS: &[Part] = &[
    cargo_tools::LINTS_PART,
    wasm_std::PART,
    cargo_tools::WASM_BINDGEN_PART,
    binaryen::PART,
    browser::PART,
    smtp::PART,
    postgres::PART,
    strace::PART,
    axe::PART,
    shops::PYTHON_PART,
    shops::NODE_PART,
    systemd::PART,
    schemathesis::PART,
];

/// Only for `trunk serve`.
pub const FOR_TRUNK: &[Part] = &[cargo_tools::TRUNK_PART];

/// Only for comparing databases.
pub const FOR_DATABASES: &[Part] = &[postgres::PART];

/// Only for counting system calls.
pub const FOR_BENCH: &[Part] = &[strace::PART];

/// `cargo xtask setup`
pub fn run(job: &SetupJob) -> Result<()> {
    let mut parts = FOR_TESTS.to_vec();
    if job.trunk {
        parts.extend(FOR_TRUNK);
    }
    if job.bench {
        parts.extend(FOR_BENCH);
    }
    ensure(&parts)
}

/// Installs those of the parts that are missing. A second set-up at the same time waits.
pub fn ensure(parts: &[Part]) -> Result<()> {
    if all_missing(parts).is_empty() {
        return Ok(());
    }
    fs::create_dir_all(place::cache())?;
    let lock = File::create(place::cache().join("setup.lock"))?;
    if let Err(TryLockError::WouldBlock) = lock.try_lock() {
        say::line("setup  another set-up is running on this machine: waiting for it");
        lock.lock()?;
    }
    for (part, found) in all_missing(parts) {
        say::need(&format!("{} ({found})", part.name), part.why);
        (part.install)().with_context(|| format!("cannot install {}", part.name))?;
        if let Some(still) = (part.missing)() {
            bail!("{} was installed but is still not right: {still}", part.name);
        }
    }
    Ok(())
}

/// Asks all parts at once: each is a process or two, and a set-up with nothing to do must be quick.
fn all_missing(parts: &[Part]) -> Vec<(Part, String)> {
    std::thread::scope(|scope| {
        let asked: Vec<_> =
            parts.iter().map(|part| (*part, scope.spawn(|| (part.missing)()))).collect();
        let answered = asked.into_iter().map(|(part, answer)| {
            let found = answer.join().expect("a check does not panic");
            found.map(|found| (part, found))
        });
        answered.flatten().collect()
    })
}
