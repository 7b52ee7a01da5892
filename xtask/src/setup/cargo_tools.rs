//! Tools that cargo installs, into the project's own tools folder: nothing of the user's changes.

use super::Part;
use crate::place;
use crate::program::{cargo, long, output, program};

/// Must equal the `wasm-bindgen` that Cargo.toml pins.
pub const WASM_BINDGEN: &str = "0.2.130";
const TRUNK: &str = "0.21.14";

pub const WASM_BINDGEN_PART: Part = Part {
    name: "wasm-bindgen-cli 0.2.130",
    why: "turns the compiled Wasm into something a browser can load",
    missing: || {
        ["wasm-bindgen", "wasm-bindgen-test-runner"]
            .into_iter()
            .find_map(|tool| wrong_version(tool, WASM_BINDGEN))
    },
    install: || {
        // Not `--locked`: one of the crates it locks has been withdrawn.
        let mut install = install_into_tools("wasm-bindgen-cli", WASM_BINDGEN);
        long("wasm-bindgen-cli", "compiling it takes about 3 minutes on two cores", &mut install)
    },
};

pub const TRUNK_PART: Part = Part {
    name: "trunk 0.21.14",
    why: "rebuilds and reloads the widget while you work on it",
    missing: || wrong_version("trunk", TRUNK),
    install: || {
        let mut install = install_into_tools("trunk", TRUNK);
        long("trunk", "compiling it takes about 6 minutes on two cores", install.arg("--locked"))
    },
};

pub const LINTS_PART: Part = Part {
    name: "rustfmt and clippy",
    why: "the tests include how the code is written",
    missing: || {
        let absent = |tool: &&str| output(cargo(tool).arg("--version")).is_err();
        ["fmt", "clippy"].into_iter().find(absent).map(|tool| format!("no cargo {tool}"))
    },
    install: || {
        let mut rustup = program("rustup");
        long(
            "rustup component",
            "from rustup",
            rustup.args(["component", "add", "rustfmt", "clippy"]),
        )
    },
};

fn install_into_tools(name: &str, version: &str) -> std::process::Command {
    let mut command = cargo("install");
    // A build for another machine's target folder or flags would not be a tool.
    command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET");
    command.args([name, "--version", version, "--force", "--root"]).arg(place::tools());
    command
}

fn wrong_version(tool: &str, wanted: &str) -> Option<String> {
    match output(program(place::tool(tool)).arg("--version")) {
        Ok(said) if said.split_whitespace().any(|word| word == wanted) => None,
        Ok(said) => Some(format!("{} is there", said.trim())),
        Err(_) => Some("not there".into()),
    }
}
