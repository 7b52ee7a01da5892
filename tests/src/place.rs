//! Where the built programs and the installed tools are.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The project's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the project").into()
}

/// A server's program, built beside the running test.
pub fn program(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a running test has a file");
    let built = test.ancestors().skip(1).map(|folder| folder.join(name)).find(|f| f.is_file());
    built.unwrap_or_else(|| panic!("{name} is not built: run `cargo xtask test`, it builds all"))
}

/// A tool that `cargo xtask setup` installed.
pub fn tool(below: &str) -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty());
    let cache = cache.map(PathBuf::from).or_else(|| env::home_dir().map(|h| h.join(".cache")));
    let tools = env::var_os("WARIFU_TOOLS").map(PathBuf::from);
    let tools = tools.or_else(|| cache.map(|c| c.join("warifu").join("tools")));
    tools.expect("a home folder").join(below)
}
