//! Looks for a join key (TRUST.md T11): any value that two lists of purchases share more often
//! where the shopper is the same than chance explains. It looks at every column, at everything
//! inside of the messages, and at every length. Integers only: what chance explains is what is met
//! when the shoppers of one list are shuffled.

use std::collections::{BTreeMap, HashMap};

use rand_core::TryRng as _;
use serde::Serialize;
use serde_json::Value;

use crate::{Result, randomness::Entropy};

/// Two lists of purchases, with who really made them.
#[derive(Default)]
pub struct Lists {
    rows: [Vec<Row>; 2],
    columns: BTreeMap<String, Column>,
}

/// A purchase, as only the test knows it.
#[derive(Clone, Copy)]
struct Row {
    shopper: u16,
    class: u8,
}

/// All values of one name. A purchase may have several, or none.
#[derive(Default)]
struct Column {
    known: HashMap<Vec<u8>, u32>,
    /// Value and row.
    seen: [Vec<(u32, usize)>; 2],
}

impl Lists {
    /// Enters a purchase into a list. The `class` is what both shops are told on purpose, so that
    /// shoppers are compared within it.
    pub fn enter(&mut self, list: usize, shopper: u16, class: u8) -> usize {
        self.rows[list].push(Row { shopper, class });
        self.rows[list].len() - 1
    }

    /// Adds one value that a list has of one of its purchases.
    pub fn add(&mut self, list: usize, row: usize, name: &str, value: &[u8]) {
        self.note(list, row, name, value);
        self.note(list, row, &[name, " length"].concat(), &value.len().to_be_bytes());
    }

    /// Adds a message: everything that is in it, by its name.
    pub fn add_message(
        &mut self,
        list: usize,
        row: usize,
        name: &str,
        message: &impl Serialize,
    ) -> Result {
        self.add_json(list, row, name, &serde_json::to_value(message)?);
        Ok(())
    }

    fn add_json(&mut self, list: usize, row: usize, name: &str, value: &Value) {
        let byte = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok());
        match value {
            Value::Array(all) if all.iter().all(|value| byte(value).is_some()) => {
                self.add(list, row, name, &all.iter().filter_map(byte).collect::<Vec<_>>());
            }
            Value::Array(all) => {
                for (at, value) in all.iter().enumerate() {
                    self.add_json(list, row, &format!("{name}/{at}"), value);
                }
            }
            Value::Object(members) => {
                for (key, value) in members {
                    self.add_json(list, row, &format!("{name}/{key}"), value);
                }
            }
            Value::String(text) => self.add(list, row, name, text.as_bytes()),
            other => self.add(list, row, name, other.to_string().as_bytes()),
        }
    }

    fn note(&mut self, list: usize, row: usize, name: &str, value: &[u8]) {
        if !self.columns.contains_key(name) {
            self.columns.insert(name.to_owned(), Column::default());
        }
        let Some(column) = self.columns.get_mut(name) else { return };
        let next = column.known.len() as u32;
        let value = *column.known.entry(value.to_vec()).or_insert(next);
        column.seen[list].push((value, row));
    }

    /// The names of all that is looked at.
    pub fn names(&self) -> Vec<&str> {
        self.columns.keys().map(String::as_str).collect()
    }

    /// Those by which a shopper of one list is recognised in the other.
    pub fn keys(&self) -> Vec<String> {
        let shuffled: Vec<_> = (0..SHUFFLES).map(|_| shuffled(&self.rows[1])).collect();
        let is_key = |column: &Column| {
            let own = column.shoppers(&self.rows[0]);
            let met = own.met_by(&column.seen[1], &self.rows[1]);
            let by_chance: Vec<_> =
                shuffled.iter().map(|rows| own.met_by(&column.seen[1], rows)).collect();
            let most = by_chance.iter().max().copied().unwrap_or_default();
            let least = by_chance.iter().min().copied().unwrap_or_default();
            // The range of so many shuffles is four standard deviations, so this is more than six
            // above the mean; and rare values need three meetings more than any shuffle had.
            met > most + (most - least) + 3
        };
        let found = self.columns.iter().filter(|(_, column)| column.is_shared() && is_key(column));
        found.map(|(name, _)| name.clone()).collect()
    }
}

/// How often a shopper had a value.
struct Shoppers(HashMap<(u32, u16), u64>);

impl Column {
    fn is_shared(&self) -> bool {
        let first: std::collections::HashSet<_> = self.seen[0].iter().map(|seen| seen.0).collect();
        self.seen[1].iter().any(|(value, _)| first.contains(value))
    }

    fn shoppers(&self, rows: &[Row]) -> Shoppers {
        let mut counts = HashMap::new();
        for (value, row) in &self.seen[0] {
            *counts.entry((*value, rows[*row].shopper)).or_default() += 1;
        }
        Shoppers(counts)
    }
}

impl Shoppers {
    /// How many pairs of purchases, one of each list, have value and shopper in common.
    fn met_by(&self, seen: &[(u32, usize)], rows: &[Row]) -> u64 {
        let met = |(value, row): &(u32, usize)| self.0.get(&(*value, rows[*row].shopper));
        seen.iter().filter_map(met).sum()
    }
}

/// The same rows, each under the shopper of some other row of its class.
fn shuffled(rows: &[Row]) -> Vec<Row> {
    let mut mixed = rows.to_vec();
    let mut classes: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        classes.entry(row.class).or_default().push(at);
    }
    for places in classes.values() {
        for last in (1..places.len()).rev() {
            let other = random_below(last + 1);
            let (one, two) = (places[last], places[other]);
            let kept = mixed[one].shopper;
            mixed[one].shopper = mixed[two].shopper;
            mixed[two].shopper = kept;
        }
    }
    mixed
}

/// A number from 0 to below this, as good as even.
pub fn random_below(end: usize) -> usize {
    let Ok(random) = Entropy::new().try_next_u64();
    (random % end as u64) as usize
}

const SHUFFLES: usize = 40;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Two lists of 600 purchases each by 30 shoppers, with what `fact` says of each.
    fn lists(fact: impl Fn(u16, u64) -> Vec<u8>) -> Lists {
        let mut lists = Lists::default();
        for list in [0, 1] {
            for _ in 0..600 {
                let shopper = random_below(30) as u16;
                let row = lists.enter(list, shopper, 0);
                lists.add(list, row, "fact", &fact(shopper, random_below(usize::MAX) as u64));
            }
        }
        lists
    }

    #[test]
    fn a_key_is_found_whole_or_as_a_length() {
        let id = |shopper: u16, _| [b"customer", &shopper.to_be_bytes()[..]].concat();
        assert_eq!(lists(id).keys(), ["fact"]);
        let length = |shopper: u16, random: u64| {
            let all = [random.to_be_bytes().repeat(2), vec![0; usize::from(shopper % 2)]];
            all.concat()
        };
        assert_eq!(lists(length).keys(), ["fact length"]);
    }

    #[test]
    fn a_key_is_found_inside_a_message() -> Result {
        let mut lists = Lists::default();
        for list in [0, 1] {
            for _ in 0..600 {
                let shopper = random_below(30) as u16;
                let row = lists.enter(list, shopper, 0);
                let random = random_below(usize::MAX);
                let message = json!({ "id": random, "extra": [{ "key": vec![shopper as u8; 9] }] });
                lists.add_message(list, row, "message", &message)?;
            }
        }
        assert_eq!(lists.keys(), ["message/extra/0/key"]);
        Ok(())
    }

    #[test]
    fn what_is_the_same_for_all_or_random_is_no_key() {
        assert_eq!(lists(|_, _| b"the same".to_vec()).keys(), [""; 0]);
        assert_eq!(lists(|_, random| random.to_be_bytes().to_vec()).keys(), [""; 0]);
        assert_eq!(lists(|_, random| vec![(random % 7) as u8]).keys(), [""; 0]);
    }
}
