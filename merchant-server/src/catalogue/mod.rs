//! What the shop sells: the catalogue file, read whole or not at all, and the Offers made of it.
//! Prices come from here and from nowhere else.

mod item;
mod reader;
mod shelf;

use std::collections::BTreeMap;

use shared_protocol::{Currency, ItemId, MerchantId, PlanClass};

pub use item::{IMAGE_PATH, Item};
pub use shelf::{Shelf, ShelfError, Source, Watched};

use item::read_plans;
use reader::{Page, Reader};

/// A catalogue without mistakes.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    items: BTreeMap<ItemId, Item>,
}

/// One thing to put right in a catalogue file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line of the file, from 1.
    pub line: usize,
    /// The item's id, or its place in the file while it has none.
    pub item: Option<String>,
    /// The field, with the way to it: `delivery.zones[1].fee`.
    pub field: String,
    /// What is wrong, and what should be there.
    pub what: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(item) = &self.item {
            write!(f, ", item {item}")?;
        }
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {}", self.what)
    }
}

impl Catalogue {
    /// Reads a catalogue file of this merchant.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the file.
    pub fn read(text: &str, merchant: &MerchantId) -> Result<Self, Vec<Mistake>> {
        let page = Page::new(text);
        let catalogue = page.parse().and_then(|file| {
            let mut file = Reader::of_file(&page, &file);
            let currency = file.text("currency").and_then(|code| currency(&file, code));
            let plans = read_plans(&mut file).unwrap_or(PlanClass::ALL.into());
            let items: Vec<_> = file.tables("item");
            file.finish();
            Self::gather(items, merchant, (currency.unwrap_or(Currency::JPY), &plans), &page)
        });
        let mut mistakes = page.into_mistakes();
        mistakes.sort_by_key(|mistake| mistake.line);
        catalogue.filter(|_| mistakes.is_empty()).ok_or(mistakes)
    }

    fn gather(
        tables: Vec<Reader<'_>>,
        merchant: &MerchantId,
        shop: (Currency, &[PlanClass]),
        page: &Page<'_>,
    ) -> Option<Self> {
        let mut items = BTreeMap::new();
        for table in tables {
            let line = table.line();
            let Some((id, item)) = Item::read(table, merchant, shop) else { continue };
            if items.contains_key(&id) {
                page.note(line, Some(id.to_string()), "id", "two items have this id");
            }
            items.insert(id, item);
        }
        if items.is_empty() {
            page.note(1, None, "item", "there is no [[item]]: the shop sells nothing");
        }
        Some(Self { items })
    }

    /// A catalogue of these items, for programs that keep them elsewhere.
    pub fn of(items: impl IntoIterator<Item = Item>) -> Self {
        let named = items.into_iter().map(|item| (item.terms().item.clone(), item));
        Self { items: named.collect() }
    }

    /// The item of this id.
    pub fn item(&self, id: &ItemId) -> Option<&Item> {
        self.items.get(id)
    }

    /// All items, by id.
    pub fn items(&self) -> impl Iterator<Item = (&ItemId, &Item)> {
        self.items.iter()
    }
}

fn currency(file: &Reader<'_>, code: &str) -> Option<Currency> {
    let currency = code.parse().ok();
    if currency.is_none() {
        file.note("currency", "must be an ISO 4217 code such as \"JPY\"");
    }
    currency
}
