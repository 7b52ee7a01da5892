//! What the desk's pages say, in both languages, from the table `desk.tsv`; and money and moments
//! as people read and write them.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp as Moment;
use jiff::tz::TimeZone;
use shared_protocol::{Amount, Currency, Locale, PlanClass, Timestamp, fill};

/// The texts in one language, as templates use them.
#[derive(Clone, Copy, Debug)]
pub struct Words(Locale);

impl Words {
    /// In this language.
    pub fn of(locale: Locale) -> Self {
        Self(locale)
    }

    /// Which language.
    pub fn locale(self) -> Locale {
        self.0
    }

    /// Its BCP 47 tag, for `lang`.
    pub fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// The other language's tag, for the toggle.
    pub fn other_tag(self) -> &'static str {
        match self.0 {
            Locale::Ja => Locale::En.tag(),
            Locale::En => Locale::Ja.tag(),
        }
    }

    /// The text of `key`. A key that does not exist reads as itself, so that a page is never lost
    /// over it; a test shows that no page asks for one.
    pub fn get(self, key: &'static str) -> &'static str {
        TEXTS.get(key).map_or(key, |[ja, en]| self.0.pick(ja, en))
    }

    /// The text of `key` with its `{names}` replaced.
    pub fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        fill(self.get(key), values)
    }
}

/// "¥3,850", "$12.34", "KWD 1.234".
pub fn amount(amount: Amount) -> String {
    let code = amount.currency.code();
    let sign = match code {
        "JPY" => "¥",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        code => return format!("{code} {}", grouped(&number(amount))),
    };
    format!("{sign}{}", grouped(&number(amount)))
}

/// Money that may go either way: "−¥385".
pub fn signed(minor: i64, code: &str) -> String {
    let sign = if minor < 0 { "−" } else { "" };
    let currency = code.parse().ok();
    let read = currency.and_then(|currency| Amount::new(minor.unsigned_abs(), currency));
    read.map_or_else(|| format!("{minor} {code}"), |read| format!("{sign}{}", amount(read)))
}

/// As people write it into a form, and as files have it: "3850", "12.34".
pub fn number(amount: Amount) -> String {
    let exponent = usize::from(amount.currency.exponent());
    let digits = format!("{:0width$}", amount.minor, width = exponent + 1);
    let (whole, fraction) = digits.split_at(digits.len() - exponent);
    if exponent == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// The same, that may be less than nothing.
pub fn signed_number(minor: i64, currency: Currency) -> String {
    let read = Amount::new(minor.unsigned_abs(), currency).map(number).unwrap_or_default();
    if minor < 0 { format!("-{read}") } else { read }
}

/// Reads what people write into a form; `None` for anything but an amount of this currency.
pub fn read_amount(text: &str, currency: Currency) -> Option<Amount> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let exponent = usize::from(currency.exponent());
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > exponent || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let minor = format!("{whole}{fraction:0<exponent$}").parse().ok()?;
    Amount::new(minor, currency)
}

fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut grouped = String::with_capacity(number.len() * 4 / 3);
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// 2026-11-25 14:05, in the shop's time zone.
pub fn minute(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).strftime("%Y-%m-%d %H:%M").to_string()
}

/// To the second.
pub fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn zoned(at: Timestamp, zone: &TimeZone) -> jiff::Zoned {
    let moment = Moment::from_millisecond(at.as_millis()).unwrap_or(Moment::UNIX_EPOCH);
    moment.to_zoned(zone.clone())
}

/// The text of a state.
pub fn state_key(name: &str) -> &'static str {
    match name {
        "to-ship" => "desk.state_to_ship",
        "granted" => "desk.state_granted",
        "accepted" => "desk.state_accepted",
        "confirmed" => "desk.state_confirmed",
        "refused" => "desk.state_refused",
        "cancelled" => "desk.state_cancelled",
        _ => "desk.state_expired",
    }
}

/// The text of a kind of plan.
pub fn plan_key(class: PlanClass) -> &'static str {
    match class.name() {
        "transfer" => "desk.plan_transfer",
        _ => "desk.plan_agent",
    }
}

/// The text of what somebody did.
pub fn act_key(act: &str) -> &'static str {
    match act {
        "added" => "desk.act_added",
        "invited" => "desk.act_invited",
        "role-given" => "desk.act_role_given",
        "removed" => "desk.act_removed",
        "passkey-registered" => "desk.act_registered",
        "signed-in" => "desk.act_signed_in",
        "signed-out" => "desk.act_signed_out",
        "shipped" => "desk.step_shipped",
        "claimed" => "desk.step_claimed",
        "gave-back" => "desk.step_gave_back",
        _ => "desk.step_let_go",
    }
}

static TEXTS: LazyLock<HashMap<&'static str, [&'static str; 2]>> = LazyLock::new(|| {
    let rows = TABLE.lines().skip(1).filter_map(|row| {
        let mut cells = row.split('\t');
        Some((cells.next()?, [cells.next()?, cells.next()?]))
    });
    rows.collect()
});

const TABLE: &str = include_str!("../desk.tsv");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn yen() -> Currency {
        "JPY".parse().unwrap()
    }

    #[test]
    fn money_is_written_and_read_with_the_decimals_of_its_currency() {
        for (minor, code, shown, written) in [
            (0, "JPY", "¥0", "0"),
            (1_234_567, "JPY", "¥1,234,567", "1234567"),
            (5, "USD", "$0.05", "0.05"),
            (123_456, "USD", "$1,234.56", "1234.56"),
            (1_234_567, "KWD", "KWD 1,234.567", "1234.567"),
        ] {
            let money = Amount::new(minor, code.parse().unwrap()).unwrap();
            assert_eq!((amount(money).as_str(), number(money).as_str()), (shown, written));
            assert_eq!(read_amount(written, money.currency), Some(money));
        }
        let dollars: Currency = "USD".parse().unwrap();
        let minor = |text, currency| read_amount(text, currency).map(|amount| amount.minor);
        assert_eq!(minor(" 1,234.5 ", dollars), Some(123_450));
        assert_eq!(minor("7", dollars), Some(700));
        for wrong in ["", ".", "-1", "1.2.3", "1e3", "0x1", "¥5", "99999999999999999999"] {
            assert_eq!(read_amount(wrong, dollars), None, "{wrong}");
        }
        assert_eq!(read_amount("1.5", yen()), None);
        assert_eq!(signed(-385, "JPY"), "−¥385");
        assert_eq!(signed_number(-385, dollars), "-3.85");
    }

    #[test]
    fn every_text_exists_in_both_languages_and_once() {
        assert_eq!(TABLE.lines().next(), Some("key\tja\ten"));
        assert_eq!(TABLE.lines().count() - 1, TEXTS.len(), "a key stands twice");
        for row in TABLE.lines().skip(1) {
            let cells: Vec<_> = row.split('\t').collect();
            assert!(cells.len() == 3 && cells.iter().all(|cell| !cell.trim().is_empty()), "{row}");
            let names = |text: &str| text.matches('{').count();
            assert_eq!(names(cells[1]), names(cells[2]), "{row}");
        }
    }

    #[test]
    fn every_key_that_a_page_uses_exists_and_every_text_is_said() {
        let room = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut used = BTreeSet::new();
        for file in ["templates", "src/http/desk", "src/texts.rs"].map(|place| room.join(place)) {
            for file in files(&file) {
                let text = std::fs::read_to_string(&file).unwrap();
                let quoted = text.split('"').filter(|word| {
                    word.starts_with("desk.")
                        && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'_' | b'.'))
                });
                used.extend(quoted.map(str::to_owned));
            }
        }
        used.remove("desk.tsv");
        let known: BTreeSet<_> = TEXTS.keys().map(|key| (*key).to_owned()).collect();
        assert!(known.len() > 60, "the table was not read");
        let odd: Vec<_> = used.symmetric_difference(&known).filter(|key| *key != "desk.").collect();
        assert!(odd.is_empty(), "used or known, not both: {odd:?}");
    }

    fn files(place: &Path) -> Vec<PathBuf> {
        match std::fs::read_dir(place) {
            Ok(entries) => entries.flat_map(|entry| files(&entry.unwrap().path())).collect(),
            Err(_) => vec![place.to_owned()],
        }
    }
}
