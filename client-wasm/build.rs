//! Turns `www/texts.tsv` into one constant per text, so that the browser parses no table and
//! downloads only the texts that the program says.

use std::{env, fmt::Write as _, fs, path::Path};

fn main() {
    let room = env::var("CARGO_MANIFEST_DIR").expect("cargo says where this package is");
    let table = Path::new(&room).join("../www/texts.tsv");
    println!("cargo::rerun-if-changed={}", table.display());
    let rows = fs::read_to_string(&table).expect("www/texts.tsv can be read");
    let mut constants = String::new();
    for row in rows.lines().skip(1) {
        let mut cells = row.split('\t');
        let (Some(key), Some(ja), Some(en)) = (cells.next(), cells.next(), cells.next()) else {
            panic!("not a key and two texts: {row}");
        };
        let name = key.replace('.', "_").to_uppercase();
        writeln!(
            constants,
            "/// `{key}`\npub const {name}: Text = Text(&{:?});",
            [ja, en].join("\t")
        )
        .expect("a string takes all that is written to it");
    }
    let to = env::var("OUT_DIR").expect("cargo says where generated files go");
    fs::write(Path::new(&to).join("texts.rs"), constants).expect("the texts can be written");
}
