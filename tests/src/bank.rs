//! The agent's bank: carries out the files that it is given (pain.001, Zengin), takes in what
//! shoppers pay, and tells of all that was booked by notices (camt.054).

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};

use crate::Result;

/// What was booked on the agent's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the bank calls it.
    pub key: String,
    /// In minor units; less than nothing: it went out.
    pub minor: i64,
    /// What is written beside it.
    pub told: String,
}

/// The payments in a file, by the row of their payout. Its own sums must agree with them.
pub fn payments(file: &[u8]) -> Result<BTreeMap<i64, u64>> {
    match file.starts_with(b"<?xml") {
        true => in_pain001(str::from_utf8(file)?),
        false => in_zengin(file),
    }
}

fn in_pain001(file: &str) -> Result<BTreeMap<i64, u64>> {
    let mut found = BTreeMap::new();
    for payment in file.split("<CdtTrfTxInf>").skip(1) {
        let row = between(payment, "<EndToEndId>PAYOUT-", "</").context("a reference")?;
        let minor = between(payment, "<InstdAmt Ccy=\"JPY\">", "</").context("an amount")?;
        ensure!(found.insert(row.parse()?, minor.parse()?).is_none(), "{row} stands there twice");
    }
    let sum = found.values().sum::<u64>().to_string();
    ensure!(file.matches(&format!("<CtrlSum>{sum}</CtrlSum>")).count() == 2, "not {sum}:\n{file}");
    let count = format!("<NbOfTxs>{}</NbOfTxs>", found.len());
    ensure!(file.matches(&count).count() == 2, "not {count}:\n{file}");
    Ok(found)
}

fn in_zengin(file: &[u8]) -> Result<BTreeMap<i64, u64>> {
    let mut found = BTreeMap::new();
    let mut sums = None;
    for record in file.chunks(122) {
        ensure!(record.len() == 122 && record.ends_with(b"\r\n"), "a record is 120 bytes");
        let digits = |at: std::ops::Range<usize>| -> Result<u64> {
            Ok(str::from_utf8(&record[at])?.parse()?)
        };
        match record[0] {
            b'2' => {
                let row = i64::try_from(digits(91..111)?)?;
                ensure!(found.insert(row, digits(80..90)?).is_none(), "{row} stands there twice");
            }
            b'8' => sums = Some((digits(1..7)?, digits(7..19)?)),
            _ => {}
        }
    }
    let own = (found.len() as u64, found.values().sum::<u64>());
    ensure!(sums == Some(own), "the trailer says {sums:?}, the records {own:?}");
    Ok(found)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

/// A notice of these lines, for the account of the agent's sample settings.
pub fn notice(message: &str, lines: &[Line]) -> String {
    let entry = |Line { key, minor, told }: &Line| {
        let direction = if *minor > 0 { "CRDT" } else { "DBIT" };
        // What comes in with a payout's name is that payout, sent back: the account is closed.
        let is_back = *minor > 0 && told.starts_with("PAYOUT-");
        let why = if is_back { "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" } else { "" };
        format!(
            "<Ntry><Amt Ccy=\"JPY\">{}</Amt><CdtDbtInd>{direction}</CdtDbtInd>\
             <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-12-28</Dt></BookgDt>\
             <AcctSvcrRef>{key}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{told}\
             </EndToEndId></Refs>{why}</TxDtls></NtryDtls></Ntry>",
            minor.unsigned_abs()
        )
    };
    let entries: String = lines.iter().map(entry).collect();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\">\
         <BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>{message}</MsgId></GrpHdr><Ntfctn><Acct><Id><Othr>\
         <Id>0010011234567</Id></Othr></Id></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn>\
         </Document>"
    )
}

/// The agent's settings of its account at this bank.
pub const OWN_ACCOUNT: &str = "[bank]\nname = \"Warifu Settlement\"\nbank = \"0001\"\n\
    branch = \"001\"\ndeposit = \"ordinary\"\nnumber = \"1234567\"\nkana = \"ワリフケッサイ\"\n\
    client_code = \"0000000001\"\nstatement_account = \"0010011234567\"\n";
