//! Running other programs: with a clean environment, and never silently for long.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::clock::Stopwatch;
use crate::{place, say};

/// A program without what `cargo run` put into our own environment.
///
/// Cargo's library path would make Debian's compiler load rustup's libraries.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    for (key, _) in env::vars_os() {
        let key_text = key.to_string_lossy();
        if key_text.starts_with("CARGO_PKG_") || key_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&key);
        }
    }
    for key in ["CARGO", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"] {
        command.env_remove(key);
    }
    if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
        match without_cargo(&paths) {
            rest if rest.is_empty() => command.env_remove("LD_LIBRARY_PATH"),
            rest => command.env("LD_LIBRARY_PATH", rest),
        };
    }
    command.current_dir(place::root());
    command
}

/// The project's pinned cargo, at the project's root.
pub fn cargo(job: &str) -> Command {
    let mut command = program("cargo");
    command.arg(job);
    command
}

/// Puts the tools' folder in front of a command's PATH.
pub fn with_tools(command: &mut Command) {
    let old = env::var_os("PATH").unwrap_or_default();
    let folders = [place::tools().join("bin")].into_iter().chain(env::split_paths(&old));
    command.env("PATH", env::join_paths(folders).expect("folders came from a PATH"));
}

/// Runs to the end on our own terminal.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    match status.success() {
        true => Ok(()),
        false => bail!("{} failed ({status})", shown(command)),
    }
}

/// Runs quietly and gives back what the program printed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({}): {}", shown(command), output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a long step into a log file, giving signs of life; the log's tail is the error's text.
pub fn long(label: &str, about: &str, command: &mut Command) -> Result<()> {
    fs::create_dir_all(place::logs())?;
    let log_path = place::logs().join(format!("{}.log", label.replace(' ', "-")));
    let log = File::create(&log_path)?;
    say::line(&format!("       {label} ({about}) …"));
    let watch = Stopwatch::start();
    let mut child = command
        .stdin(std::process::Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let mut spoken = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(100));
        if watch.elapsed() >= spoken + say::progress_pause() {
            spoken = watch.elapsed();
            let last = last_line(&log_path);
            say::progress(&format!("       {label} … {}  {last}", say::duration(spoken)));
        }
    };
    if status.success() {
        say::progress_done(&format!("       {label}: done in {}", say::duration(watch.elapsed())));
        return Ok(());
    }
    bail!("{label} failed ({status}); the log's end is:\n{}", tail(&log_path))
}

/// A command as a person would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn without_cargo(paths: &OsStr) -> OsString {
    let target = place::target();
    let ours = |folder: &Path| {
        let within = |name| folder.components().any(|part| part.as_os_str() == name);
        folder.starts_with(&target) || within("rustlib") || within("toolchains")
    };
    let kept = env::split_paths(paths).filter(|folder| !ours(folder));
    env::join_paths(kept).expect("folders came from a list of paths")
}

fn last_line(log: &Path) -> String {
    let text = tail(log);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or_default().trim().to_owned()
}

fn tail(log: &Path) -> String {
    const TAIL: i64 = 4096;
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        if file.seek(SeekFrom::End(-TAIL)).is_err() {
            file.rewind()?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}
