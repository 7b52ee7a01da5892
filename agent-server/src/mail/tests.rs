//! Each letter whole, in both languages, next to the committed file that it must equal.
//! `WARIFU_WRITE_LETTERS=1 cargo test -p agent-server letters` writes them anew.

use std::{fs, path::PathBuf};

use shared_protocol::{BasisPoints, Currency, Instalment, Plan};

use super::*;

#[test]
fn letters_are_word_for_word_the_committed_ones() {
    for (name, kind) in kinds() {
        for locale in Locale::ALL {
            let written = letter(&kind, &facts(), locale);
            let text = format!("{}\n\n{}", written.subject, written.text);
            assert_same(&format!("{name}.{}.txt", locale.tag()), &text);
            assert_same(&format!("{name}.{}.html", locale.tag()), &written.html);
        }
    }
}

#[test]
fn the_question_says_what_how_much_and_by_when_in_its_first_three_lines() {
    let (_, confirm) = kinds().swap_remove(0);
    let text = letter(&confirm, &facts(), Locale::Ja).text;
    let mut lines = text.lines();
    assert!(lines.next().unwrap().contains("南部鉄器 急須 0.6L"));
    assert!(lines.next().unwrap().contains("¥3,850"));
    assert!(lines.next().unwrap().contains("11月25日(水) 23:59（日本時間）まで"));
}

#[test]
fn text_and_html_of_a_letter_say_the_same() {
    for (name, kind) in kinds() {
        for locale in Locale::ALL {
            let letter = letter(&kind, &facts(), locale);
            let html = letter.html.replace("&#39;", "'").replace("&#38;", "&");
            for line in letter.text.lines().filter(|line| !line.is_empty() && *line != "-- ") {
                let value = line.split_once(['：']).or(line.split_once(": "));
                let value = value.map_or(line, |(_, value)| value);
                assert!(html.contains(value), "{name}: {value}");
            }
        }
    }
}

#[test]
fn letters_load_nothing_and_escape_what_a_shop_calls_its_goods() {
    let mut facts = facts();
    facts.item = Localized::new("<img src=x onerror=alert(1)>", "<script>alert(1)</script>");
    for (_, kind) in kinds() {
        for locale in Locale::ALL {
            let html = letter(&kind, &facts, locale).html;
            for loaded in ["<img", "<script", "url(", "src=\"", "<link", "@import"] {
                assert!(!html.contains(loaded), "{loaded}");
            }
        }
    }
}

fn kinds() -> Vec<(&'static str, LetterKind)> {
    // 2026-11-25T14:59:30Z
    let deadline = Timestamp::from_millis(1_795_618_770_000);
    let link = "https://agent.example/confirm/3q2-7wAAAAAAAAAAAAAAAA".to_owned();
    vec![
        ("confirm", LetterKind::Confirm { link, code: "048271".into(), deadline }),
        ("confirmed", LetterKind::Confirmed),
        ("cancelled", LetterKind::Cancelled),
        ("expired", LetterKind::Expired),
        ("lapsed", LetterKind::Lapsed),
        ("refused", LetterKind::Refused),
        ("not-transferred", LetterKind::NotTransferred),
        ("sent-back", LetterKind::SentBack),
    ]
}

fn facts() -> LetterFacts {
    LetterFacts {
        agent: Localized::new("わりふ決済", "Warifu Pay"),
        shop: Localized::new("山田茶舗", "Yamada Tea"),
        item: Localized::new("南部鉄器 急須 0.6L", "Nambu iron teapot, 0.6 L"),
        quantity: 1,
        amount: yen(3850),
        bill: Bill {
            plan: Plan::Instalments(3),
            fee: yen(96),
            total: yen(3946),
            yearly_rate: Some(BasisPoints(1500)),
            schedule: vec![
                Instalment { due: "2026-12-28".parse().unwrap(), minor: 1316 },
                Instalment { due: "2027-01-27".parse().unwrap(), minor: 1315 },
                Instalment { due: "2027-03-01".parse().unwrap(), minor: 1315 },
            ],
        },
        number: "H7K29QMD4VX1".parse().unwrap_or_else(|_| number()),
        contract_last2: "01".to_owned(),
    }
}

fn yen(minor: u64) -> Amount {
    Amount { minor, currency: Currency::JPY }
}

fn number() -> HandlingNumber {
    let check = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars();
    check.map(|symbol| format!("H7K29QMD4VX{symbol}").parse()).find_map(Result::ok).unwrap()
}

fn assert_same(file: &str, now: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/letters").join(file);
    if std::env::var_os("WARIFU_WRITE_LETTERS").is_some() {
        fs::write(&path, now).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "{} is no longer what is sent:\n{now}", path.display());
}
