//! Reading TOML for people: every mistake is noted with its line, item and field, and reading goes
//! on, so that one run of `offers check` shows them all.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use shared_protocol::Localized;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;

/// The text of a catalogue file and what was found wrong with it.
pub(super) struct Page<'a> {
    text: &'a str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'a> Page<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, mistakes: RefCell::default() }
    }

    /// The file as TOML, or a mistake.
    pub(super) fn parse(&self) -> Option<DeTable<'a>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            Err(error) => {
                let line = error.span().map_or(1, |span| self.line_of(span.start));
                self.note(line, None, "", error.message());
                None
            }
        }
    }

    pub(super) fn note(&self, line: usize, item: Option<String>, field: &str, what: &str) {
        let mistake = Mistake { line, item, field: field.to_owned(), what: what.to_owned() };
        self.mistakes.borrow_mut().push(mistake);
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes.into_inner()
    }

    fn line_of(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// One table of the file. Each field is asked for once; `finish` notes those nobody asked for.
pub(super) struct Reader<'a> {
    page: &'a Page<'a>,
    table: &'a DeTable<'a>,
    item: Option<String>,
    path: String,
    line: usize,
    known: BTreeSet<&'static str>,
}

impl<'a> Reader<'a> {
    pub(super) fn of_file(page: &'a Page<'a>, table: &'a DeTable<'a>) -> Self {
        Self::new(page, table, None, String::new(), 1)
    }

    fn new(
        page: &'a Page<'a>,
        table: &'a DeTable<'a>,
        item: Option<String>,
        path: String,
        line: usize,
    ) -> Self {
        Self { page, table, item, path, line, known: BTreeSet::new() }
    }

    /// Where this table begins.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// How its item is called in mistakes.
    pub(super) fn call_item(&mut self, name: String) {
        self.item = Some(name);
    }

    /// Notes a mistake at a field, or at this table if the field is not there.
    pub(super) fn note(&self, field: &str, what: &str) {
        let key = field.split('[').next().unwrap_or(field);
        let line = self.find(key).map_or(self.line, |value| self.page.line_of(value.span().start));
        self.page.note(line, self.item.clone(), &self.way_to(field), what);
    }

    /// Whether nothing in the whole file has been noted so far.
    pub(super) fn is_clean(&self) -> bool {
        self.page.mistakes.borrow().is_empty()
    }

    /// Notes every field that nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.keys().map(|key| key.get_ref().as_ref()) {
            if !self.known.contains(key) {
                self.note(key, "there is no such field");
            }
        }
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.find(field).is_some()
    }

    /// A text, if it is there.
    pub(super) fn text(&mut self, field: &'static str) -> Option<&'a str> {
        let value = self.take(field)?;
        let text = value.as_str();
        if text.is_none() {
            self.note(field, "must be a text in quotes");
        }
        text
    }

    /// A whole number, which must be there.
    pub(super) fn number(&mut self, field: &'static str, fits: RangeInclusive<u64>) -> Option<u64> {
        if !self.has(field) {
            self.note(field, "is missing");
        }
        self.number_if_any(field, fits)
    }

    /// A whole number, if it is there.
    pub(super) fn number_if_any(
        &mut self,
        field: &'static str,
        fits: RangeInclusive<u64>,
    ) -> Option<u64> {
        let value = self.take(field)?.as_integer().and_then(|number| {
            u64::from_str_radix(number.as_str().trim_start_matches('+'), number.radix()).ok()
        });
        let value = value.filter(|number| fits.contains(number));
        if value.is_none() {
            let (from, to) = fits.into_inner();
            self.note(field, &format!("must be a whole number from {from} to {to}"));
        }
        value
    }

    /// A text in both languages, which must be there.
    pub(super) fn localized(&mut self, field: &'static str) -> Option<Localized> {
        if !self.has(field) {
            self.note(field, "is missing: write { ja = \"…\", en = \"…\" }");
        }
        self.localized_if_any(field)
    }

    /// A text in both languages, if it is there.
    pub(super) fn localized_if_any(&mut self, field: &'static str) -> Option<Localized> {
        let mut both = self.table(field)?;
        let (ja, en) = (both.text("ja").unwrap_or(""), both.text("en").unwrap_or(""));
        let text = Localized::new(ja.trim(), en.trim());
        for (language, text) in [("ja", &text.ja), ("en", &text.en)] {
            if text.is_empty() {
                both.note(language, "is missing");
            } else if text.chars().count() > TEXT_CHARS_MAX {
                both.note(language, &format!("must be at most {TEXT_CHARS_MAX} characters"));
            }
        }
        both.finish();
        Some(text)
    }

    /// A list of texts, which must be there and not be empty.
    pub(super) fn texts(&mut self, field: &'static str) -> Vec<&'a str> {
        self.take(field);
        let values = self.array(field);
        let texts: Vec<_> = values.iter().filter_map(|value| value.get_ref().as_str()).collect();
        if texts.is_empty() || texts.len() != values.len() {
            self.note(field, "must be a list of texts, with at least one");
        }
        texts
    }

    /// The same where it may be left out.
    pub(super) fn texts_if_any(&mut self, field: &'static str) -> Option<Vec<&'a str>> {
        self.find(field)?;
        Some(self.texts(field))
    }

    /// A table inside this one, if it is there.
    pub(super) fn table(&mut self, field: &'static str) -> Option<Reader<'a>> {
        let value = self.take(field)?;
        let table = value.as_table();
        if table.is_none() {
            self.note(field, "must be a table: { … }");
        }
        let line = self.find(field).map_or(self.line, |at| self.page.line_of(at.span().start));
        Some(Self::new(self.page, table?, self.item.clone(), self.way_to(field), line))
    }

    /// A list of tables; empty if it is not there.
    pub(super) fn tables(&mut self, field: &'static str) -> Vec<Reader<'a>> {
        self.take(field);
        if self.has(field) && self.array(field).is_empty() {
            self.note(field, "must be a list of tables, with at least one");
        }
        let mut readers = Vec::new();
        for (at, value) in self.array(field).iter().enumerate() {
            let (way, line) = (format!("{field}[{at}]"), self.page.line_of(value.span().start));
            let Some(table) = value.get_ref().as_table() else {
                self.note(&way, "must be a table: { … }");
                continue;
            };
            // An item's own table is not part of the way to its fields: its name says it.
            let (item, path) = match &self.item {
                None => (Some(format!("number {}", at + 1)), String::new()),
                Some(item) => (Some(item.clone()), self.way_to(&way)),
            };
            readers.push(Self::new(self.page, table, item, path, line));
        }
        readers
    }

    fn take(&mut self, field: &'static str) -> Option<&'a DeValue<'a>> {
        self.known.insert(field);
        self.find(field).map(Spanned::get_ref)
    }

    fn array(&self, field: &str) -> &'a [Spanned<DeValue<'a>>] {
        let array = self.find(field).and_then(|value| value.get_ref().as_array());
        array.map_or(&[], |array| array)
    }

    fn find(&self, field: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let found = self.table.iter().find(|(key, _)| key.get_ref().as_ref() == field);
        found.map(|(_, value)| value)
    }

    fn way_to(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }
}

const TEXT_CHARS_MAX: usize = 2000;
