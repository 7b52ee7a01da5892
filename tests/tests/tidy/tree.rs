//! The tracked files of the repository, and what cargo says of its rooms.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A tracked file.
pub struct File {
    /// Path from the root, with `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its text, unless it is not text.
    pub text: Option<String>,
}

/// Every file that git tracks and that is still there.
pub fn files() -> Vec<File> {
    let listed = output(Command::new("git").args(["ls-files", "-z"]).current_dir(root()));
    let read = |path: &str| {
        let bytes = std::fs::read(root().join(path)).ok()?;
        let size = bytes.len() as u64;
        Some(File { path: path.to_owned(), bytes: size, text: String::from_utf8(bytes).ok() })
    };
    let files: Vec<_> =
        listed.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect();
    assert!(!files.is_empty(), "git tracks nothing here");
    files
}

/// Names of all crates that a room needs to build and run, itself included.
pub fn needs(room: &str, target: Option<&str>) -> Vec<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tree = Command::new(cargo);
    tree.current_dir(root()).args(["tree", "--package", room, "--prefix", "none"]);
    tree.args(["--edges", "normal,build", "--format", "{p}"]);
    tree.args(target.iter().flat_map(|target| ["--target", target]));
    let names = output(&mut tree);
    names.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Folders of the workspace's members.
pub fn rooms() -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the root manifest");
    let (_, members) = manifest.split_once("\nmembers = [").expect("a list of members");
    let (members, _) = members.split_once(']').expect("the list ends");
    members.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a room has a parent").to_owned()
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
    String::from_utf8(output.stdout).expect("it prints text")
}
