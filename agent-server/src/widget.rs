//! What the shopper's browser downloads, as `cargo xtask widget` left it in one folder: read once
//! at the start, and in a demo again whenever it was built anew.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use shared_protocol::Locale;

/// The version of the loader: part of its pinned address, which serves these bytes for ever.
pub const LOADER_VERSION: &str = "1.0.0";

/// The built widget.
#[derive(Debug)]
pub struct Widget {
    folder: PathBuf,
    is_watched: bool,
    current: RwLock<Current>,
}

#[derive(Debug)]
struct Current {
    files: Arc<Files>,
    written: Option<SystemTime>,
}

/// One build of it.
#[derive(Debug)]
pub struct Files {
    /// Names this build in the addresses of its files; 16 hexadecimal digits.
    pub build: String,
    /// Whether there is a program to run, not only the loader and the page.
    pub is_whole: bool,
    files: HashMap<String, File>,
}

/// A file that a browser may fetch.
#[derive(Clone, Debug)]
pub struct File {
    /// Its bytes.
    pub raw: Bytes,
    /// Its bytes as Brotli (RFC 7932), if there is a twin.
    pub brotli: Option<Bytes>,
    /// Names these bytes (RFC 9110 §8.8.3).
    pub etag: String,
    /// Names these bytes in a policy where they stand in a page (CSP 3 §2.3.1): `'sha256-…'`.
    pub source: String,
}

/// Why the widget cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("{0}: {1}")]
pub struct WidgetFault(PathBuf, #[source] io::Error);

impl Widget {
    /// Reads the folder. Where there is no manifest yet, loader and page come from this program
    /// and the frame says that it cannot go on.
    ///
    /// # Errors
    /// [`WidgetFault`] if the manifest names files that cannot be read.
    pub fn open(folder: &Path, is_watched: bool) -> Result<Self, WidgetFault> {
        let current = Current::read(folder)?;
        Ok(Self { folder: folder.to_owned(), is_watched, current: RwLock::new(current) })
    }

    /// The build to serve now.
    pub fn files(&self) -> Arc<Files> {
        if self.is_watched {
            self.read_again_if_written();
        }
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.files.clone()
    }

    /// A build in progress is no reason to stop serving the last one.
    fn read_again_if_written(&self) {
        let written = written(&self.folder);
        let known = self.current.read().unwrap_or_else(PoisonError::into_inner).written;
        if written == known || written.is_none() {
            return;
        }
        if let Ok(current) = Current::read(&self.folder) {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        }
    }
}

impl Current {
    fn read(folder: &Path) -> Result<Self, WidgetFault> {
        let written = written(folder);
        let files = match written {
            Some(_) => Files::read(folder)?,
            None => Files::of_this_program(),
        };
        Ok(Self { files: Arc::new(files), written })
    }
}

impl Files {
    /// The file of this name.
    pub fn get(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }

    /// The smallest program that will do.
    pub fn program(&self, needs_every_way: bool) -> Program {
        let has_plain = self.files.contains_key(PLAIN.wasm);
        if needs_every_way || !has_plain { EVERY_WAY } else { PLAIN }
    }

    /// Text and policy source of a script or style that stands in the page.
    pub fn inline(&self, name: &str) -> (&str, &str) {
        let file = self.get(name).filter(|file| !file.raw.is_empty());
        let text = file.and_then(|file| str::from_utf8(&file.raw).ok());
        text.zip(file).map_or(("", ""), |(text, file)| (text, &file.source))
    }

    fn read(folder: &Path) -> Result<Self, WidgetFault> {
        let path = folder.join(MANIFEST);
        let read = |path: &Path| fs::read(path).map_err(|fault| WidgetFault(path.into(), fault));
        let manifest: Manifest = serde_json::from_slice(&read(&path)?)
            .map_err(|fault| WidgetFault(path.clone(), fault.into()))?;
        let mut of_this_program = Self::of_this_program();
        let mut named = String::new();
        for entry in manifest.files {
            let brotli = fs::read(folder.join(format!("{}.br", entry.file))).ok();
            let raw = read(&folder.join(&entry.file))?;
            let file = File::new(raw.into(), brotli.map(Bytes::from));
            named.extend([&entry.file, "=", &file.source, "\n"]);
            of_this_program.files.insert(entry.file, file);
        }
        Ok(Self {
            build: hex(&digest(&SHA256, named.as_bytes()).as_ref()[..8]),
            is_whole: of_this_program.files.contains_key(EVERY_WAY.wasm),
            ..of_this_program
        })
    }

    /// Loader, script and style of the page as they are in the sources.
    fn of_this_program() -> Self {
        let sources = [
            ("warifu.js", include_str!("../../www/warifu.js")),
            ("boot.js", include_str!("../../www/boot.js")),
            ("passkey.js", include_str!("../../www/passkey.js")),
            ("widget.css", include_str!("../../www/widget.css")),
        ];
        let file = |text: &'static str| File::new(Bytes::from_static(text.as_bytes()), None);
        let files = sources.map(|(name, text)| (name.to_owned(), file(text)));
        Self { build: "none".to_owned(), is_whole: false, files: files.into() }
    }
}

impl File {
    fn new(raw: Bytes, brotli: Option<Bytes>) -> Self {
        let sha256 = digest(&SHA256, &raw);
        let source = format!("'sha256-{}'", BASE64.encode(sha256));
        Self { etag: format!("\"{}\"", hex(&sha256.as_ref()[..16])), raw, brotli, source }
    }
}

fn written(folder: &Path) -> Option<SystemTime> {
    fs::metadata(folder.join(MANIFEST)).ok()?.modified().ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What `cargo xtask widget` wrote; keys that only it needs are passed over.
#[derive(Deserialize)]
struct Manifest {
    files: Vec<ManifestEntry>,
}

#[derive(Deserialize)]
struct ManifestEntry {
    file: String,
}

const MANIFEST: &str = "manifest.json";

/// A program of the widget, by its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program itself.
    pub wasm: &'static str,
    /// What it is called.
    pub name: &'static str,
}

impl Program {
    /// What starts it, with its texts in this language.
    pub fn glue(self, locale: Locale) -> String {
        format!("{}.{}.js", self.name, locale.tag())
    }
}

/// With every way of buying.
pub const EVERY_WAY: Program = Program { wasm: "client_wasm_bg.wasm", name: "client_wasm" };
/// Without what only some shops need; smaller.
pub const PLAIN: Program = Program { wasm: "plain_bg.wasm", name: "plain" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_build_the_loader_and_the_page_are_still_there() {
        let widget = Widget::open(Path::new("there/is/no/such/folder"), false).unwrap();
        let files = widget.files();
        assert!(!files.is_whole);
        assert!(files.inline("warifu.js").0.contains("warifu-checkout"));
        assert!(files.inline("boot.js").1.starts_with("'sha256-"));
        assert!(files.get("widget.css").is_some());
        assert!(files.get(EVERY_WAY.wasm).is_none());
    }

    #[test]
    fn a_new_build_is_seen_only_where_it_is_watched_for() {
        let folder = std::env::temp_dir().join(format!("warifu-widget-{}", std::process::id()));
        write_build(&folder, "first", 1);
        let (fixed, watched) =
            (Widget::open(&folder, false).unwrap(), Widget::open(&folder, true).unwrap());
        let first = watched.files().build.clone();
        assert_eq!(fixed.files().build, first);
        write_build(&folder, "second", 2);
        assert_eq!(fixed.files().build, first);
        assert_ne!(watched.files().build, first);
        assert_eq!(watched.files().get(EVERY_WAY.wasm).unwrap().raw, "second");
        assert_eq!(watched.files().get(EVERY_WAY.wasm).unwrap().brotli.as_ref().unwrap(), "small");
        // A build that is half written changes nothing.
        fs::write(folder.join(MANIFEST), "{").unwrap();
        assert_eq!(watched.files().get(EVERY_WAY.wasm).unwrap().raw, "second");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_manifest_that_names_a_missing_file_stops_the_start() {
        let folder = std::env::temp_dir().join(format!("warifu-missing-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(MANIFEST), r#"{"files":[{"file":"gone.js"}]}"#).unwrap();
        let fault = Widget::open(&folder, false).unwrap_err().to_string();
        assert!(fault.contains("gone.js"), "{fault}");
        fs::remove_dir_all(&folder).unwrap();
    }

    fn write_build(folder: &Path, program: &str, second: u64) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(EVERY_WAY.wasm), program).unwrap();
        let wasm = EVERY_WAY.wasm;
        fs::write(folder.join(format!("{wasm}.br")), "small").unwrap();
        let manifest = format!(r#"{{"files":[{{"file":"{wasm}"}}]}}"#);
        fs::write(folder.join(MANIFEST), manifest).unwrap();
        let file = fs::File::options().write(true).open(folder.join(MANIFEST)).unwrap();
        let written = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
        file.set_modified(written).unwrap();
    }
}
