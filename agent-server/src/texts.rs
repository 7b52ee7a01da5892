//! Everything that a page or a letter says, in both languages, from four tables: `www/texts.tsv`,
//! whose words the widget says too, `texts.tsv`, which no shopper's browser downloads,
//! `console.tsv`, which operators alone read, and `docs.tsv`, which developers read.

mod amount;
mod bill;
mod moment;
mod spelling;

use std::{collections::HashMap, sync::LazyLock};

use shared_protocol::Locale;

pub use amount::amount;
pub use bill::{BillWords, plan_name};
pub use moment::{date, day, day_of_month, minute, month, stamp};
pub use spelling::spelled;

/// The product's texts by key.
#[derive(Debug)]
pub struct Texts(HashMap<&'static str, [&'static str; 2]>);

/// The texts in one language, as templates use them.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    texts: &'static Texts,
    locale: Locale,
}

impl Texts {
    /// Those of this build.
    pub fn product() -> &'static Self {
        static PRODUCT: LazyLock<Texts> = LazyLock::new(|| Texts::read(&TABLES));
        &PRODUCT
    }

    /// The text of `key`. A key that does not exist reads as itself, so that a page is never
    /// lost over it; a test shows that no template asks for one.
    pub fn get(&self, locale: Locale, key: &'static str) -> &'static str {
        self.0.get(key).map_or(key, |[ja, en]| locale.pick(ja, en))
    }

    /// The text of `key` with its `{names}` replaced. What is put in is never read again, so a
    /// shop called `{agent}` stays one.
    pub fn fill(&self, locale: Locale, key: &'static str, values: &[(&str, &str)]) -> String {
        let mut rest = self.get(locale, key);
        let mut filled = String::with_capacity(rest.len() + 32);
        while let Some((before, name, after)) = next_name(rest) {
            filled.push_str(before);
            let value = values.iter().find(|(known, _)| *known == name);
            match value {
                Some((_, value)) => filled.push_str(value),
                None => filled.extend(["{", name, "}"]),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// In one language.
    pub fn words(&'static self, locale: Locale) -> Words {
        Words { texts: self, locale }
    }

    fn read(tables: &[&'static str]) -> Self {
        let rows = tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(|row| {
            let mut cells = row.split('\t');
            Some((cells.next()?, [cells.next()?, cells.next()?]))
        });
        Self(rows.collect())
    }
}

impl Words {
    /// The product's texts in this language.
    pub fn of(locale: Locale) -> Self {
        Texts::product().words(locale)
    }

    /// Which language.
    pub fn locale(self) -> Locale {
        self.locale
    }

    /// Its BCP 47 tag, for `lang`.
    pub fn tag(self) -> &'static str {
        self.locale.tag()
    }

    /// The other language's tag, for the toggle.
    pub fn other_tag(self) -> &'static str {
        match self.locale {
            Locale::Ja => Locale::En.tag(),
            Locale::En => Locale::Ja.tag(),
        }
    }

    /// The text of `key`.
    pub fn get(self, key: &'static str) -> &'static str {
        self.texts.get(self.locale, key)
    }

    /// The text of `key`, filled.
    pub fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        self.texts.fill(self.locale, key, values)
    }
}

/// Splits at the first `{name}`.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, from_name) = text.split_once('{')?;
    let (name, after) = from_name.split_once('}')?;
    Some((before, name, after))
}

const TABLES: [&str; 4] = [
    include_str!("../../www/texts.tsv"),
    include_str!("../texts.tsv"),
    include_str!("../console.tsv"),
    include_str!("../docs.tsv"),
];

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fs,
        path::Path,
    };

    use super::*;

    #[test]
    fn every_text_exists_in_both_languages() {
        for table in TABLES {
            assert_eq!(table.lines().next(), Some("key\tja\ten"));
        }
        for row in TABLES.iter().flat_map(|table| table.lines().skip(1)) {
            let cells: Vec<_> = row.split('\t').collect();
            assert_eq!(cells.len(), 3, "{row}");
            assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "{row}");
        }
    }

    #[test]
    fn no_key_stands_twice() {
        let rows: usize = TABLES.iter().map(|table| table.lines().count() - 1).sum();
        assert_eq!(Texts::product().0.len(), rows);
    }

    #[test]
    fn both_languages_of_a_text_have_the_same_places_to_fill() {
        for (key, [ja, en]) in &Texts::product().0 {
            assert_eq!(names(ja), names(en), "{key}");
        }
    }

    #[test]
    fn every_key_that_a_template_or_page_uses_exists() {
        let used = used_keys();
        assert!(used.len() > 40, "only {} keys were found: is the search still right?", used.len());
        for (key, place) in used {
            assert!(Texts::product().0.contains_key(key.as_str()), "{key} in {place}");
        }
    }

    #[test]
    fn every_text_of_this_server_alone_is_said_somewhere() {
        let used = used_keys();
        for row in TABLES[1..].iter().flat_map(|table| table.lines().skip(1)) {
            let key = row.split('\t').next().unwrap();
            assert!(used.contains_key(key), "{key} is said nowhere");
        }
    }

    #[test]
    fn filling_replaces_each_name_once_and_reads_nothing_twice() {
        let texts = Texts(HashMap::from([("k", ["{a}と{b}と{a}", "{b} {c}"])]));
        let values = [("a", "{b}"), ("b", "2")];
        assert_eq!(texts.fill(Locale::Ja, "k", &values), "{b}と2と{b}");
        assert_eq!(texts.fill(Locale::En, "k", &values), "2 {c}");
    }

    fn names(text: &str) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        let mut rest = text;
        while let Some((_, name, after)) = next_name(rest) {
            names.insert(name);
            rest = after;
        }
        names
    }

    /// Every key in the pages, the letters and their code, and a file where it stands.
    fn used_keys() -> BTreeMap<String, String> {
        let room = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = [
            "templates",
            "src/http",
            "src/mail",
            "src/demo",
            "src/frame",
            "src/marks",
            "src/texts",
        ];
        let mut used = BTreeMap::new();
        for file in sources.iter().flat_map(|folder| files(&room.join(folder))) {
            let text = fs::read_to_string(&file).unwrap();
            let place = file.display().to_string();
            used.extend(keys_in(&text).into_iter().map(|key| (key.to_owned(), place.clone())));
        }
        used
    }

    /// Every quoted word that begins as the keys of the tables do: `"mail.what"`.
    fn keys_in(text: &str) -> Vec<&str> {
        let groups: BTreeSet<_> =
            Texts::product().0.keys().filter_map(|key| key.split('.').next()).collect();
        let is_key = |word: &&str| {
            word.split_once('.').is_some_and(|(group, _)| groups.contains(group))
                && ![".html", ".svg"].iter().any(|kind| word.ends_with(kind))
                && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
        };
        text.lines().flat_map(|line| line.split('"').skip(1).step_by(2)).filter(is_key).collect()
    }

    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
            .filter(|path| {
                path.extension()
                    .is_some_and(|kind| ["html", "txt", "rs"].iter().any(|k| kind == *k))
            })
            .collect()
    }
}
