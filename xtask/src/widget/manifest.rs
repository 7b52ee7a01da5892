//! The list of what is served: each file's sizes and digests, and what it was all made from.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384};

const NAME: &str = "manifest.json";
/// The program without what only some shops need.
pub const PLAIN: &str = "plain";
/// The program with every way of buying.
pub const EVERY_WAY: &str = "client_wasm";
/// So many bytes, compressed, for the shoppers of most shops: what the lightest published drop-in
/// needs.
const BUDGET: usize = 110_000;
/// How the tables of texts end, one for each language and program: for who asks for the other one.
pub const TEXTS: &str = ".txt";
/// How the modules end that start a program, with its texts in a language.
const SPEAKING: [&str; 2] = [".ja.js", ".en.js"];
/// Only who enrols, signs in or pays by passkey fetches these.
const ON_DEMAND: [&str; 3] = ["enrolled.js", "passkey.js", "pay-by-passkey.mjs"];

/// `manifest.json`
pub struct Manifest {
    made_from: MadeFrom,
    files: Vec<Served>,
}

/// What decides the bytes: equal values mean equal files.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeFrom {
    /// `rustc --version` of the compiler that made the Wasm.
    pub compiler: String,
    /// Version of wasm-bindgen.
    pub wasm_bindgen: String,
    /// SHA-256 over the compiled program and the sources in `www/`, in hexadecimal.
    pub sources: String,
}

/// One file that a browser may fetch.
pub struct Served {
    /// File name.
    pub name: String,
    /// Bytes as they are.
    pub raw: usize,
    /// Bytes of its Brotli twin.
    pub brotli: usize,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// For the `integrity` attribute.
    pub integrity: String,
}

impl Manifest {
    /// Compresses and lists every file of the folder.
    pub fn write(folder: &Path, made_from: &MadeFrom) -> Result<Self> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            files.push(serve(&entry?.path())?);
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let manifest = Self { made_from: made_from.clone(), files };
        let text = serde_json::to_string_pretty(&manifest.to_json())?;
        fs::write(folder.join(NAME), text + "\n")?;
        Ok(manifest)
    }

    /// What an earlier build wrote, if it can still be read.
    pub fn read(folder: &Path) -> Option<Self> {
        Self::from_json(&serde_json::from_slice(&fs::read(folder.join(NAME)).ok()?).ok()?)
    }

    /// Was it made from just this, and are its files still there?
    pub fn is_of(&self, made_from: &MadeFrom, folder: &Path) -> bool {
        let there = |file: &Served| {
            folder.join(format!("{}.br", file.name)).is_file()
                && fs::read(folder.join(&file.name)).is_ok_and(|b| sha256(&b) == file.sha256)
        };
        self.made_from == *made_from && self.files.iter().all(there)
    }

    /// All files, by name.
    pub fn files(&self) -> &[Served] {
        &self.files
    }

    /// Raw and Brotli bytes of what every shopper downloads who runs this program.
    pub fn total(&self, program: &str) -> (usize, usize) {
        let other = if program == PLAIN { EVERY_WAY } else { PLAIN };
        let is_its = |file: &&Served| {
            let is_on_demand = ON_DEMAND.contains(&file.name.as_str());
            !is_on_demand && !file.name.ends_with(TEXTS) && !file.name.starts_with(other)
        };
        // Each shopper reads one language.
        let (speaking, files): (Vec<_>, Vec<_>) = self
            .files
            .iter()
            .filter(is_its)
            .partition(|file| SPEAKING.iter().any(|end| file.name.ends_with(end)));
        let longest = speaking.into_iter().max_by_key(|file| file.brotli);
        let files = files.into_iter().chain(longest);
        files.fold((0, 0), |(raw, brotli), file| (raw + file.raw, brotli + file.brotli))
    }

    /// Whether what every shopper downloads is as small as promised.
    pub fn check_budget(&self) -> Result<()> {
        let (_, brotli) = self.total(PLAIN);
        ensure!(
            brotli <= BUDGET,
            "shoppers download {brotli} bytes; at most {BUDGET} are promised"
        );
        Ok(())
    }

    fn to_json(&self) -> Value {
        let files = self.files.iter().map(|file| {
            json!({
                "file": file.name,
                "raw": file.raw,
                "brotli": file.brotli,
                "sha256": file.sha256,
                "integrity": file.integrity,
            })
        });
        json!({
            "compiler": self.made_from.compiler,
            "wasm_bindgen": self.made_from.wasm_bindgen,
            "sources": self.made_from.sources,
            "files": files.collect::<Vec<_>>(),
        })
    }

    fn from_json(json: &Value) -> Option<Self> {
        let text = |value: &Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
        let size = |value: &Value, key: &str| usize::try_from(value.get(key)?.as_u64()?).ok();
        let served = |value: &Value| {
            Some(Served {
                name: text(value, "file")?,
                raw: size(value, "raw")?,
                brotli: size(value, "brotli")?,
                sha256: text(value, "sha256")?,
                integrity: text(value, "integrity")?,
            })
        };
        Some(Self {
            made_from: MadeFrom {
                compiler: text(json, "compiler")?,
                wasm_bindgen: text(json, "wasm_bindgen")?,
                sources: text(json, "sources")?,
            },
            files: json.get("files")?.as_array()?.iter().map(served).collect::<Option<_>>()?,
        })
    }
}

/// One digest over several byte strings; where one ends and the next begins is part of it.
pub fn sha256_of_parts(parts: &[Vec<u8>]) -> String {
    let ends = parts
        .iter()
        .flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.iter().copied()));
    sha256(&ends.collect::<Vec<u8>>())
}

fn serve(file: &Path) -> Result<Served> {
    let bytes = fs::read(file)?;
    let small = compressed(&bytes)?;
    let name = file.file_name().context("a file has a name")?.to_string_lossy().into_owned();
    fs::write(file.with_file_name(format!("{name}.br")), &small)?;
    let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(&bytes)));
    Ok(Served { name, raw: bytes.len(), brotli: small.len(), sha256: sha256(&bytes), integrity })
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    const QUALITY: u32 = 11;
    const WINDOW_BITS: u32 = 22;
    let mut small = Vec::new();
    brotli::CompressorWriter::new(&mut small, 4096, QUALITY, WINDOW_BITS).write_all(bytes)?;
    Ok(small)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_survives_its_own_json() {
        let file = Served {
            name: "a.js".into(),
            raw: 10,
            brotli: 7,
            sha256: sha256(b"a"),
            integrity: "sha384-x".into(),
        };
        let made_from = MadeFrom {
            compiler: "rustc 1".into(),
            wasm_bindgen: "0.2".into(),
            sources: sha256_of_parts(&[b"b".to_vec()]),
        };
        let of = |name: &str| Served {
            name: name.into(),
            raw: 5,
            brotli: 3,
            sha256: sha256(b"b"),
            integrity: "sha384-y".into(),
        };
        let others =
            ["passkey.js", "plain.en.txt", "client_wasm.en.js", "client_wasm_bg.wasm"].map(of);
        let long = Served { brotli: 4, raw: 9, ..of("plain.ja.js") };
        let files = [file, of("plain.en.js"), long].into_iter().chain(others).collect();
        let manifest = Manifest { made_from, files };
        let again = Manifest::from_json(&manifest.to_json()).unwrap();
        assert!(again.made_from == manifest.made_from);
        assert_eq!(again.files().len(), 7);
        assert_eq!(again.total(PLAIN), (19, 11));
        assert_eq!(again.total(EVERY_WAY), (20, 13));
        assert_eq!(again.files()[0].integrity, "sha384-x");
        assert!(again.check_budget().is_ok());
        let large = Served { brotli: BUDGET, ..of("plain_bg.wasm") };
        let files = vec![large, of("widget.css")];
        assert!(Manifest { made_from: again.made_from, files }.check_budget().is_err());
    }

    #[test]
    fn moving_a_byte_between_parts_changes_their_digest() {
        let (left, right) =
            (vec![b"ab".to_vec(), b"c".to_vec()], vec![b"a".to_vec(), b"bc".to_vec()]);
        assert_ne!(sha256_of_parts(&left), sha256_of_parts(&right));
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let text = b"tea ".repeat(500);
        let small = compressed(&text).unwrap();
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut small.as_slice(), &mut back).unwrap();
        assert!(small.len() < 100 && back == text);
    }
}
