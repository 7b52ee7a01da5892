//! Makes the program stop where it panics, as it would a moment later. What the standard library
//! does in that moment, putting a message together, nobody sees in a browser, and every shopper
//! downloads it. (The compiler can do so too, but not with a standard library that is compiled
//! already.)

use std::collections::BTreeMap;
use std::convert::Infallible;

use anyhow::{Context as _, Result, ensure};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Function, Module};
use wasmparser::{FunctionBody, KnownCustom, Name, Parser, Payload, TypeRef};

/// The module without what only a panic needs. Its functions must have their names still.
pub fn without(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut shortened = Shortened { fates: fates(wasm)?, next: imported(wasm)? };
    let mut module = Module::new();
    shortened.parse_core_module(&mut module, Parser::new(0), wasm).context("not a Wasm module")?;
    Ok(module.finish())
}

/// What becomes of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The program stops there.
    Stops,
    /// It prints nothing, as `-Zfmt-debug=none` has it for all but the standard library.
    PrintsNothing,
}

impl Fate {
    fn of(name: &str) -> Option<Self> {
        let name = without_hashes(name);
        if name.ends_with(" as core::fmt::Debug>::fmt") {
            return Some(Self::PrintsNothing);
        }
        let path = name.trim_start_matches('<');
        let is_standard = ["core::", "alloc::", "std::"].iter().any(|of| path.starts_with(of));
        let last = name.split("::<").next()?.rsplit("::").next()?;
        let stops = ONLY_FOR_PANICS.iter().any(|of| path.starts_with(of))
            || last.starts_with("panic_")
            || last.ends_with("_fail")
            || last.ends_with("_failed");
        (stops && is_standard).then_some(Self::Stops)
    }

    fn body(self) -> Function {
        let mut body = Function::new([]);
        let mut instructions = body.instructions();
        match self {
            Self::Stops => instructions.unreachable(),
            // `Ok`
            Self::PrintsNothing => instructions.i32_const(0),
        };
        instructions.end();
        body
    }
}

/// How the names begin of what else only a panic, or who prints for developers, calls.
const ONLY_FOR_PANICS: [&str; 4] = [
    "core::panicking::",
    "std::panicking::panic_handler",
    "core::fmt::builders::",
    "core::fmt::Formatter>::debug_",
];

struct Shortened {
    fates: BTreeMap<u32, Fate>,
    /// The function whose body comes next.
    next: u32,
}

impl Reencode for Shortened {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Infallible>> {
        let fate = self.fates.get(&self.next);
        self.next += 1;
        match fate {
            Some(fate) => code.function(&fate.body()),
            None => return utils::parse_function_body(self, code, body),
        };
        Ok(())
    }
}

fn fates(wasm: &[u8]) -> Result<BTreeMap<u32, Fate>> {
    let mut fates = BTreeMap::new();
    for part in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = part? else { continue };
        let KnownCustom::Name(names) = section.as_known() else { continue };
        for names in names {
            let Name::Function(functions) = names? else { continue };
            for function in functions {
                let function = function?;
                fates.extend(Fate::of(function.name).map(|fate| (function.index, fate)));
            }
        }
    }
    ensure!(!fates.is_empty(), "the program's functions have no names");
    Ok(fates)
}

/// How many functions are not its own: they are counted first.
fn imported(wasm: &[u8]) -> Result<u32> {
    let mut count = 0;
    for part in Parser::new(0).parse_all(wasm) {
        let Payload::ImportSection(imports) = part? else { continue };
        for import in imports.into_imports() {
            count += u32::from(matches!(import?.ty, TypeRef::Func(_)));
        }
    }
    Ok(count)
}

/// `core[0123456789abcdef]::option` is `core::option`.
fn without_hashes(name: &str) -> String {
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((hash, rest)) if hash.bytes().all(|b| b.is_ascii_hexdigit()) => plain += rest,
            _ => plain.extend(["[", part]),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        EntityType, FunctionSection, ImportSection, NameMap, NameSection, TypeSection, ValType,
    };

    use super::*;

    #[test]
    fn what_only_a_panic_calls_is_told_by_its_name() {
        for name in [
            "core[fd7cd05f7ffa3501]::panicking::panic_fmt",
            "core[fd7cd05f7ffa3501]::panicking::assert_failed::<usize, usize>",
            "<std[aa]::panicking::panic_handler::Payload as core[fd]::panic::PanicPayload>::get",
            "core[fd7c]::option::unwrap_failed",
            "<core[fd7c]::fmt::builders::PadAdapter as core[fd7c]::fmt::Write>::write_str",
            "<core[fd7c]::fmt::Formatter>::debug_struct",
            "<alloc[d1]::vec::Vec<_, _>>::remove::assert_failed",
            "core[fd7c]::slice::index::slice_index_fail",
        ] {
            assert_eq!(Fate::of(name), Some(Fate::Stops), "{name}");
        }
        let debug = "<&usize as core[fd7cd05f7ffa3501]::fmt::Debug>::fmt[1]";
        assert_eq!(Fate::of(debug), Some(Fate::PrintsNothing));
        for name in [
            "std[aa533e38156b8653]::panicking::panic_count::increase",
            "<core[fd7c]::fmt::Formatter>::pad_integral",
            "client_wasm[6c]::screens::failure::has_failed",
            "<usize as core[fd7cd05f7ffa3501]::fmt::Display>::fmt",
            "wasm_bindgen[36b92a0fc11696cb]::throw_str",
        ] {
            assert_eq!(Fate::of(name), None, "{name}");
        }
    }

    #[test]
    fn it_stops_where_it_would_panic_and_nothing_else_is_touched() {
        let short = without(&module("core[0a]::panicking::panic")).unwrap();
        let bodies: Vec<_> = bodies(&short);
        assert_eq!(bodies, [vec![0, 0x00, 0x0b], vec![0, 0x41, 7, 0x1a, 0x0b]]);
        assert!(without(&module("start")).is_err(), "no name says what is only for a panic");
    }

    /// Two functions of its own behind an imported one; the first has this name.
    fn module(name: &str) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function(Vec::<ValType>::new(), Vec::<ValType>::new());
        let mut imports = ImportSection::new();
        imports.import("./glue.js", "a", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        let mut seven = Function::new([]);
        seven.instructions().i32_const(7).drop().end();
        let mut code = CodeSection::new();
        code.function(&seven).function(&seven);
        let mut names = NameMap::new();
        names.append(1, name);
        names.append(2, "begin");
        let mut section = NameSection::new();
        section.functions(&names);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&code);
        module.section(&section).clone().finish()
    }

    fn bodies(wasm: &[u8]) -> Vec<Vec<u8>> {
        let parts = Parser::new(0).parse_all(wasm).map(Result::unwrap);
        parts
            .filter_map(|part| match part {
                Payload::CodeSectionEntry(body) => Some(body.as_bytes().to_vec()),
                _ => None,
            })
            .collect()
    }
}
