//! Builds what the shopper downloads: the Wasm program, its glue, the loader; each also as Brotli.
//! The same sources and tools give the same bytes on every machine: `manifest.json` says which.

mod manifest;
mod minify;
mod panics;
mod squeeze;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use argh::FromArgs;
use serde_json::Value;

use crate::program::{cargo, output, program, run as run_program};
use crate::setup::{self, WasmToolchain};
use crate::{place, say};
pub use manifest::{EVERY_WAY, Manifest, PLAIN};

/// Build the program that the frame runs, into target/widget.
#[derive(FromArgs)]
#[argh(subcommand, name = "widget")]
pub struct WidgetJob {}

/// `cargo xtask widget`
pub fn run(_job: &WidgetJob) -> Result<()> {
    setup::ensure(setup::FOR_WIDGET)?;
    let manifest = build()?;
    for file in manifest.files() {
        say::line(&format!("{:>9} {:>8} br  {}", file.raw, file.brotli, file.name));
    }
    for (whose, name) in [("most", PLAIN), ("some", EVERY_WAY)] {
        let (raw, brotli) = manifest.total(name);
        say::line(&format!("{raw:>9} {brotli:>8} br  by the shoppers of {whose} shops"));
    }
    say::line(&format!("in {}", place::widget().display()));
    manifest.check_budget()
}

/// Compiles what changed and rewrites `target/widget` if any byte of it would differ.
pub fn build() -> Result<Manifest> {
    let toolchain = setup::wasm_toolchain().context("no standard library for Wasm")?;
    let programs = [compile(toolchain, &PROGRAMS[0])?, compile(toolchain, &PROGRAMS[1])?];
    let sources = Sources { programs, pages: page_sources()? };
    let made_from = sources.fingerprint(toolchain)?;
    let folder = place::widget();
    if let Some(manifest) = Manifest::read(&folder).filter(|m| m.is_of(&made_from, &folder)) {
        return Ok(manifest);
    }
    let fresh = folder.with_extension("new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::create_dir_all(&fresh)?;
    for (Program { name, .. }, made) in PROGRAMS.iter().zip(&sources.programs) {
        bindgen(&made.wasm, name, &fresh)?;
        squeeze::program_and_glue(&fresh, name)?;
    }
    minify::modules(&fresh)?;
    for (Program { name, .. }, made) in PROGRAMS.iter().zip(&sources.programs) {
        let file = |of: &str| fresh.join([name, of].concat());
        let glue = fs::read_to_string(file(".js"))?;
        for (language, texts) in &made.texts {
            fs::write(file(&format!(".{language}.js")), speaking(&glue, texts)?)?;
            fs::write(file(&format!(".{language}{}", manifest::TEXTS)), texts)?;
        }
        fs::remove_file(file(".js"))?;
    }
    for source in &sources.pages {
        minify::page_source(source, &fresh)?;
    }
    let manifest = Manifest::write(&fresh, &made_from)?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&fresh, &folder)?;
    Ok(manifest)
}

/// What starts the program, with what the program says: one file less to wait for.
fn speaking(glue: &str, texts: &[u8]) -> Result<String> {
    let texts = serde_json::to_string(str::from_utf8(texts)?)?;
    Ok(format!("{glue}export const texts={texts};"))
}

/// Everything that decides the bytes we serve.
struct Sources {
    programs: [Made; 2],
    pages: Vec<PathBuf>,
}

impl Sources {
    fn fingerprint(&self, toolchain: WasmToolchain) -> Result<manifest::MadeFrom> {
        let mut parts = Vec::new();
        for made in &self.programs {
            parts.push(fs::read(&made.wasm)?);
            parts.extend(made.texts.iter().map(|(_, texts)| texts.clone()));
        }
        parts.extend(MADE_BY.map(|source| source.as_bytes().to_vec()));
        for page in &self.pages {
            let name = page.file_name().context("a file has a name")?;
            parts.push(name.to_string_lossy().into_owned().into_bytes());
            parts.push(fs::read(page)?);
        }
        Ok(manifest::MadeFrom {
            compiler: toolchain.version()?,
            wasm_bindgen: setup::WASM_BINDGEN.to_owned(),
            sources: manifest::sha256_of_parts(&parts),
        })
    }
}

/// One of the programs that `client-wasm` is compiled to.
struct Program {
    name: &'static str,
    has_every_way: bool,
}

/// What most shops' shoppers download, and what those of some do.
const PROGRAMS: [Program; 2] = [
    Program { name: PLAIN, has_every_way: false },
    Program { name: EVERY_WAY, has_every_way: true },
];

/// What was compiled.
struct Made {
    wasm: PathBuf,
    /// What it says, by language.
    texts: [(&'static str, Vec<u8>); 2],
}

/// Compiles `client-wasm` for the browser. Paths of this machine do not get into the program.
fn compile(toolchain: WasmToolchain, program: &Program) -> Result<Made> {
    let mut build = cargo("build");
    toolchain.apply(&mut build);
    build.args(["--package", "client-wasm", "--lib", "--profile", "widget", "--target", TARGET]);
    if !program.has_every_way {
        build.arg("--no-default-features");
    }
    build.env("CARGO_ENCODED_RUSTFLAGS", rustflags()).env_remove("RUSTFLAGS");
    // The compiler, whose version is pinned, has these two flags but does not promise them yet.
    build.env("RUSTC_BOOTSTRAP", "1");
    build.arg("--message-format=json-render-diagnostics");
    let told = output(build.stderr(Stdio::inherit()))?;
    let folder = place::wasm_target().join(TARGET).join("widget");
    let (made, kept) = (folder.join("client_wasm.wasm"), folder.join(program.name));
    if !made.is_file() {
        bail!("client-wasm was compiled but made no .wasm: is it a `cdylib`?");
    }
    // The next one is made at the same place.
    let kept = kept.with_extension("kept.wasm");
    fs::copy(made, &kept)?;
    let texts = texts_folder(&told).context("its build script wrote no texts")?;
    let texts = |tag| fs::read(texts.join([tag, manifest::TEXTS].concat()));
    Ok(Made { wasm: kept, texts: [("ja", texts("ja")?), ("en", texts("en")?)] })
}

/// Where `client-wasm/build.rs` has written, as cargo tells it in the last of such messages.
fn texts_folder(told: &str) -> Option<PathBuf> {
    let messages = told.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut ran = messages.filter(|message| message["reason"] == "build-script-executed");
    let ours =
        ran.find(|ran| ran["package_id"].as_str().is_some_and(|id| id.contains("/client-wasm")))?;
    Some(ours["out_dir"].as_str()?.into())
}

/// This job itself decides the bytes as well.
const MADE_BY: [&str; 5] = [
    include_str!("widget.rs"),
    include_str!("widget/manifest.rs"),
    include_str!("widget/minify.rs"),
    include_str!("widget/panics.rs"),
    include_str!("widget/squeeze.rs"),
];

const TARGET: &str = "wasm32-unknown-unknown";

/// In cargo's own encoding, as paths may hold spaces.
fn rustflags() -> String {
    let mut flags = vec![place::remapped(&place::root(), ".")];
    // SHA-2 in a loop instead of unrolled: a purchase hashes a few kilobytes, the shopper downloads
    // all of it.
    flags.extend(["--cfg".into(), "sha2_backend_soft=\"compact\"".into()]);
    // Where in the source a panic was, and how a type prints itself: nobody could see it there.
    flags.extend(["-Zlocation-detail=none".into(), "-Zfmt-debug=none".into()]);
    flags.extend(place::cargo_home().map(|home| place::remapped(&home, "cargo")));
    flags.join("\x1f")
}

fn bindgen(wasm: &Path, name: &str, folder: &Path) -> Result<()> {
    let mut bindgen = program(place::tool("wasm-bindgen"));
    bindgen.args(["--target", "web", "--no-typescript", "--remove-producers-section", "--out-dir"]);
    run_program(bindgen.arg(folder).args(["--out-name", name]).arg(wasm))
}

/// Scripts and styles of the loader and the frame page (not the demo shop's).
fn page_sources() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(place::root().join("www"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "js" || kind == "mjs" || kind == "css") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
