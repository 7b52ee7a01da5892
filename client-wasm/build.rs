//! Turns `www/texts.tsv` and the protocol's own texts into one constant per text and one table per
//! language (`ja.txt`, `en.txt`), so that the browser parses nothing and downloads only the texts
//! that the program says. A program without every way leaves their texts empty.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

use shared_protocol::{Field, FieldProblem, Locale, Problem};

fn main() -> Result<(), Box<dyn Error>> {
    let room = env::var("CARGO_MANIFEST_DIR")?;
    let table = Path::new(&room).join("../www/texts.tsv");
    let sources = Path::new(&room).join("src");
    println!("cargo::rerun-if-changed={}", table.display());
    println!("cargo::rerun-if-changed={}", sources.display());
    let (mut constants, mut ja, mut en) = (String::new(), String::new(), String::new());
    let program = all_of(&sources)?;
    let has_every_way = env::var_os("CARGO_FEATURE_EVERY_WAY").is_some();
    let rows = fs::read_to_string(&table)?;
    let mut place = 0;
    for row in rows.lines().skip(1) {
        let [key, in_ja, in_en] = row.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("not a key and two texts: {row}").into());
        };
        let name = key.replace('.', "_").to_uppercase();
        if !program.contains(&name) {
            continue;
        }
        let is_said = has_every_way || !OF_SOME_WAYS.iter().any(|begin| key.starts_with(begin));
        let (in_ja, in_en) = if is_said { (in_ja, in_en) } else { ("", "") };
        writeln!(constants, "/// `{key}`\npub const {name}: Text = Text({place});")?;
        writeln!(ja, "{in_ja}")?;
        writeln!(en, "{in_en}")?;
        place += 1;
    }
    let problems_of_fields = place + Field::ALL.len();
    let problems = problems_of_fields + FieldProblem::texts(Locale::Ja).lines().count();
    writeln!(constants, "const FIELDS: usize = {place};")?;
    writeln!(constants, "const FIELD_PROBLEMS: usize = {problems_of_fields};")?;
    writeln!(constants, "const PROBLEMS: usize = {problems};")?;
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    fs::write(out.join("texts.rs"), constants)?;
    fs::write(out.join("ja.txt"), ja + &of_protocol(Locale::Ja))?;
    fs::write(out.join("en.txt"), en + &of_protocol(Locale::En))?;
    Ok(())
}

/// What the protocol calls its fields and problems, in the order of the constants above.
fn of_protocol(locale: Locale) -> String {
    let labels = Field::ALL.iter().map(|field| field.label(locale));
    let problems = Problem::ALL.iter().map(|problem| problem.text(locale));
    let rows = labels.chain(FieldProblem::texts(locale).lines()).chain(problems);
    rows.flat_map(|row| [row, "\n"]).collect()
}

/// The program's own text.
fn all_of(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut all = String::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        all.push_str(&if path.is_dir() { all_of(&path)? } else { fs::read_to_string(&path)? });
    }
    Ok(all)
}

/// How the keys of those texts begin.
const OF_SOME_WAYS: [&str; 6] =
    ["window.", "transfer.", "plan.transfer", "handover.", "waiting.terms", "waiting.mailbox"];
