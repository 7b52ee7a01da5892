//! Debian's maintained newer compiler with a Wasm standard library built once from Debian's
//! packaged source. Used where rustup's download host cannot be reached; linked into rustup.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::apt;
use super::wasm_std::TARGET;
use crate::place;
use crate::program::{long, output, program};

/// The name under which rustup knows it.
pub const NAME: &str = "warifu-debian-web";

const PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";

/// Compiles and links three lines: says more than any version, and also notices when Debian
/// updates its compiler under a library that was built with the old one.
pub fn works() -> bool {
    if !place::debian_web().join("bin").join("rustc").is_file() {
        return false;
    }
    let probe = || -> Result<()> {
        let folder = place::cache().join(format!("probe-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("probe.rs"), "pub fn probe() {\n    println!(\"{}\", 1);\n}\n")?;
        let mut rustc = program("rustup");
        rustc.current_dir(&folder).args(["run", NAME, "rustc", "--target", TARGET]);
        rustc.args(["--crate-type", "cdylib", "--edition", "2024", "probe.rs"]);
        let compiled = output(&mut rustc);
        fs::remove_dir_all(&folder)?;
        compiled.map(|_| ())
    };
    probe().is_ok()
}

/// Installs the packages where missing, builds the library, links the toolchain.
pub fn install() -> Result<()> {
    let query = output(
        program("dpkg-query").args(["--show", "-f", "${db:Status-Status}\n"]).args(PACKAGES),
    );
    let installed = query.is_ok_and(|said| said.lines().all(|status| status == "installed"));
    if !installed {
        apt::install(PACKAGES)?;
    }
    let built = build_std()?;
    lay_out(&built)?;
    fs::remove_dir_all(built)?;
    let link = ["toolchain", "link", NAME];
    output(program("rustup").args(link).arg(place::debian_web()))
        .context("this way still needs rustup, to choose between the two compilers")?;
    Ok(())
}

/// Builds std and the test harness for Wasm; gives back cargo's working folder.
fn build_std() -> Result<PathBuf> {
    let work = place::cache().join("debian-web-build");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(work.join("src"))?;
    fs::write(work.join("src").join("lib.rs"), "")?;
    fs::write(work.join("Cargo.toml"), SYSROOT_MANIFEST)?;
    let mut build = program(CARGO);
    build.current_dir(&work).args(["build", "--release", "--target", TARGET]);
    build.args(["-Zbuild-std=std,panic_abort,panic_unwind,test", "--target-dir", "target"]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(PathBuf::from("/usr/bin")).chain(std::env::split_paths(&path));
    build.env("PATH", std::env::join_paths(path)?).env("RUSTC", RUSTC).env_remove("RUSTDOC");
    // Allows `-Zbuild-std` for this one command only: it must never reach the project's builds.
    build.env("RUSTC_BOOTSTRAP", "1");
    let mut flags = vec!["-Cembed-bitcode=yes".into(), "-Zforce-unstable-if-unmarked".into()];
    flags.extend(place::cargo_home().map(|home| place::remapped(&home, "cargo")));
    build.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")).env_remove("RUSTFLAGS");
    long("wasm sysroot", "compiling the library takes 1 to 3 minutes", &mut build)?;
    Ok(work)
}

fn lay_out(work: &Path) -> Result<()> {
    let folder = place::debian_web();
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let library = folder.join("lib").join("rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&library)?;
    let built = work.join("target").join(TARGET).join("release").join("deps");
    for entry in fs::read_dir(built)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libsysroot_builder-") {
            fs::copy(&file, library.join(name))?;
        }
    }
    let host = host()?;
    symlink(
        Path::new("/usr/lib/rustlib").join(&host),
        folder.join("lib").join("rustlib").join(&host),
    )?;
    let bin = folder.join("bin");
    fs::create_dir_all(&bin)?;
    for tool in ["rustc", "rustdoc"] {
        let sysroot = folder.display();
        let text = format!("#!/bin/sh\nexec /usr/bin/{tool} --sysroot '{sysroot}' \"$@\"\n");
        fs::write(bin.join(tool), text)?;
        fs::set_permissions(bin.join(tool), fs::Permissions::from_mode(0o755))?;
    }
    symlink(CARGO, bin.join("cargo"))?;
    Ok(())
}

/// The compiler's own platform, such as `x86_64-unknown-linux-gnu`.
fn host() -> Result<String> {
    let said = output(program(RUSTC).arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc did not name its host")?.to_owned())
}

const SYSROOT_MANIFEST: &str = r#"[package]
name = "sysroot_builder"
version = "0.0.0"
edition = "2024"

[workspace]

[profile.release]
opt-level = 3
codegen-units = 1
debug = 0
"#;
