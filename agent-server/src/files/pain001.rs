//! ISO 20022 pain.001.001.09, CustomerCreditTransferInitiation: one block of payments from our
//! account. Elements stand in the order of the schema.

use std::io;

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use shared_protocol::Timestamp;

use super::{
    BankAccount, Batch, BatchFault, Deposit, JapaneseAccount, Payment, Reference, decimal,
};

/// The message's namespace.
pub const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
/// More than a bank takes in one block of payments.
const PAYMENTS_MAX: usize = 100_000;

type Xml = Writer<Vec<u8>>;

/// Writes the file.
pub(super) fn write(batch: &Batch<'_>) -> Result<Vec<u8>, BatchFault> {
    if batch.payments.len() > PAYMENTS_MAX {
        return Err(BatchFault::Many(PAYMENTS_MAX));
    }
    let own = own_account(batch)?;
    let sums = Sums {
        count: batch.payments.len().to_string(),
        total: decimal(batch.total()?.minor, batch.currency),
    };
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("Document").with_attribute(("xmlns", NAMESPACE)).write_inner_content(
        |xml| {
            within(xml, "CstmrCdtTrfInitn", |xml| {
                within(xml, "GrpHdr", |xml| group_header(xml, batch, &sums))?;
                within(xml, "PmtInf", |xml| payments(xml, batch, &sums, &own))
            })
        },
    )?;
    let mut file = xml.into_inner();
    file.push(b'\n');
    Ok(file)
}

struct Sums {
    count: String,
    total: String,
}

fn own_account(batch: &Batch<'_>) -> Result<BankAccount, BatchFault> {
    let missing = BatchFault::NoOwnAccount("iban, or bank, branch, deposit, number, kana");
    let by_iban = batch.from.by_iban().ok().flatten().map(BankAccount::Iban);
    let in_japan = || batch.from.in_japan().ok().flatten().map(BankAccount::Japanese);
    by_iban.or_else(in_japan).ok_or(missing)
}

fn group_header(xml: &mut Xml, batch: &Batch<'_>, sums: &Sums) -> io::Result<()> {
    text(xml, "MsgId", &batch.message)?;
    text(xml, "CreDtTm", &moment(batch.made))?;
    text(xml, "NbOfTxs", &sums.count)?;
    text(xml, "CtrlSum", &sums.total)?;
    within(xml, "InitgPty", |xml| text(xml, "Nm", &batch.from.name))
}

fn payments(xml: &mut Xml, batch: &Batch<'_>, sums: &Sums, own: &BankAccount) -> io::Result<()> {
    text(xml, "PmtInfId", &batch.message)?;
    text(xml, "PmtMtd", "TRF")?;
    text(xml, "NbOfTxs", &sums.count)?;
    text(xml, "CtrlSum", &sums.total)?;
    within(xml, "ReqdExctnDt", |xml| text(xml, "Dt", &batch.day.to_string()))?;
    within(xml, "Dbtr", |xml| text(xml, "Nm", &batch.from.name))?;
    within(xml, "DbtrAcct", |xml| account(xml, own))?;
    within(xml, "DbtrAgt", |xml| agent(xml, own))?;
    text(xml, "ChrgBr", "SLEV")?;
    batch
        .payments
        .iter()
        .try_for_each(|payment| within(xml, "CdtTrfTxInf", |xml| transaction(xml, payment)))
}

fn transaction(xml: &mut Xml, payment: &Payment) -> io::Result<()> {
    let reference = Reference::Payout(payment.payout).to_string();
    within(xml, "PmtId", |xml| text(xml, "EndToEndId", &reference))?;
    let (amount, to) = (payment.amount, &payment.to);
    within(xml, "Amt", |xml| {
        let shown = decimal(amount.minor, amount.currency);
        let element = xml.create_element("InstdAmt");
        let element = element.with_attribute(("Ccy", amount.currency.code()));
        element.write_text_content(BytesText::new(&shown)).map(drop)
    })?;
    within(xml, "CdtrAgt", |xml| agent(xml, to))?;
    within(xml, "Cdtr", |xml| {
        let name = match to {
            BankAccount::Iban(account) => account.holder(),
            BankAccount::Japanese(account) => account.holder.as_str(),
        };
        text(xml, "Nm", name)
    })?;
    within(xml, "CdtrAcct", |xml| account(xml, to))?;
    within(xml, "RmtInf", |xml| text(xml, "Ustrd", &reference))
}

/// The account's bank.
fn agent(xml: &mut Xml, of: &BankAccount) -> io::Result<()> {
    within(xml, "FinInstnId", |xml| match of {
        BankAccount::Iban(account) => match account.bic() {
            Some(bic) => text(xml, "BICFI", bic),
            // Whoever knows the IBAN knows the bank.
            None => within(xml, "Othr", |xml| text(xml, "Id", "NOTPROVIDED")),
        },
        BankAccount::Japanese(JapaneseAccount { bank, branch, .. }) => {
            within(xml, "ClrSysMmbId", |xml| {
                within(xml, "ClrSysId", |xml| text(xml, "Cd", "JPZGN"))?;
                text(xml, "MmbId", &format!("{bank}{branch}"))
            })
        }
    })
}

fn account(xml: &mut Xml, of: &BankAccount) -> io::Result<()> {
    match of {
        BankAccount::Iban(account) => within(xml, "Id", |xml| text(xml, "IBAN", account.iban())),
        BankAccount::Japanese(JapaneseAccount { number, deposit, .. }) => {
            within(xml, "Id", |xml| {
                within(xml, "Othr", |xml| text(xml, "Id", &number.to_string()))
            })?;
            within(xml, "Tp", |xml| match deposit {
                Deposit::Current => text(xml, "Cd", "CACC"),
                Deposit::Ordinary => text(xml, "Cd", "SVGS"),
                Deposit::Savings => text(xml, "Prtry", &deposit.digit().to_string()),
            })
        }
    }
}

fn within(
    xml: &mut Xml,
    name: &str,
    inner: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    xml.create_element(name).write_inner_content(inner).map(drop)
}

fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(text)).map(drop)
}

/// ISODateTime, in UTC, to the second.
fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_secs()).unwrap_or_default().to_string()
}
