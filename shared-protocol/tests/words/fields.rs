//! What people type into each field, what is made of it, and the problem that they read otherwise.

use shared_protocol::{Field, Locale};

use crate::expect::{
    Expect, Reads, SAME, bad_character, card_number, eight_digits, hold, labels, missing,
    no_digits, not_a_choice, not_code, not_contract_number, not_email, not_kana, not_phone,
    prefix_missing, reads, six_digits, too_long,
};

use Field as F;

type Row = (String, Box<dyn Fn(Field) -> Expect>);

/// What no name or place may hold, and what it may.
fn words(required: bool) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let empty: fn(Field) -> Expect = if required { missing } else { |_| Reads("") };
    for blank in ["", " ", "\u{3000}", "\t \u{a0}\u{2003}", "\u{fe0f}"] {
        rows.push((blank.into(), Box::new(empty)));
    }
    let bad = [
        "山田\u{0}",
        "\u{7f}",
        "山田\n花子",
        "山\u{85}田",
        "\u{202e}東京",
        "\u{200f}東京",
        "\u{200b}東京",
        "\u{2066}東京\u{2069}",
        "\u{61c}東京",
        "東\u{ad}京",
        "\u{feff}東京",
        "\u{e000}",
        "\u{fffd}",
        "\u{f0000}",
        "東\u{3164}京",
        "東\u{2028}京",
        "😀",
        "👨\u{200d}👩\u{200d}👧",
        "❤\u{fe0f}",
        "1\u{fe0f}\u{20e3}",
        "⭐",
        "⌚",
        "🇯🇵",
        "🫠",
        "<script>alert(1)</script>",
        "a<b",
        "a>b",
        "＜img src=x onerror=alert(1)＞",
    ];
    rows.extend(bad.map(|typed| (typed.into(), Box::new(bad_character) as Box<_>)));
    let good: [(&str, &'static str); 16] = [
        ("山田 花子", "山田 花子"),
        ("  山田\u{3000}\u{3000}花子 ", "山田 花子"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ ハナコ"),
        ("㍿山田", "株式会社山田"),
        ("葛\u{e0100}城", "葛城"),
        ("辻\u{e0101}", "辻"),
        ("髙橋 﨑", "髙橋 﨑"),
        ("𠮷田", "𠮷田"),
        ("O'Neil & Søns \"x\"", "O'Neil & Søns \"x\""),
        ("שלום", "שלום"),
        ("محمد", "محمد"),
        ("センター", "センター"),
        ("e\u{301}", "é"),
        ("か\u{3099}", "が"),
        ("' OR 1=1; --", "' OR 1=1; --"),
    ];
    for (typed, value) in good {
        rows.push((typed.into(), Box::new(move |_| Reads(value))));
    }
    rows.push(("4111 1111 1111 1111".into(), Box::new(card_number)));
    rows
}

fn hold_words(field: Field) {
    let mut rows = words(field.is_required());
    let max = field.chars_max();
    rows.push(("葛".repeat(max + 1), Box::new(too_long)));
    rows.push(("a".repeat(2049), Box::new(too_long)));
    rows.push((
        format!("{}\u{3000}", "𠮷".repeat(max)),
        Box::new(move |_| Reads(Box::leak("𠮷".repeat(max).into_boxed_str()))),
    ));
    let rows: Vec<(&str, &dyn Fn(Field) -> Expect)> =
        rows.iter().map(|(typed, expected)| (typed.as_str(), &**expected)).collect();
    hold(field, &rows);
}

#[test]
fn names_are_letters_of_any_script_and_nothing_unseen() {
    hold_words(F::ContactName);
    hold_words(F::DeliveryName);
}

#[test]
fn places_are_words_whose_numbers_are_joined_by_plain_hyphens() {
    for field in [F::DeliveryLocality, F::DeliveryLine1, F::DeliveryLine2] {
        hold_words(field);
        hold(
            field,
            &[
                ("銀座1-2-3", SAME),
                ("銀座１ー２ー３", reads!("銀座1-2-3")),
                ("銀座1−2‐3", reads!("銀座1-2-3")),
                ("銀座1–2—3―4", reads!("銀座1-2-3-4")),
                ("銀座１－２－３　コーポ銀座１０１", reads!("銀座1-2-3 コーポ銀座101")),
                ("1丁目2番3号", SAME),
                ("センター1ー2", reads!("センター1-2")),
                ("スーパーコート5", SAME),
                ("丸の内一丁目9〜", SAME),
                ("丸の内1〜9", reads!("丸の内1-9")),
                ("京都市上京区下立売通新町西入薮ノ内町", SAME),
                ("札幌市中央区北1条西2丁目", SAME),
            ],
        );
    }
}

#[test]
fn kana_is_katakana_however_it_was_typed() {
    hold(
        F::ContactKana,
        &[
            ("", SAME),
            ("\u{3000}", reads!("")),
            ("ヤマダ ハナコ", SAME),
            ("やまだ　はなこ", reads!("ヤマダ ハナコ")),
            ("ﾔﾏﾀﾞ ﾊﾅｺ", reads!("ヤマダ ハナコ")),
            ("ｼﾞｮｰ", reads!("ジョー")),
            ("じょ-", reads!("ジョー")),
            ("ジョ－", reads!("ジョー")),
            ("ジョ−", reads!("ジョー")),
            ("ジョ―", reads!("ジョー")),
            ("ゔぁいおれっと", reads!("ヴァイオレット")),
            ("ゐゑを", reads!("ヰヱヲ")),
            ("ジョン・スミス", SAME),
            ("山田", &not_kana),
            ("yamada", &not_kana),
            ("ヤマダ1", &not_kana),
            ("ヤマダ😀", &not_kana),
            ("ヤマダ、", &not_kana),
            ("<ヤマダ>", &not_kana),
            ("ヤ\u{0}マダ", &bad_character),
            ("\u{202e}ヤマダ", &bad_character),
            ("4111111111111111", &card_number),
        ],
    );
    let long = "ヤ".repeat(65);
    hold(F::ContactKana, &[(&long, &too_long)]);
}

#[test]
fn an_e_mail_address_has_an_account_and_a_domain_with_a_dot() {
    let (long, longer) = ("a".repeat(65) + "@example.jp", "a".repeat(2049));
    hold(
        F::ContactEmail,
        &[
            ("", &missing),
            ("hanako@example.jp", SAME),
            ("  hanako@example.jp\u{3000}", reads!("hanako@example.jp")),
            ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", reads!("hanako@example.jp")),
            ("Hana.Ko+tea@mail.example.co.jp", SAME),
            ("h@xn--wgv71a119e.jp", SAME),
            ("o'neil@example.jp", SAME),
            ("hanako", &not_email),
            ("hanako@", &not_email),
            ("@example.jp", &not_email),
            ("hanako@localhost", &not_email),
            ("hanako@example..jp", &not_email),
            ("hanako@.example.jp", &not_email),
            ("hanako.@example.jp", &not_email),
            (".hanako@example.jp", &not_email),
            ("ha..nako@example.jp", &not_email),
            ("hana ko@example.jp", &not_email),
            ("a@b@example.jp", &not_email),
            ("\"hanako\"@example.jp", &not_email),
            ("hanako@[192.0.2.1]", &not_email),
            ("hanako@[IPv6:2001:db8::1.2.3.4]", &not_email),
            ("Hanako <hanako@example.jp>", &not_email),
            ("hanako@example.jp, b@example.jp", &not_email),
            ("hanako@example.jp;b@example.jp", &not_email),
            ("花子@example.jp", &not_email),
            ("hanako@日本.jp", &not_email),
            ("hanako@例.jp😀", &not_email),
            ("<script>@example.jp", &not_email),
            ("hanako@example.jp\r\nBcc: all@example.jp", &bad_character),
            ("hanako@example.jp\u{0}", &bad_character),
            ("hanako\u{200b}@example.jp", &bad_character),
            ("\u{202e}hanako@example.jp", &bad_character),
            ("4111111111111111@example.jp", &card_number),
            (&long, &not_email),
            (&longer, &too_long),
        ],
    );
}

#[test]
fn a_telephone_number_has_its_area_code_or_its_country() {
    for field in [F::ContactPhone, F::DeliveryPhone] {
        let blank = if field.is_required() { &missing as &dyn Fn(Field) -> Expect } else { SAME };
        hold(
            field,
            &[
                ("", blank),
                ("0312345678", SAME),
                ("03-1234-5678", reads!("0312345678")),
                ("０３－１２３４－５６７８", reads!("0312345678")),
                ("０３ー１２３４ー５６７８", reads!("0312345678")),
                ("(03) 1234-5678", reads!("0312345678")),
                ("（０３）１２３４−５６７８", reads!("0312345678")),
                ("03.1234.5678", reads!("0312345678")),
                ("090 1234 5678", reads!("09012345678")),
                ("050‐1234‐5678", reads!("05012345678")),
                ("0120-123-456", reads!("0120123456")),
                ("+81 3-1234-5678", reads!("+81312345678")),
                ("＋８１－９０－１２３４－５６７８", reads!("+819012345678")),
                ("+1 (202) 555-0143", reads!("+12025550143")),
                ("1234-5678", &not_phone),
                ("031234567", &not_phone),
                ("031234567890", &not_phone),
                ("3123456789", &not_phone),
                ("0081312345", &not_phone),
                ("+0312345678", &not_phone),
                ("+812345", &not_phone),
                ("+8131234567890123", &not_phone),
                ("03-1234-5678 内線5", &not_phone),
                ("tel:0312345678", &not_phone),
                ("phone", &not_phone),
                ("☎0312345678", &not_phone),
                ("0312345678😀", &not_phone),
                ("<b>0312345678</b>", &not_phone),
                ("03++12345678", &not_phone),
                ("0312345678\u{0}", &bad_character),
                ("\u{202d}0312345678\u{202c}", &bad_character),
                ("4111-1111-1111-1111", &card_number),
                ("+4111 1111 1111 1111", &card_number),
            ],
        );
    }
}

#[test]
fn a_postal_code_is_seven_digits() {
    hold(
        F::DeliveryPostalCode,
        &[
            ("", &missing),
            ("1040061", SAME),
            ("104-0061", reads!("1040061")),
            ("〒104-0061", reads!("1040061")),
            ("〒 １０４－００６１", reads!("1040061")),
            ("１０４ー００６１", reads!("1040061")),
            (" 104 0061 ", reads!("1040061")),
            ("104−0061", reads!("1040061")),
            ("104‐0061", reads!("1040061")),
            ("104–0061", reads!("1040061")),
            ("0010010", SAME),
            ("104006", &six_digits),
            ("104-00612", &eight_digits),
            ("〒", &no_digits),
            ("-", &no_digits),
            ("〒〒104-0061", reads!("1040061")),
            ("104-006a", &bad_character),
            ("一〇四〇〇六一", &bad_character),
            ("104-0061東京", &bad_character),
            ("104_0061", &bad_character),
            ("📮1040061", &bad_character),
            ("1040061\u{0}", &bad_character),
            ("\u{200e}1040061", &bad_character),
            ("<1040061>", &bad_character),
            ("4111111111111111", &card_number),
        ],
    );
}

#[test]
fn a_prefecture_and_a_country_are_chosen() {
    hold(
        F::DeliveryRegion,
        &[
            ("", &missing),
            ("JP-13", SAME),
            ("東京都", reads!("JP-13")),
            ("Tokyo", reads!("JP-13")),
            ("TOKYO", reads!("JP-13")),
            (" ＪＰ－４７ ", reads!("JP-47")),
            ("北海道", reads!("JP-01")),
            ("東京", &not_a_choice),
            ("JP-48", &not_a_choice),
            ("JP", &not_a_choice),
            ("US-CA", &not_a_choice),
            ("jp-13", &not_a_choice),
            ("🗼", &not_a_choice),
            ("<JP-13>", &not_a_choice),
            ("JP-13\u{0}", &bad_character),
            ("4111111111111111", &card_number),
        ],
    );
    hold(
        F::DeliveryCountry,
        &[
            ("", &missing),
            ("JP", SAME),
            ("ＪＰ", reads!("JP")),
            ("US", &not_a_choice),
            ("jp", &not_a_choice),
            ("日本", &not_a_choice),
            ("\u{0}", &bad_character),
            ("4111111111111111", &card_number),
        ],
    );
}

#[test]
fn a_code_is_four_to_eight_digits() {
    hold(
        F::PaymentCode,
        &[
            ("", &missing),
            ("2468", SAME),
            ("２４６８", reads!("2468")),
            (" 24 68 ", reads!("2468")),
            ("12-34-56-78", reads!("12345678")),
            ("0000", SAME),
            ("123", &not_code),
            ("123456789", &not_code),
            ("abcd", &not_code),
            ("12a4", &not_code),
            ("٢٤٦٨", &not_code),
            ("二四六八", &not_code),
            ("24😀68", &not_code),
            ("-", &not_code),
            ("<2468>", &not_code),
            ("2468\u{0}", &bad_character),
            ("\u{202e}2468", &bad_character),
            ("4111111111111111", &card_number),
        ],
    );
}

#[test]
fn a_plan_is_one_of_the_classes() {
    hold(
        F::PaymentPlan,
        &[
            ("", &missing),
            ("single", SAME),
            ("instalments", SAME),
            ("revolving", SAME),
            ("bonus", SAME),
            ("bonus-instalments", SAME),
            (" ｓｉｎｇｌｅ ", reads!("single")),
            ("Single", &not_a_choice),
            ("一括", &not_a_choice),
            ("single;", &not_a_choice),
            ("single\u{0}", &bad_character),
            ("4111111111111111", &card_number),
        ],
    );
}

#[test]
fn a_contract_number_is_a_letter_and_twelve_digits() {
    let long = "C".repeat(2000);
    hold(
        F::PaymentContractNumber,
        &[
            ("", &missing),
            ("9000-0000-0001", &prefix_missing),
            ("９０００　００００　０００１", &prefix_missing),
            ("C-9000-0000-000", &not_contract_number),
            ("C-9000-0000-00011", &not_contract_number),
            ("CC-9000-0000-0001", &not_contract_number),
            ("C-9000-0000-000I", &not_contract_number),
            ("契-9000-0000-0001", &not_contract_number),
            ("С-9000-0000-0001", &not_contract_number),
            ("hello", &not_contract_number),
            ("😀", &not_contract_number),
            ("<C-9000-0000-0001>", &not_contract_number),
            ("C_9000_0000_0001", &not_contract_number),
            (&long, &not_contract_number),
            ("C-9000-0000-0001\u{0}", &bad_character),
            ("\u{202e}C-9000-0000-0001", &bad_character),
            ("C-9000\u{200b}-0000-0001", &bad_character),
            ("4111 1111 1111 1111", &card_number),
            ("３７８２８２２４６３１０００５", &card_number),
        ],
    );
}

#[test]
fn a_field_s_name_and_label_are_its_own() {
    for field in F::ALL {
        assert_eq!(Field::from_name(field.name()), Some(*field));
        let (ja, en) = labels(*field);
        assert_eq!((field.label(Locale::Ja), field.label(Locale::En)), (ja, en));
    }
    assert_eq!((F::ALL.len(), Field::from_name("payment.cvv")), (15, None));
}
