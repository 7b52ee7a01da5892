//! The standard library for Wasm: rustup's if it can be had, else built from Debian's sources.

use std::env;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Part, apt, debian_web};
use crate::{place, program, say};

/// The target that browsers run.
pub const TARGET: &str = "wasm32-unknown-unknown";

pub const PART: Part = Part {
    name: "Rust's standard library for Wasm",
    why: "the widget is compiled for the browser",
    missing: || match wasm_toolchain() {
        Some(_) => None,
        None => Some("not there".into()),
    },
    install,
};

/// Which compiler makes the widget on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The pinned toolchain has the target.
    Pinned,
    /// Debian's compiler with our private sysroot, linked into rustup.
    DebianWeb,
}

impl WasmToolchain {
    /// Makes a command (cargo, trunk) use this toolchain and its own target folder.
    pub fn apply(self, command: &mut Command) {
        command.env("CARGO_TARGET_DIR", place::wasm_target());
        if self == Self::DebianWeb {
            command.env("RUSTUP_TOOLCHAIN", debian_web::NAME);
            command.env_remove("RUSTC").env_remove("RUSTDOC");
        }
    }

    /// The compiler's own words on its version.
    pub fn version(self) -> Result<String> {
        let mut rustc = program::program("rustc");
        self.apply(&mut rustc);
        Ok(program::output(rustc.arg("--version"))?.trim().to_owned())
    }
}

/// The toolchain that can compile the widget now, if any can.
pub fn wasm_toolchain() -> Option<WasmToolchain> {
    if pinned_has_target() {
        return Some(WasmToolchain::Pinned);
    }
    debian_web::works().then_some(WasmToolchain::DebianWeb)
}

fn install() -> Result<()> {
    let offline = env::var_os("WARIFU_OFFLINE_TOOLCHAIN").is_some_and(|value| value == "1");
    if !offline {
        let mut add = program::program("rustup");
        let added =
            program::long("rustup target", "from rustup", add.args(["target", "add", TARGET]));
        match added {
            Ok(()) if pinned_has_target() => return Ok(()),
            Ok(()) => say::line("       rustup added the target, but the compiler does not see it"),
            Err(trouble) => say::line(&format!("       {}", first_line(&trouble))),
        }
    }
    if !apt::exists() {
        bail!(
            "`rustup target add {TARGET}` is the ordinary way and did not work here; the other \
             way needs Debian or Ubuntu packages"
        );
    }
    say::line("       taking Debian's compiler instead, and building the library from its source");
    debian_web::install().context("the way through Debian's packages")
}

fn pinned_has_target() -> bool {
    let mut rustc = program::program("rustc");
    let folder = program::output(rustc.args(["--print", "target-libdir", "--target", TARGET]));
    let Ok(folder) = folder else { return false };
    let Ok(entries) = fs::read_dir(folder.trim()) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

fn first_line(trouble: &anyhow::Error) -> String {
    let text = format!("{trouble:#}");
    text.lines().find(|line| line.contains("error")).unwrap_or(&text).trim().to_owned()
}
