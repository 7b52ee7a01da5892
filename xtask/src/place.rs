//! Where things are: the project, its target folder, the tools that set-up installs.

use std::env;
use std::path::{Path, PathBuf};

/// The project's root folder.
pub fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = here.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    here.parent().expect("xtask lives inside the project").to_owned()
}

/// Cargo's target folder for native code.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Cargo's target folder for Wasm: its own, as another toolchain may write to it.
pub fn wasm_target() -> PathBuf {
    target().join("wasm")
}

/// What the agent serves to the frame: always here, because the servers' default settings say so.
pub fn widget() -> PathBuf {
    root().join("target").join("widget")
}

/// The running demo's data.
pub fn demo() -> PathBuf {
    root().join("warifu-demo")
}

/// Everything that set-up keeps between checkouts.
pub fn cache() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty());
    let cache = cache.map(PathBuf::from).or_else(|| env::home_dir().map(|h| h.join(".cache")));
    cache.unwrap_or_else(|| root().join("target").join("cache")).join("warifu")
}

/// What set-up installs: `bin/`, `smtp/`, `npm/`, `binaryen/`, `shop-python/`, `shop-node/`,
/// `schemathesis/`.
pub fn tools() -> PathBuf {
    env::var_os("WARIFU_TOOLS").map_or_else(|| cache().join("tools"), PathBuf::from)
}

/// One program among the tools.
pub fn tool(name: &str) -> PathBuf {
    tools().join("bin").join(name)
}

/// The Python that has aiosmtpd, the tests' SMTP peer.
pub fn smtp_python() -> PathBuf {
    tools().join("smtp").join("bin").join("python")
}

/// The Python that has schemathesis, which tries the agent's API.
pub fn schemathesis_python() -> PathBuf {
    tools().join("schemathesis").join("bin").join("python")
}

/// The Python that has the libraries of the example shop.
pub fn shop_python() -> PathBuf {
    tools().join("shop-python").join("bin").join("python")
}

/// Where the libraries of the example shop in JavaScript are.
pub fn shop_node() -> PathBuf {
    tools().join("shop-node")
}

/// axe-core, the accessibility rules that the browser tests inject.
pub fn axe() -> PathBuf {
    tools().join("npm").join("node_modules").join("axe-core")
}

/// Binaryen, which makes the widget smaller.
pub fn binaryen() -> PathBuf {
    tools().join("binaryen").join("node_modules").join("binaryen")
}

/// The private Wasm sysroot for Debian's compiler.
pub fn debian_web() -> PathBuf {
    cache().join("debian-web")
}

/// Logs of long steps.
pub fn logs() -> PathBuf {
    cache().join("logs")
}

/// Where cargo keeps the sources of other people's crates.
pub fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// The compiler's flag that keeps a folder's name out of what it makes: other machines have it
/// elsewhere, and should get the same bytes.
pub fn remapped(folder: &Path, shown: &str) -> String {
    format!("--remap-path-prefix={}={shown}", folder.display())
}

/// Finds a program on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|file| file.is_file())
}
