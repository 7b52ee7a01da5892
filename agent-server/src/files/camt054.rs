//! ISO 20022 camt.054, BankToCustomerDebitCreditNotification: what the bank booked on our account,
//! line by line. A file that is not wholly what it must be is refused as a whole.

use std::collections::BTreeMap;

use shared_protocol::{Amount, Currency, Date};

use super::{
    OwnBank, Reference, amount,
    xml::{Node, XmlFault},
};

/// A file as the bank sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The bank's own name for the message.
    pub message: String,
    /// What was booked.
    pub lines: Vec<Line>,
}

/// One movement on our account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the bank calls it; the same again is the same movement.
    pub key: String,
    /// The day on which it was booked.
    pub day: Date,
    /// Whether it came in.
    pub is_credit: bool,
    /// Whether it takes back a movement of before.
    pub is_reversal: bool,
    /// Why another bank sends back what was sent to it, as AC04 (ISO 20022
    /// ExternalReturnReason1Code), empty if it does not say; `None`: it does not.
    pub returned: Option<String>,
    /// How much; more than nothing.
    pub amount: Amount,
    /// Ours, if it bears exactly one.
    pub reference: Option<Reference>,
    /// What was written beside it, shortened.
    pub told: String,
}

impl Line {
    /// How much came in; what went out is less than nothing.
    pub fn minor(&self) -> i64 {
        let minor = i64::try_from(self.amount.minor).unwrap_or(i64::MAX);
        if self.is_credit { minor } else { -minor }
    }
}

/// Why a file is refused. Numbers count entries from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeFault {
    /// Not XML that we read.
    #[error("it is not read: {0}")]
    Xml(#[from] XmlFault),
    /// Another message.
    #[error("it is no camt.054 (versions 02, 04, 06 and 08 are read)")]
    NotANotice,
    /// An element that the schema or we want.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Somebody else's.
    #[error("it is about another account than ours")]
    OtherAccount,
    /// No amount of its currency above nothing.
    #[error("entry {0}: the amount is none")]
    Amount(usize),
    /// Neither `CRDT` nor `DBIT`, or not the same throughout the entry.
    #[error("entry {0}: it says neither in nor out, or both")]
    Direction(usize),
    /// Not that of the account.
    #[error("entry {0}: it is in another currency than the account")]
    Currency(usize),
    /// The details are not the entry.
    #[error("entry {0}: its details do not add up to it")]
    Sum(usize),
    /// One name for two movements.
    #[error("entry {0}: the bank's reference is that of another entry")]
    Doubled(usize),
    /// More than we take at once.
    #[error("it has more than {LINES_MAX} lines")]
    Many,
}

/// Reads a file about our own account.
///
/// # Errors
/// [`NoticeFault`].
pub fn read_notice(bytes: &[u8], own: &OwnBank) -> Result<Notice, NoticeFault> {
    let (root, namespace) = Node::read(bytes)?;
    let version = namespace.strip_prefix(NAMESPACE).ok_or(NoticeFault::NotANotice)?;
    if root.name() != "Document" || !VERSIONS.contains(&version) {
        return Err(NoticeFault::NotANotice);
    }
    let body = root.at("BkToCstmrDbtCdtNtfctn").ok_or(NoticeFault::NotANotice)?;
    let message = short(body.text_at("GrpHdr/MsgId").ok_or(NoticeFault::Missing("MsgId"))?);
    let mut lines = BTreeMap::new();
    let (mut at, mut order) = (0, Vec::new());
    for notice in body.all("Ntfctn") {
        let account = notice.at("Acct").ok_or(NoticeFault::Missing("Acct"))?;
        let name = account.text_at("Id/IBAN").or_else(|| account.text_at("Id/Othr/Id"));
        if !name.is_some_and(|name| own.is_called(name)) {
            return Err(NoticeFault::OtherAccount);
        }
        for entry in notice.all("Ntry") {
            at += 1;
            let reading = Entry { at, message: &message, entry, account };
            for line in reading.lines()? {
                match lines.get(&line.key) {
                    None => order.push(line.key.clone()),
                    Some(before) if *before == line => continue,
                    Some(_) => return Err(NoticeFault::Doubled(at)),
                }
                lines.insert(line.key.clone(), line);
                if lines.len() > LINES_MAX {
                    return Err(NoticeFault::Many);
                }
            }
        }
    }
    let lines = order.iter().filter_map(|key| lines.remove(key)).collect();
    Ok(Notice { message, lines })
}

/// An entry that is being read.
struct Entry<'a> {
    at: usize,
    message: &'a str,
    entry: &'a Node,
    account: &'a Node,
}

impl Entry<'_> {
    /// One line for each of its details; none if it is not booked yet.
    fn lines(&self) -> Result<Vec<Line>, NoticeFault> {
        let status = self.entry.at("Sts").ok_or(NoticeFault::Missing("Sts"))?;
        if status.text_at("Cd").unwrap_or(status.text()) != "BOOK" {
            return Ok(Vec::new());
        }
        let whole = self.amount(self.entry)?.ok_or(NoticeFault::Missing("Amt"))?;
        let details: Vec<_> =
            self.entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
        let mut lines = Vec::new();
        let mut sum = Amount { minor: 0, ..whole };
        for (number, detail) in (1_usize..).zip(&details) {
            let amount = match self.detail_amount(detail)? {
                Some(amount) => amount,
                None if details.len() == 1 => whole,
                None => return Err(NoticeFault::Sum(self.at)),
            };
            sum = sum.plus(amount).ok_or(NoticeFault::Sum(self.at))?;
            lines.push(self.line(Some(detail), number, amount)?);
        }
        if details.is_empty() {
            lines.push(self.line(None, 1, whole)?);
            sum = whole;
        }
        if sum == whole { Ok(lines) } else { Err(NoticeFault::Sum(self.at)) }
    }

    fn line(
        &self,
        detail: Option<&Node>,
        number: usize,
        amount: Amount,
    ) -> Result<Line, NoticeFault> {
        let is_credit = self.is_credit(self.entry)?.ok_or(NoticeFault::Direction(self.at))?;
        if let Some(detail) = detail
            && self.is_credit(detail)?.is_some_and(|credit| credit != is_credit)
        {
            return Err(NoticeFault::Direction(self.at));
        }
        let is_reversal = match self.entry.text_at("RvslInd") {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => return Err(NoticeFault::Direction(self.at)),
        };
        let day = ["BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"];
        let day = day.iter().find_map(|way| self.entry.text_at(way));
        let day = day.and_then(|day| day.get(..10)).and_then(|day| day.parse().ok());
        let bank = self.entry.text_at("AcctSvcrRef").map(short);
        // Without a reference of the bank's, a movement is known by its place in the message.
        let bank = bank.unwrap_or_else(|| format!("{}#{}", self.message, self.at));
        let (reference, told) = detail.map(told).unwrap_or_default();
        Ok(Line {
            key: format!("{bank}/{number}"),
            day: day.ok_or(NoticeFault::Missing("BookgDt"))?,
            is_credit,
            is_reversal,
            returned: detail.filter(|_| is_credit).and_then(returned),
            amount,
            reference,
            told,
        })
    }

    fn is_credit(&self, node: &Node) -> Result<Option<bool>, NoticeFault> {
        match node.text_at("CdtDbtInd") {
            None => Ok(None),
            Some("CRDT") => Ok(Some(true)),
            Some("DBIT") => Ok(Some(false)),
            Some(_) => Err(NoticeFault::Direction(self.at)),
        }
    }

    /// The older versions have it elsewhere.
    fn detail_amount(&self, detail: &Node) -> Result<Option<Amount>, NoticeFault> {
        match self.amount(detail)? {
            Some(amount) => Ok(Some(amount)),
            None => detail.at("AmtDtls/TxAmt").map_or(Ok(None), |detail| self.amount(detail)),
        }
    }

    fn amount(&self, node: &Node) -> Result<Option<Amount>, NoticeFault> {
        let Some(node) = node.at("Amt") else { return Ok(None) };
        let code = node.currency().ok_or(NoticeFault::Missing("Ccy"))?;
        let currency: Currency = code.parse().map_err(|_| NoticeFault::Currency(self.at))?;
        if self.account.text_at("Ccy").is_some_and(|account| account != code) {
            return Err(NoticeFault::Currency(self.at));
        }
        amount(node.text(), currency).map(Some).ok_or(NoticeFault::Amount(self.at))
    }
}

/// Why it was sent back, if it was.
fn returned(detail: &Node) -> Option<String> {
    let why = detail.at("RtrInf")?;
    let code = why.text_at("Rsn/Cd").or_else(|| why.text_at("Rsn/Prtry"));
    Some(short(code.unwrap_or_default()))
}

/// Our reference, if all that is written names one and no other; and what is written.
fn told(detail: &Node) -> (Option<Reference>, String) {
    let end_to_end = detail.text_at("Refs/EndToEndId").filter(|id| *id != "NOTPROVIDED");
    let mut texts: Vec<&str> = end_to_end.into_iter().collect();
    for remittance in detail.all("RmtInf") {
        texts.extend(remittance.all("Ustrd").map(Node::text));
        let structured = remittance.all("Strd");
        texts.extend(structured.filter_map(|part| part.text_at("CdtrRefInf/Ref")));
    }
    texts.retain(|text| !text.is_empty());
    let mut found = None;
    for reference in texts.iter().filter_map(|text| text.parse::<Reference>().ok()) {
        match found {
            Some(other) if other != reference => return (None, short(&texts.join(" "))),
            _ => found = Some(reference),
        }
    }
    texts.dedup();
    (found, short(&texts.join(" ")))
}

/// ISO 20022 Max140Text, and nothing that a terminal would obey.
fn short(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(140).collect()
}

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.";
const VERSIONS: [&str; 4] = ["02", "04", "06", "08"];
const LINES_MAX: usize = 10_000;
