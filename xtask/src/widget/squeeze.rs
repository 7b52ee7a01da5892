//! Takes out of the Wasm what nobody needs to download: what Binaryen finds to be dead or twice
//! there, and the long names under which program and glue know each other.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use wasm_encoder::reencode::{Reencode, utils};
use wasm_encoder::{ExportSection, ImportSection, Module};
use wasmparser::{Export, ImportSectionReader, Parser};

use super::panics;
use crate::place;
use crate::program::{program, run};

/// Makes `NAME_bg.wasm` and its glue `NAME.js` smaller, in place.
pub fn program_and_glue(folder: &Path, name: &str) -> Result<()> {
    let wasm = folder.join(format!("{name}_bg.wasm"));
    let glue = folder.join(format!("{name}.js"));
    fs::write(&wasm, panics::without(&fs::read(&wasm)?)?)?;
    optimise(&wasm)?;
    let (small, short) = with_short_names(&fs::read(&wasm)?)?;
    let text = without_synchronous_start(&fs::read_to_string(&glue)?)?;
    fs::write(&wasm, small)?;
    fs::write(&glue, renamed(&text, &short))?;
    Ok(())
}

/// The passes that make it smaller after Brotli. `-Oz` makes it smaller only before: it takes away
/// the likenesses that Brotli lives on.
fn optimise(wasm: &Path) -> Result<()> {
    let mut optimise = program("node");
    optimise.arg(place::binaryen().join("bin").join("wasm-opt"));
    optimise.args([
        "--enable-reference-types",
        "--enable-multivalue",
        "--enable-bulk-memory",
        "--enable-sign-ext",
        "--enable-nontrapping-float-to-int",
        "--enable-mutable-globals",
        "--remove-unused-module-elements",
        "--duplicate-function-elimination",
        "--dae-optimizing",
        "--duplicate-function-elimination",
        "--always-inline-max-function-size=6",
        "--one-caller-inline-max-function-size=15",
        "--inlining-optimizing",
        "--remove-unused-brs",
        "--dce",
        "--vacuum",
        "--dae-optimizing",
        "--duplicate-function-elimination",
        "--remove-unused-module-elements",
        // Neighbours of one crate are alike.
        "--reorder-functions-by-name",
        "--strip-debug",
        "--strip-target-features",
    ]);
    run(optimise.arg(wasm).arg("-o").arg(wasm))
}

/// The module with short names, and which name became which.
fn with_short_names(wasm: &[u8]) -> Result<(Vec<u8>, BTreeMap<String, String>)> {
    let mut short = ShortNames::default();
    let mut module = Module::new();
    short.parse_core_module(&mut module, Parser::new(0), wasm).context("not a Wasm module")?;
    Ok((module.finish(), short.names))
}

/// Names what the glue gives to the program `a`, `b`, … and the callbacks that it takes back
/// `call0`, `call1`, …
#[derive(Default)]
struct ShortNames {
    names: BTreeMap<String, String>,
}

impl Reencode for ShortNames {
    type Error = Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error<Infallible>> {
        for import in section.into_imports() {
            let import = import?;
            let count = self.names.len();
            let name = self.names.entry(import.name.to_owned()).or_insert_with(|| letters(count));
            let name = name.clone();
            imports.import(import.module, &name, self.entity_type(import.ty)?);
        }
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        export: Export<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error<Infallible>> {
        if !export.name.contains("convert__closures") {
            return utils::parse_export(self, exports, export);
        }
        let name = format!("call{}", self.names.len());
        self.names.insert(export.name.to_owned(), name.clone());
        utils::parse_export(self, exports, Export { name: &name, ..export })
    }
}

/// `a`, `b`, …, `z`, `ba`, `bb`, …
fn letters(mut count: usize) -> String {
    let mut name = String::new();
    loop {
        name.insert(0, char::from(b'a' + (count % 26) as u8));
        count /= 26;
        if count == 0 {
            return name;
        }
    }
}

/// The glue without `initSync`, which nobody calls.
fn without_synchronous_start(glue: &str) -> Result<String> {
    const NEXT: &str = "let __wbg_init_promise;";
    let (before, rest) = glue.split_once("function initSync(").context("no initSync")?;
    let (_, after) = rest.split_once(NEXT).context("nothing after initSync")?;
    Ok([before, NEXT, &after.replace("export { initSync,", "export {")].concat())
}

/// The glue, each of those names replaced where it stands as a whole word.
fn renamed(glue: &str, names: &BTreeMap<String, String>) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut text = String::with_capacity(glue.len());
    let mut rest = glue;
    while let Some(begin) = rest.find(is_part) {
        let (between, from) = rest.split_at(begin);
        let (word, after) = from.split_at(from.find(|c| !is_part(c)).unwrap_or(from.len()));
        text.push_str(between);
        text.push_str(names.get(word).map_or(word, String::as_str));
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_all_different() {
        let names: std::collections::BTreeSet<_> = (0..2000).map(letters).collect();
        assert_eq!(names.len(), 2000);
        assert_eq!(letters(0), "a");
        assert_eq!(letters(26), "ba");
    }

    #[test]
    fn what_is_imported_and_called_back_gets_a_short_name_and_nothing_else() {
        use wasm_encoder::{EntityType, ExportKind, MemoryType};
        let memory = MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        let mut imports = ImportSection::new();
        imports.import("./glue.js", "__wbg_memory_0123456789abcdef", EntityType::Memory(memory));
        let mut exports = ExportSection::new();
        exports.export("start", ExportKind::Memory, 0);
        exports.export("wasm_bindgen__convert__closures__h1", ExportKind::Memory, 0);
        let mut module = Module::new();
        module.section(&imports).section(&exports);
        let (small, names) = with_short_names(&module.finish()).unwrap();
        let text = String::from_utf8_lossy(&small);
        assert_eq!(names["__wbg_memory_0123456789abcdef"], "a");
        assert_eq!(names["wasm_bindgen__convert__closures__h1"], "call1");
        assert!(text.contains("start") && text.contains("call1") && !text.contains("__wbg"));
    }

    #[test]
    fn only_whole_words_are_renamed() {
        let names = BTreeMap::from([("__wbg_get_1".to_owned(), "a".to_owned())]);
        assert_eq!(
            renamed("{__wbg_get_1: x, __wbg_get_12: y, '__wbg_get_1'} __wbg_get_1", &names),
            "{a: x, __wbg_get_12: y, 'a'} a",
        );
    }
}
