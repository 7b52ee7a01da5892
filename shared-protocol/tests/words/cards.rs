//! Card numbers are refused wherever they are typed and however they are dressed up; addresses,
//! telephone numbers and contract numbers are not taken for one.

use rand_core::Rng as _;
use shared_protocol::{Field, FieldProblem};

use crate::{
    effort::{did_from_seed, seed, times},
    expect::read,
    party::Seeded,
};

/// What stands between groups of digits: what people type, and what a trick might.
const SEPARATORS: [&str; 24] = [
    "", " ", "-", "  ", "\u{3000}", "－", "ー", "−", "–", ".", "/", "_", ",", ":", "'", "・",
    "\u{a0}", "\u{2009}", "\u{200b}", "\u{ad}", "\t", "\u{202e}", "*", "、",
];

#[test]
fn ten_thousand_card_numbers_are_refused_in_every_field() {
    let mut rng = Seeded(seed());
    let count = times(10_000);
    for n in 0..count {
        let digits = card_number(&mut rng);
        let typed = dressed(&mut rng, &digits, n);
        for field in Field::ALL {
            let read = read(*field, &typed);
            assert!(read.is_err(), "{}: {typed:?}", field.name());
            // Twelve digits are more likely a contract number without its letter.
            let contract = *field == Field::PaymentContractNumber && digits.len() == 12;
            let told = match read.unwrap_err() {
                FieldProblem::CardNumber => !contract,
                FieldProblem::PrefixMissing
                | FieldProblem::NotContractNumber
                | FieldProblem::BadCharacter => contract,
                _ => false,
            };
            assert!(told, "{}: {typed:?} is refused, but not as a card", field.name());
        }
    }
    did_from_seed("card numbers refused in 15 fields each", count as usize);
}

/// 12 to 19 digits that pass Luhn's test.
fn card_number(rng: &mut Seeded) -> String {
    let length = 12 + (rng.next_u32() % 8) as usize;
    let mut digits: Vec<u32> = (1..length).map(|_| rng.next_u32() % 10).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    digits.push((10 - sum % 10) % 10);
    digits.iter().map(u32::to_string).collect()
}

/// Grouped, separated, in either width.
fn dressed(rng: &mut Seeded, digits: &str, n: u32) -> String {
    let separator = SEPARATORS[n as usize % SEPARATORS.len()];
    let size = [4, 3, 5, 6, 1][rng.next_u32() as usize % 5];
    let groups: Vec<&str> = (0..digits.len())
        .step_by(size)
        .map(|at| &digits[at..digits.len().min(at + size)])
        .collect();
    let text = groups.join(separator);
    if rng.next_u32().is_multiple_of(3) { full_width(&text) } else { text }
}

fn full_width(text: &str) -> String {
    let wide = |c: char| match c.to_digit(10) {
        Some(digit) => char::from_u32(0xff10 + digit).unwrap(),
        None => c,
    };
    text.chars().map(wide).collect()
}

#[test]
fn a_card_number_among_other_words_is_refused() {
    let cards =
        ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "3530111333300000"];
    let around = [
        ("銀座", ""),
        ("銀座1-2-3 ", ""),
        ("銀座1-2-3 ", " 12/28 123"),
        ("カード：", ""),
        ("VISA", "まで"),
        ("", " exp 12/28"),
        ("No.", "（本人）"),
        ("101-", ""),
    ];
    for card in cards {
        for (before, after) in around {
            for field in [Field::ContactName, Field::DeliveryLine1, Field::DeliveryLine2] {
                let typed = format!("{before}{card}{after}");
                assert_eq!(read(field, &typed), Err(FieldProblem::CardNumber), "{typed}");
            }
        }
    }
}

#[test]
fn the_problem_does_not_repeat_the_number() {
    let problem = read(Field::ContactName, "4111111111111111").unwrap_err();
    for locale in shared_protocol::Locale::ALL {
        let text = problem.text(Field::ContactName, locale);
        assert!(!text.contains("4111") && !format!("{problem:?}").contains("4111"));
    }
}

#[test]
fn the_demo_s_contract_numbers_are_read_in_all_the_ways_people_type_them() {
    for n in 1..=9 {
        let digits = format!("90000000000{n}");
        let (a, b, c) = (&digits[..4], &digits[4..8], &digits[8..]);
        let ways = [
            format!("C-{a}-{b}-{c}"),
            format!("c-{a}-{b}-{c}"),
            format!("C{digits}"),
            format!("c{digits}"),
            format!("C {a} {b} {c}"),
            format!("  C-{a}-{b}-{c}\u{3000}"),
            format!("C{a}-{b}-{c}"),
            format!("C.{a}.{b}.{c}"),
            format!("C\u{2010}{a}\u{2010}{b}\u{2010}{c}"),
            format!("C−{a}−{b}−{c}"),
            format!("C–{a}–{b}–{c}"),
            format!("C—{a}—{b}—{c}"),
            format!("Cー{a}ー{b}ー{c}"),
            format!("C～{a}～{b}～{c}"),
            full_width(&format!("Ｃ－{a}－{b}－{c}")),
            full_width(&format!("ｃ　{a}　{b}　{c}")),
            full_width(&format!("Ｃ{digits}")),
            format!("C\t{a}\t{b}\t{c}"),
            format!("(C) {a} {b} {c}"),
        ];
        for way in ways {
            let expected = Ok(format!("C{digits}"));
            assert_eq!(read(Field::PaymentContractNumber, &way), expected, "{way}");
        }
    }
}

/// One contract number in ten passes Luhn's test, and belongs to somebody.
#[test]
fn a_contract_number_with_its_letter_is_never_taken_for_a_card() {
    let mut rng = Seeded(seed());
    let count = times(2_000);
    for _ in 0..count {
        let digits = format!("{:012}", rng.next_u64() % 1_000_000_000_000);
        let typed = format!("K-{}-{}-{}", &digits[..4], &digits[4..8], &digits[8..]);
        assert_eq!(read(Field::PaymentContractNumber, &typed), Ok(format!("K{digits}")));
    }
    did_from_seed("contract numbers read", count as usize);
}

#[test]
fn a_telephone_number_abroad_is_never_taken_for_a_card() {
    let mut rng = Seeded(seed());
    for _ in 0..times(1_000) {
        let number = 1_000_000 + rng.next_u64() % 99_999_999_000_000;
        let typed = format!("+{number}");
        assert_eq!(read(Field::ContactPhone, &typed), Ok(typed.clone()));
    }
    for typed in ["+81 90 1234 5674", "+49 30 12345678901", "+44 20 7946 0958"] {
        assert!(read(Field::DeliveryPhone, typed).is_ok(), "{typed}");
    }
}

#[test]
fn twelve_digits_among_others_are_a_house_and_a_telephone() {
    // They pass Luhn's test, but no card network's number is that short.
    let typed = "2345-6789-0129 1";
    assert_eq!(read(Field::DeliveryLine1, typed), Ok(typed.into()));
    assert_eq!(read(Field::DeliveryLine1, &typed[..14]), Err(FieldProblem::CardNumber));
}

/// Fifty lines as people in Japan write them.
const ORDINARY: [(Field, &str); 50] = [
    (Field::DeliveryLine1, "1-2-3"),
    (Field::DeliveryLine1, "丸の内1-9-1"),
    (Field::DeliveryLine1, "霞が関3丁目2番1号"),
    (Field::DeliveryLine1, "１２３４番地の５６"),
    (Field::DeliveryLine1, "大字下川 1234-5678"),
    (Field::DeliveryLine1, "字北浜 987-6 3号棟"),
    (Field::DeliveryLine1, "北1条西2丁目3-4"),
    (Field::DeliveryLine1, "北24条東15丁目4番12-1001号"),
    (Field::DeliveryLine1, "南3条西10丁目1001-5"),
    (Field::DeliveryLine1, "烏丸通御池上る二条殿町551"),
    (Field::DeliveryLine1, "四条通寺町東入2丁目御旅町26"),
    (Field::DeliveryLine1, "甲1234番地5"),
    (Field::DeliveryLine1, "乙 567-8, 9"),
    (Field::DeliveryLine1, "11地割12番地34"),
    (Field::DeliveryLine1, "西新宿2-8-1"),
    (Field::DeliveryLine1, "六本木6-10-1"),
    (Field::DeliveryLine1, "港南2-16-4 3F"),
    (Field::DeliveryLine1, "海老名市役所前 175-1"),
    (Field::DeliveryLine1, "字国吉1234番567"),
    (Field::DeliveryLine1, "2-2-2-2222"),
    (Field::DeliveryLine1, "100-1000-1 1001"),
    (Field::DeliveryLine1, "〒104-0061 銀座4-5-6"),
    (Field::DeliveryLine2, "コーポ銀座101"),
    (Field::DeliveryLine2, "グランドハイツ 1203号室"),
    (Field::DeliveryLine2, "A-1001"),
    (Field::DeliveryLine2, "第2ビル 10F 1005"),
    (Field::DeliveryLine2, "1号棟-2-304"),
    (Field::DeliveryLine2, "３０４"),
    (Field::DeliveryLine2, "郵便局留め"),
    (Field::DeliveryLine2, "置き配は宅配ボックス3番 暗証1234"),
    (Field::DeliveryLine2, "受付時間 9:00-18:00"),
    (Field::DeliveryLine2, "B1F-12 (内線4567)"),
    (Field::DeliveryLine2, "山田様方 03-1234-5678"),
    (Field::DeliveryLine2, "TEL 090-1234-5678"),
    (Field::DeliveryLine2, "090-1234-5678 に連絡"),
    (Field::DeliveryLocality, "千代田区"),
    (Field::DeliveryLocality, "札幌市中央区北3条西6丁目"),
    (Field::DeliveryLocality, "上北郡六ヶ所村"),
    (Field::DeliveryName, "株式会社24/7"),
    (Field::DeliveryName, "第101号 田中"),
    (Field::ContactName, "山田 太郎 3世"),
    (Field::ContactPhone, "03-1234-5678"),
    (Field::ContactPhone, "090-1234-5678"),
    (Field::ContactPhone, "0120-444-444"),
    (Field::ContactPhone, "0570-000-000"),
    (Field::ContactPhone, "+81-90-1234-5678"),
    (Field::DeliveryPhone, "0980-12-3456"),
    (Field::DeliveryPostalCode, "907-0001"),
    (Field::ContactEmail, "taro19800101@example.jp"),
    (Field::ContactEmail, "090-1234-5678@docomo.example.jp"),
];

#[test]
fn ordinary_addresses_and_telephone_numbers_are_not_refused() {
    for (field, typed) in ORDINARY {
        let read = read(field, typed);
        assert!(read.is_ok(), "{}: {typed}: {read:?}", field.name());
    }
}
