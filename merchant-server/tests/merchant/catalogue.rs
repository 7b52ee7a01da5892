//! Mistakes in a catalogue file: each is named with its line, item and field; all at once; and a
//! broken file never replaces a sound one.

use merchant_server::catalogue::{Catalogue, Mistake};

use crate::market::{Market, SAMPLE};

fn read(text: &str) -> Result<Catalogue, Vec<Mistake>> {
    Catalogue::read(text, &"mrc_tea".parse().unwrap())
}

#[test]
fn the_sample_is_sound() {
    let catalogue = read(SAMPLE).unwrap();
    let ids: Vec<_> = catalogue.items().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["LAST-01", "SENCHA-01", "TEA-CLASS-01", "TEAPOT-01"]);
    for (_, item) in catalogue.items() {
        item.terms().check_complete().unwrap();
    }
}

/// What in the head or the first item is replaced by what; then item, field, and
/// words of the message.
const MISTAKES: &[(&str, &str, &str, &str, &str)] = &[
    ("id = \"TEAPOT-01\"", "id = \"急須\"", "number 1", "id", "letters, digits"),
    ("id = \"TEAPOT-01\"\n", "", "number 1", "id", "is missing"),
    ("id = \"SENCHA-01\"", "id = \"TEAPOT-01\"", "TEAPOT-01", "id", "two items"),
    ("unit_price = 3300", "unit_price = \"3300\"", "TEAPOT-01", "unit_price", "whole number"),
    ("unit_price = 3300", "unit_price = 33.5", "TEAPOT-01", "unit_price", "whole number"),
    ("unit_price = 3300", "unit_price = 0", "TEAPOT-01", "unit_price", "from 1"),
    ("unit_price = 3300", "unit_price = -1", "TEAPOT-01", "unit_price", "from 1"),
    ("unit_price = 3300\n", "", "TEAPOT-01", "unit_price", "is missing"),
    ("unit_price = 3300", "unit_prise = 3300", "TEAPOT-01", "unit_prise", "no such field"),
    ("tax_rate = 1000", "tax_rate = 10001", "TEAPOT-01", "tax_rate", "to 10000"),
    ("{ min = 1, max = 5 }", "{ min = 6, max = 5 }", "TEAPOT-01", "quantity.max", "less than min"),
    ("{ min = 1, max = 5 }", "{ min = 0, max = 5 }", "TEAPOT-01", "quantity.min", "from 1"),
    ("{ min = 1, max = 5 }", "{ min = 1 }", "TEAPOT-01", "quantity.max", "is missing"),
    ("quantity = { min = 1, max = 5 }\n", "", "TEAPOT-01", "quantity", "is missing"),
    ("stock = 2000", "stock = \"many\"", "TEAPOT-01", "stock", "whole number"),
    ("stock = 2000", "plans = []", "TEAPOT-01", "plans", "at least one"),
    ("stock = 2000", "plans = [\"cash\"]", "TEAPOT-01", "plans", "none of: single"),
    ("stock = 2000", "plans = [\"single\", \"single\"]", "TEAPOT-01", "plans", "twice"),
    ("plans = [\"single\", ", "plans = [\"cash\", ", "", "plans", "none of: single"),
    ("plans = [\"single\", ", "plans = [", "SENCHA-01", "plans", "accepts none of these"),
    ("image = \"teapot.svg\"", "image = \"../teapot.svg\"", "TEAPOT-01", "image", "name of a file"),
    ("kind = \"physical\"", "kind = \"pigeon\"", "TEAPOT-01", "delivery.kind", "intangible"),
    (
        "[\"JP-47\"], fee = 1320",
        "[\"JP-48\"], fee = 1320",
        "TEAPOT-01",
        "delivery.zones[0].regions",
        "not a place",
    ),
    (
        "[\"JP-47\"], fee = 1320",
        "[\"okinawa\"], fee = 1320",
        "TEAPOT-01",
        "delivery.zones[0].regions",
        "not a place",
    ),
    (
        "[\"JP-47\"], fee = 1320",
        "[\"JP\"], fee = 1320",
        "TEAPOT-01",
        "delivery.zones[1].regions",
        "put this zone first",
    ),
    ("[\"JP-47\"], fee = 1320", "[\"JP-47\"]", "TEAPOT-01", "delivery.zones[0].fee", "is missing"),
    (
        "[\"JP-47\"], fee = 1320",
        "[], fee = 1320",
        "TEAPOT-01",
        "delivery.zones[0].regions",
        "at least one",
    ),
    ("free_from = 10000", "free_form = 10000", "TEAPOT-01", "delivery.free_form", "no such field"),
    (
        "free_from = 10000",
        "free_from = 10000\nvalid_hours = 1",
        "TEAPOT-01",
        "delivery.valid_hours",
        "no such field",
    ),
    ("stock = 2000", "valid_hours = 1", "TEAPOT-01", "valid_hours", "from 2"),
    ("stock = 2000", "orders_until = \"tomorrow\"", "TEAPOT-01", "orders_until", "a moment"),
    ("withdrawal_terms = {", "with_terms = {", "TEAPOT-01", "withdrawal_terms", "is missing"),
    ("currency = \"JPY\"", "currency = \"YEN\"", "", "currency", "ISO 4217"),
    ("currency = \"JPY\"", "curency = \"JPY\"", "", "curency", "no such field"),
    ("currency = \"JPY\"", "currency = ", "", "", ""),
];

#[test]
fn each_mistake_is_named_with_item_and_field() {
    for (from, to, item, field, words) in MISTAKES {
        assert!(SAMPLE.contains(from), "the sample has no {from}");
        let mistakes = read(&SAMPLE.replacen(from, to, 1)).unwrap_err();
        let found = mistakes.iter().any(|mistake| {
            mistake.item.as_deref().unwrap_or("") == *item
                && mistake.field == *field
                && mistake.what.contains(words)
        });
        assert!(found, "{to}: {mistakes:?}");
    }
}

#[test]
fn each_statutory_text_is_wanted_in_both_languages() {
    let texts =
        ["name", "payment_terms", "delivery_time", "application_period", "withdrawal_terms"];
    for field in texts {
        let line = SAMPLE.lines().find(|line| line.starts_with(&format!("{field} = "))).unwrap();
        for (language, emptied) in [
            ("ja", line.replacen(&text_of(line, "ja"), " ", 1)),
            ("en", line.replacen(&text_of(line, "en"), "", 1)),
        ] {
            let mistakes = read(&SAMPLE.replacen(line, &emptied, 1)).unwrap_err();
            assert_eq!(mistakes.len(), 1, "{mistakes:?}");
            assert_eq!(mistakes[0].field, format!("{field}.{language}"));
            assert_eq!(mistakes[0].item.as_deref(), Some("TEAPOT-01"));
        }
    }
}

fn text_of(line: &str, language: &str) -> String {
    let start = line.find(&format!("{language} = \"")).unwrap() + language.len() + 4;
    let end = start + line[start..].find('"').unwrap();
    line[start..end].to_owned()
}

#[test]
fn the_line_is_the_one_to_change_and_all_mistakes_come_at_once() {
    let text = SAMPLE.replacen("unit_price = 3300", "unit_price = 0", 1).replacen(
        "unit_price = 1296",
        "unit_price = 0",
        1,
    );
    let line = |words: &str| text.lines().position(|line| line.contains(words)).unwrap() + 1;
    let mistakes = read(&text).unwrap_err();
    assert_eq!(mistakes.len(), 2);
    assert_eq!(mistakes[0].line, line("unit_price = 0"));
    let shown = mistakes[0].to_string();
    let start = format!("line {}, item TEAPOT-01, unit_price: must be", mistakes[0].line);
    assert!(shown.starts_with(&start), "{shown}");
    assert_eq!(mistakes[1].item.as_deref(), Some("SENCHA-01"));
}

#[test]
fn an_offer_accepts_what_both_shop_and_item_do() {
    let plans = |text: &str, item: &str| {
        let catalogue = read(text).unwrap();
        let plans = &catalogue.item(&item.parse().unwrap()).unwrap().terms().plans;
        plans.iter().map(|class| class.name()).collect::<Vec<_>>().join(" ")
    };
    let all = "single instalments revolving bonus bonus-instalments transfer";
    assert_eq!(plans(SAMPLE, "TEAPOT-01"), all);
    assert_eq!(plans(SAMPLE, "SENCHA-01"), "single");
    let line = SAMPLE.lines().find(|line| line.starts_with("plans = ")).unwrap();
    assert_eq!(plans(&SAMPLE.replacen(line, "", 1), "TEAPOT-01"), all);
    let two = SAMPLE.replacen(line, "plans = [\"bonus\", \"single\"]", 1);
    assert_eq!(plans(&two, "TEAPOT-01"), "bonus single");
    let item = "stock = 2000\nplans = [\"revolving\", \"single\"]";
    assert_eq!(plans(&two.replacen("stock = 2000", item, 1), "TEAPOT-01"), "single");
}

#[test]
fn an_empty_file_sells_nothing() {
    let mistakes = read("").unwrap_err();
    assert!(mistakes[0].what.contains("sells nothing"), "{mistakes:?}");
}

#[tokio::test]
async fn a_changed_catalogue_is_read_again_and_a_broken_one_is_not_taken() {
    let market = Market::start().await;
    let file = market.folder.path().join("catalogue.toml");
    let price = async || market.offer("TEAPOT-01").await.claimed().unwrap().unit_price.minor;
    let before = market.prepare("TEAPOT-01").await;
    std::fs::write(&file, SAMPLE.replacen("unit_price = 3300", "unit_price = 30000", 1)).unwrap();
    assert_eq!(price().await, 30_000);
    std::fs::write(&file, "this is not TOML at all").unwrap();
    assert_eq!(price().await, 30_000, "the last sound catalogue holds");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(price().await, 30_000);
    std::fs::write(&file, SAMPLE).unwrap();
    assert_eq!(price().await, 3300);
    let answer = market.submit(&before, market.signed(&market.grant(&before))).await;
    let amount = answer.acceptance().claimed().unwrap().amount;
    assert_eq!(amount.minor, 3850, "what was offered at the old price is sold at it");
}
