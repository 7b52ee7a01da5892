//! Files are what was committed under `tests/files/` (written by `WARIFU_UPDATE=1 cargo test -p
//! agent-server files`), and what readers that know nothing of the writers make of them; hostile
//! notices are refused.

use std::{fs, path::PathBuf};

use proptest::prelude::*;
use shared_protocol::{Amount, Currency, Date, HandlingNumber, Timestamp};

use super::*;

fn own() -> OwnBank {
    let text = |text: &str| Some(text.to_owned());
    OwnBank {
        name: "Warifu & Co <Settlement>".into(),
        iban: text("DE89 3704 0044 0532 0130 00"),
        bic: text("COBADEFFXXX"),
        bank: text("0001"),
        branch: text("001"),
        deposit: text("ordinary"),
        number: text("1234567"),
        kana: text("わりふけっさい"),
        client_code: text("0000000001"),
        statement_account: text("0010011234567"),
    }
}

fn yen(minor: u64) -> Amount {
    Amount { minor, currency: Currency::JPY }
}

fn in_japan(number: &str, holder: &str) -> BankAccount {
    let holder = Kana::new(holder, Kana::PAYEE).unwrap();
    let account = JapaneseAccount::new(["0005", "123", "current", number], holder).unwrap();
    BankAccount::Japanese(account)
}

fn by_iban(holder: &str) -> BankAccount {
    let account = IbanAccount::new("GB82 WEST 1234 5698 7654 32", Some("WESTGB2L"), holder);
    BankAccount::Iban(account.unwrap())
}

fn batch(own: &OwnBank, payments: Vec<Payment>) -> Batch<'_> {
    Batch {
        message: "WARIFU-1883000000000000001".into(),
        // 2026-12-25T00:30:00Z
        made: Timestamp::from_millis(1_798_158_600_000),
        day: "2026-12-28".parse().unwrap(),
        currency: Currency::JPY,
        from: own,
        payments,
    }
}

fn payments() -> Vec<Payment> {
    let payment = |payout, minor, to| Payment { payout, amount: yen(minor), to };
    vec![
        payment(1_882_999_999_999_999_999, 5190, in_japan("7654321", "ヤマダチャホ　（カ")),
        payment(2, 9_999_999_999, in_japan("42", "ぱーらー・ｶﾞｰﾙ ab")),
    ]
}

fn assert_same(file: &str, now: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(file);
    if std::env::var_os("WARIFU_UPDATE").is_some() {
        fs::write(&path, now).unwrap();
    }
    let committed = fs::read(&path).unwrap_or_default();
    assert!(committed == now, "{} is no longer what is written", path.display());
}

/// Count, control sum, and each payment's reference and amount, as an XML library reads them.
fn pain001_says(file: &[u8]) -> (usize, String, Vec<(String, String)>) {
    let text = std::str::from_utf8(file).unwrap();
    let document = roxmltree::Document::parse(text).unwrap();
    let root = document.root_element();
    let namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
    assert!(
        root.descendants()
            .filter(roxmltree::Node::is_element)
            .all(|node| { node.tag_name().namespace() == Some(namespace) })
    );
    let all = |name: &'static str| root.descendants().filter(move |n| n.has_tag_name(name));
    let texts = |name| all(name).map(|n| n.text().unwrap_or("").to_owned()).collect::<Vec<_>>();
    let (counts, sums) = (texts("NbOfTxs"), texts("CtrlSum"));
    assert!(counts.len() == 2 && counts[0] == counts[1] && sums.len() == 2 && sums[0] == sums[1]);
    let paid = texts("EndToEndId").into_iter().zip(texts("InstdAmt")).collect();
    (counts[0].parse().unwrap(), sums[0].clone(), paid)
}

/// The names of an element's children.
fn order(file: &[u8], of: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(std::str::from_utf8(file).unwrap()).unwrap();
    let node = document.descendants().find(|n| n.tag_name().name() == of).unwrap();
    let children = node.children().filter(roxmltree::Node::is_element);
    children.map(|child| child.tag_name().name().to_owned()).collect()
}

/// Count, sum and each amount, by the places that the banks' form gives.
fn zengin_says(file: &[u8]) -> (usize, u64, Vec<u64>) {
    assert_eq!(file.len() % 122, 0);
    let records: Vec<&[u8]> = file.chunks(122).collect();
    for record in &records {
        assert_eq!(&record[120..], b"\r\n");
        let allowed = |byte: &u8| matches!(byte, b' '..=b'~' | 0xa1..=0xdf);
        assert!(record[..120].iter().all(allowed), "JIS X 0201, one byte each");
    }
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().parse::<u64>().unwrap();
    let kinds: Vec<u8> = records.iter().map(|record| record[0]).collect();
    let data = kinds.len() - 3;
    assert!(kinds[0] == b'1' && kinds[data + 1] == b'8' && kinds[data + 2] == b'9');
    assert!(kinds[1..=data].iter().all(|kind| *kind == b'2'));
    assert!(records[data + 2][1..120].iter().all(|byte| *byte == b' '));
    let trailer = records[data + 1];
    let amounts = records[1..=data].iter().map(|record| number(&record[80..90])).collect();
    (usize::try_from(number(&trailer[1..7])).unwrap(), number(&trailer[7..19]), amounts)
}

#[test]
fn payouts_are_written_as_pain_001() {
    let own = own();
    let mut all = payments();
    all.push(Payment { payout: 3, amount: yen(1), to: by_iban("Müller & Söhne <Tee>") });
    let file = batch(&own, all).write(Format::Pain001).unwrap();
    assert_same("payouts.pain001.xml", &file);
    let (count, sum, paid) = pain001_says(&file);
    assert_eq!((count, sum.as_str()), (3, "10000005190"));
    assert_eq!(paid[0], ("PAYOUT-1882999999999999999".into(), "5190".into()));
    let root = String::from_utf8(file.clone()).unwrap();
    assert!(root.contains("M\u{fc}ller &amp; S\u{f6}hne &lt;Tee&gt;"));
    // As the schema orders them.
    assert_eq!(order(&file, "GrpHdr"), ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"]);
    let block = order(&file, "PmtInf");
    let head = [
        "PmtInfId",
        "PmtMtd",
        "NbOfTxs",
        "CtrlSum",
        "ReqdExctnDt",
        "Dbtr",
        "DbtrAcct",
        "DbtrAgt",
        "ChrgBr",
        "CdtTrfTxInf",
    ];
    assert_eq!(block[..head.len()], head);
    let payment = order(&file, "CdtTrfTxInf");
    assert_eq!(payment, ["PmtId", "Amt", "CdtrAgt", "Cdtr", "CdtrAcct", "RmtInf"]);
}

#[test]
fn payouts_are_written_as_zengin_records() {
    let own = own();
    let file = batch(&own, payments()).write(Format::Zengin).unwrap();
    assert_same("payouts.zengin.txt", &file);
    assert_eq!(zengin_says(&file), (2, 10_000_005_189, vec![5190, 9_999_999_999]));
    let (text, _, had_errors) = encoding_rs::SHIFT_JIS.decode(&file);
    assert!(!had_errors);
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let part =
        |line: usize, from: usize, to: usize| lines[line][from..to].iter().collect::<String>();
    assert_eq!(part(0, 0, 14), "12100000000001");
    assert_eq!(part(0, 14, 54).trim_end(), "ﾜﾘﾌｹﾂｻｲ");
    assert_eq!((part(0, 54, 58), part(0, 58, 62)), ("1228".into(), "0001".into()));
    assert_eq!((part(0, 77, 80), part(0, 95, 103)), ("001".into(), "11234567".into()));
    assert_eq!((part(1, 1, 5), part(1, 20, 23)), ("0005".into(), "123".into()));
    assert_eq!(part(1, 42, 50), "27654321");
    assert_eq!(part(1, 50, 80).trim_end(), "ﾔﾏﾀﾞﾁﾔﾎ (ｶ");
    assert_eq!(part(1, 91, 111), "01882999999999999999");
    assert_eq!(part(2, 43, 50), "0000042");
    assert_eq!(part(2, 50, 80).trim_end(), "ﾊﾟ-ﾗ-.ｶﾞ-ﾙ AB");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let own = own();
    let write = |payments, format| batch(&own, payments).write(format);
    assert!(matches!(write(Vec::new(), Format::Zengin), Err(BatchFault::Empty)));
    let iban = vec![Payment { payout: 1, amount: yen(1), to: by_iban("A") }];
    assert!(matches!(write(iban, Format::Zengin), Err(BatchFault::NotJapanese)));
    let large = vec![Payment { payout: 1, amount: yen(10_000_000_000), to: in_japan("1", "ア") }];
    assert!(matches!(write(large, Format::Zengin), Err(BatchFault::Large)));
    let dollars = Amount { minor: 1, currency: "USD".parse().unwrap() };
    let mixed = vec![Payment { payout: 1, amount: dollars, to: in_japan("1", "ア") }];
    assert!(matches!(write(mixed, Format::Pain001), Err(BatchFault::Sum)));
    let nobody = OwnBank::default();
    let refused = batch(&nobody, payments()).write(Format::Zengin);
    assert!(matches!(refused, Err(BatchFault::NoOwnAccount(_))));
}

#[test]
fn names_become_half_width_kana_or_are_refused() {
    let kana = |text: &str| Kana::new(text, Kana::PAYEE).map(|kana| kana.to_string());
    for (text, written) in [
        ("カ）ヤマダ チャホ", "ｶ)ﾔﾏﾀﾞ ﾁﾔﾎ"),
        ("がっこう　ＡＢｃ１２", "ｶﾞﾂｺｳ ABC12"),
        ("ヴァイオリン", "ｳﾞｱｲｵﾘﾝ"),
        ("ﾊﾟｰﾏ･｢ｦ｣", "ﾊﾟ-ﾏ.｢ｦ｣"),
        ("か\u{3099}き゛", "ｶﾞｷﾞ"),
    ] {
        assert_eq!(kana(text).as_deref(), Ok(written));
        assert_eq!(kana(written).as_deref(), Ok(written), "written again it is the same");
    }
    for (text, symbol) in
        [("山田", '山'), ("ア\nイ", '\n'), ("ｱ゜", 'ﾟ'), ("ヰ", 'ヰ'), ("ア*", '*')]
    {
        assert_eq!(kana(text), Err(KanaFault::Symbol(symbol)), "{text}");
    }
    assert_eq!(kana("  "), Err(KanaFault::Empty));
    assert_eq!(kana(&"ガ".repeat(16)), Err(KanaFault::Long(30)), "a voiced mark counts");
}

#[test]
fn accounts_with_a_wrong_digit_are_refused() {
    let iban =
        |iban: &str, bic| IbanAccount::new(iban, bic, "A").map(|account| account.iban().to_owned());
    assert_eq!(iban("DE89 3704 0044 0532 0130 00", None).as_deref(), Ok("DE89370400440532013000"));
    for wrong in ["DE88370400440532013000", "DE8937040044053201300", "XX89370400440532013000", ""] {
        assert_eq!(iban(wrong, None), Err(AccountFault::Iban), "{wrong}");
    }
    assert_eq!(iban("DE89370400440532013000", Some("cobadeff")), Err(AccountFault::Bic));
    let holder = || Kana::new("ア", 30).unwrap();
    for (parts, fault) in [
        (["123", "123", "current", "1"], AccountFault::Bank),
        (["0123", "1x3", "current", "1"], AccountFault::Branch),
        (["0123", "123", "deposit", "1"], AccountFault::Deposit),
        (["0123", "123", "current", "12345678"], AccountFault::Number),
        (["0123", "123", "current", "１"], AccountFault::Number),
    ] {
        assert_eq!(JapaneseAccount::new(parts, holder()), Err(fault));
    }
}

fn number() -> HandlingNumber {
    "000000000000".parse().unwrap()
}

#[test]
fn references_are_read_only_as_they_are_written() {
    for reference in [Reference::Payout(i64::MAX), Reference::Bill(number(), u32::MAX)] {
        let text = reference.to_string();
        assert!(text.len() <= 35, "{text}");
        assert_eq!(text.parse(), Ok(reference));
        for other in
            [format!(" {text}"), text.to_lowercase(), format!("{text}0"), text.replace('-', "")]
        {
            assert!(other.parse::<Reference>() != Ok(reference), "{other}");
        }
    }
    for none in
        ["PAYOUT-", "PAYOUT-+1", "PAYOUT-01", "BILL-000000000000-01", "BILL-000000000001-1", "1"]
    {
        assert!(none.parse::<Reference>().is_err(), "{none}");
    }
}

/// A notice about one entry, whose inside is given.
fn notice(entries: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-12-28T09:00:00Z</CreDtTm></GrpHdr>
<Ntfctn><Id>N-1</Id><Acct><Id><Othr><Id>0010011234567</Id></Othr></Id><Ccy>JPY</Ccy></Acct>
{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"#
    )
}

fn entry(reference: &str, amount: &str, direction: &str, details: &str) -> String {
    format!(
        r#"<Ntry><Amt Ccy="JPY">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-12-28</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>
<NtryDtls>{details}</NtryDtls></Ntry>"#
    )
}

fn detail(amount: &str, told: &str) -> String {
    let told = format!("<Refs><EndToEndId>{told}</EndToEndId></Refs>");
    format!(r#"<TxDtls>{told}<Amt Ccy="JPY">{amount}</Amt></TxDtls>"#)
}

fn read(notice: &str) -> Result<Notice, NoticeFault> {
    read_notice(notice.as_bytes(), &own())
}

#[test]
fn a_notice_is_read_line_by_line() {
    let bill = "BILL-000000000000-1";
    let structured = format!(
        "<TxDtls><Amt Ccy=\"JPY\">7</Amt><RmtInf><Ustrd>thanks &amp; bye &#x41;</Ustrd><Strd>\
         <CdtrRefInf><Ref>{bill}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
    );
    let two = detail("3850.00", bill) + &structured;
    let text = notice(&(entry("B-1", "3857", "CRDT", &two) + &entry("B-2", "5190", "DBIT", "")));
    assert_same("notice.camt054.xml", text.as_bytes());
    let Notice { message, lines } = read(&text).unwrap();
    assert_eq!((message.as_str(), lines.len()), ("M-1", 3));
    assert_eq!(lines[0].reference, Some(Reference::Bill(number(), 1)));
    assert_eq!((lines[0].key.as_str(), lines[0].minor()), ("B-1/1", 3850));
    assert_eq!((lines[1].reference, lines[1].minor()), (Some(Reference::Bill(number(), 1)), 7));
    assert_eq!(lines[1].told, format!("thanks & bye A {bill}"));
    assert_eq!((lines[2].key.as_str(), lines[2].minor()), ("B-2/1", -5190));
    assert_eq!((lines[2].reference, lines[2].is_reversal), (None, false));
    assert_eq!(lines[2].day, "2026-12-28".parse::<Date>().unwrap());
    let pending = text.replace(">BOOK<", ">PDNG<");
    assert!(read(&pending).unwrap().lines.is_empty(), "not booked yet");
    let prefixed = text.replace("xmlns=", "xmlns:c=").replace("</", "</c:").replace("<", "<c:");
    let prefixed = prefixed.replace("<c:/c:", "</c:").replace("<c:?", "<?");
    assert_eq!(read(&prefixed).unwrap().lines, lines, "{prefixed}");
    let twice = notice(&entry("B-2", "5190", "DBIT", "").repeat(2));
    assert_eq!(read(&twice).unwrap().lines.len(), 1, "the same movement twice is one");
    let several = detail("9", "PAYOUT-1")
        .replace("</Refs>", "</Refs><RmtInf><Ustrd>PAYOUT-2</Ustrd></RmtInf>");
    let several = read(&notice(&entry("B", "9", "DBIT", &several))).unwrap();
    assert_eq!(several.lines[0].reference, None, "two references are none");
}

#[test]
fn hostile_notices_are_refused_as_a_whole() {
    let good = notice(&entry("B-1", "10", "CRDT", &detail("10", "x")));
    assert!(read(&good).is_ok());
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        read(&good.replacen(from, to, 1)).unwrap_err()
    };
    let xml = NoticeFault::Xml;
    let doctype = "<!DOCTYPE d [<!ENTITY a \"aaaa\">]><Document";
    assert_eq!(with("<Document", doctype), xml(XmlFault::DocumentType));
    assert_eq!(with(">x<", ">&a;<"), xml(XmlFault::Entity));
    assert_eq!(with(">x<", ">&#0;<"), xml(XmlFault::Entity));
    assert_eq!(with("UTF-8", "UTF-16"), xml(XmlFault::Malformed));
    assert_eq!(with("</Ntry>", ""), xml(XmlFault::Malformed));
    assert_eq!(with(">x<", &format!(">{}<", "<a>".repeat(40))), xml(XmlFault::Deep));
    assert_eq!(with("camt.054.001.08", "camt.053.001.08"), NoticeFault::NotANotice);
    assert_eq!(with("camt.054.001.08", "camt.054.001.99"), NoticeFault::NotANotice);
    assert_eq!(with("0010011234567", "0010011234568"), NoticeFault::OtherAccount);
    assert_eq!(with("<MsgId>M-1</MsgId>", ""), NoticeFault::Missing("MsgId"));
    assert_eq!(with("<Dt>2026-12-28</Dt>", ""), NoticeFault::Missing("BookgDt"));
    assert_eq!(with("<Dt>2026-12-28", "<Dt>2026-02-30"), NoticeFault::Missing("BookgDt"));
    for wrong in ["-10", "0", "1e1", "10.5", "", "+10", "９", "99999999999999999999", "1,000"] {
        let amount = format!("JPY\">{wrong}<");
        assert_eq!(with("JPY\">10<", &amount), NoticeFault::Amount(1), "{wrong}");
    }
    assert_eq!(with("Ccy=\"JPY\"", "Ccy=\"USD\""), NoticeFault::Currency(1));
    assert_eq!(with("Ccy=\"JPY\"", "Ccy=\"XXX\""), NoticeFault::Currency(1));
    assert_eq!(with("Ccy=\"JPY\"", ""), NoticeFault::Missing("Ccy"));
    assert_eq!(with("JPY\">10<", "JPY\">11<"), NoticeFault::Sum(1));
    assert_eq!(with(">CRDT<", ">BOTH<"), NoticeFault::Direction(1));
    assert_eq!(with("</Refs>", "</Refs><CdtDbtInd>DBIT</CdtDbtInd>"), NoticeFault::Direction(1));
    let doubled = entry("B-1", "10", "CRDT", "") + &entry("B-1", "11", "CRDT", "");
    assert_eq!(read(&notice(&doubled)), Err(NoticeFault::Doubled(2)));
    assert_eq!(read_notice(&vec![b' '; (16 << 20) + 1], &own()), Err(xml(XmlFault::Long)));
    assert_eq!(read_notice(b"\xff\xfe", &own()), Err(xml(XmlFault::Malformed)));
    for end in 0..good.len() {
        if let Some(cut) = good.get(..end) {
            assert!(read(cut).is_err(), "cut off after {end} bytes");
        }
    }
}

#[test]
fn the_journal_is_written_as_csv() {
    let line = |line, debit: &str, credit: &str, amount| CsvLine {
        entry: 1,
        line,
        at: Timestamp::from_millis(1_798_158_600_000),
        kind: "claim".into(),
        handling_number: Some(number()),
        debit: debit.into(),
        credit: credit.into(),
        amount,
    };
    let cents = Amount { minor: 1205, currency: "USD".parse().unwrap() };
    let lines =
        [line(1, "receivable:7", "payable:mrc_tea", yen(3000)), line(2, "a,\"b", "c", cents)];
    let zone = jiff::tz::get!("Asia/Tokyo");
    let file = write_journal(&lines, &zone).unwrap();
    assert_same("journal.csv", &file);
    let text = String::from_utf8(file).unwrap();
    let rows: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(
        rows[1],
        "1,1,2026-12-25,09:30:00+09:00,claim,0000-0000-0000,receivable:7,\
                         payable:mrc_tea,3000,JPY"
    );
    assert!(rows[2].ends_with(",\"a,\"\"b\",c,12.05,USD"), "{}", rows[2]);
    assert_eq!(rows.len(), 3);
}

proptest! {
    #[test]
    fn every_file_adds_up(amounts in prop::collection::vec(1_u64..=9_999_999_999, 1..40)) {
        let own = own();
        let name = |at: usize| "ガ".repeat(1 + at % 15);
        let payments: Vec<_> = amounts.iter().enumerate().map(|(at, minor)| Payment {
            payout: i64::try_from(at).unwrap() + 1,
            amount: yen(*minor),
            to: in_japan(&at.to_string(), &name(at)),
        }).collect();
        let batch = batch(&own, payments);
        let total = batch.total().unwrap().minor;
        prop_assert_eq!(total, amounts.iter().sum::<u64>());
        let said = zengin_says(&batch.write(Format::Zengin).unwrap());
        prop_assert_eq!(said, (amounts.len(), total, amounts.clone()));
        let (count, sum, paid) = pain001_says(&batch.write(Format::Pain001).unwrap());
        prop_assert_eq!((count, sum), (amounts.len(), total.to_string()));
        let paid: Vec<u64> = paid.iter().map(|(_, amount)| amount.parse().unwrap()).collect();
        prop_assert_eq!(paid, amounts);
    }

    #[test]
    fn amounts_are_read_as_they_are_written(
        minor in 1_u64..=Amount::MINOR_MAX,
        code in prop::sample::select(vec!["JPY", "USD", "KWD", "CLF"]),
    ) {
        let currency: Currency = code.parse().unwrap();
        let text = decimal(minor, currency);
        prop_assert_eq!(amount(&text, currency), Amount::new(minor, currency));
        let finer = format!("{text}{}1", if text.contains('.') { "" } else { "." });
        prop_assert_eq!(amount(&finer, currency), None);
    }

    #[test]
    fn no_name_breaks_a_record(text in "\\PC{0,40}") {
        if let Ok(kana) = Kana::new(&text, Kana::PAYEE) {
            let bytes = kana.bytes();
            prop_assert_eq!(bytes.len(), kana.as_str().chars().count());
            prop_assert!(bytes.len() <= Kana::PAYEE);
            prop_assert!(bytes.iter().all(|b| matches!(b, b' '..=b'~' | 0xa1..=0xdf)));
            prop_assert_eq!(Kana::new(kana.as_str(), Kana::PAYEE), Ok(kana.clone()));
        }
    }

    #[test]
    fn no_notice_panics_the_reader(
        at in 0_usize..900, what in prop::collection::vec(any::<u8>(), 0..8), cut in any::<bool>(),
    ) {
        let mut text = notice(&entry("B-1", "10", "CRDT", &detail("10", "x"))).into_bytes();
        let at = at.min(text.len());
        let end = if cut { text.len() } else { (at + what.len()).min(text.len()) };
        text.splice(at..end, what);
        let _ = read_notice(&text, &own());
    }
}
