//! Makes the scripts small with oxc's minifier, a library of this workspace's lock file: so the
//! bytes do not depend on what else is installed.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_minifier::{Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_span::SourceType;

/// Minifies the modules that wasm-bindgen wrote, in place.
pub fn modules(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "js") {
            let small = minified(&fs::read_to_string(&path)?, SourceType::mjs())
                .with_context(|| path.display().to_string())?;
            fs::write(path, small)?;
        }
    }
    Ok(())
}

/// Minifies a script or a module of `www/`; copies a style sheet as it is.
pub fn page_source(source: &Path, folder: &Path) -> Result<()> {
    let name = source.file_name().context("a file has a name")?;
    let text = fs::read_to_string(source)?;
    let kind = match source.extension().and_then(|kind| kind.to_str()) {
        Some("js") => Some(SourceType::script()),
        Some("mjs") => Some(SourceType::mjs()),
        _ => None,
    };
    let text = match kind {
        Some(kind) => minified(&text, kind).with_context(|| source.display().to_string())?,
        None => text,
    };
    fs::write(folder.join(name), text)?;
    Ok(())
}

fn minified(text: &str, kind: SourceType) -> Result<String> {
    let memory = Allocator::default();
    let parsed = Parser::new(&memory, text, kind).parse();
    if let Some(problem) = parsed.diagnostics.first() {
        bail!("not a script: {problem}");
    }
    let mut script = parsed.program;
    let small = Minifier::new(MinifierOptions::default()).minify(&memory, &mut script);
    let writer = Codegen::new().with_options(CodegenOptions::minify());
    Ok(writer.with_scoping(small.scoping).build(&script).code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_long_local_names_go_but_globals_and_exports_stay() {
        let script = "// why\nfunction greet(visitor) { return 'hi ' + visitor; }\ngreet('a');";
        let small = minified(script, SourceType::script()).unwrap();
        assert!(small.contains("greet") && !small.contains("visitor") && !small.contains("why"));

        let module = "export function init(path) { return fetch(path); }";
        let small = minified(module, SourceType::mjs()).unwrap();
        assert!(small.contains("init") && !small.contains("path"));
    }

    #[test]
    fn a_broken_script_is_refused() {
        assert!(minified("function (", SourceType::script()).is_err());
    }
}
