//! `trunk serve` with the right compiler: rebuilds and reloads the widget while you work on it.
//! Where rustup has the Wasm target, plain `trunk serve` at the root does the same.

use anyhow::{Context as _, Result};
use argh::FromArgs;

use crate::program::{program, run as run_program, with_tools};
use crate::{place, ready, say, setup};

const AGENT: &str = "localhost:7070";

/// Rebuild and reload the widget at http://localhost:7071 (start the demo in another terminal).
#[derive(FromArgs)]
#[argh(subcommand, name = "serve")]
pub struct ServeJob {}

/// `cargo xtask serve`
pub fn run(_job: &ServeJob) -> Result<()> {
    setup::ensure(setup::FOR_WIDGET)?;
    setup::ensure(setup::FOR_TRUNK)?;
    if ready::get(AGENT, "/readyz").is_err() {
        say::line("No agent answers at http://localhost:7070: start `cargo xtask demo` too.");
    }
    run_program(trunk()?.arg("serve"))
}

/// trunk, at the root, with the pinned tools in front and the compiler that can make Wasm.
pub fn trunk() -> Result<std::process::Command> {
    let toolchain = setup::wasm_toolchain().context("no standard library for Wasm")?;
    let mut trunk = program(place::tool("trunk"));
    toolchain.apply(&mut trunk);
    with_tools(&mut trunk);
    // A value other than true and false, which CI systems do set, makes trunk refuse to start.
    trunk.env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true");
    Ok(trunk)
}
