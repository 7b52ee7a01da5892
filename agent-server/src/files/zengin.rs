//! 全銀協 総合振込: a header, a record for each payment, a trailer with their count and sum, and an
//! end, each of 120 bytes of JIS X 0201 and CRLF.

use super::{BankAccount, Batch, BatchFault, JapaneseAccount, Payment};

/// Bytes of a record, without CRLF.
pub const RECORD: usize = 120;
/// The most that a record holds (10 digits).
pub const AMOUNT_MAX: u64 = 9_999_999_999;
/// 12 digits.
const TOTAL_MAX: u64 = 999_999_999_999;
/// 6 digits.
const PAYMENTS_MAX: usize = 999_999;

/// Writes the file.
pub(super) fn write(batch: &Batch<'_>) -> Result<Vec<u8>, BatchFault> {
    if batch.currency != shared_protocol::Currency::JPY {
        return Err(BatchFault::NotYen);
    }
    if batch.payments.len() > PAYMENTS_MAX {
        return Err(BatchFault::Many(PAYMENTS_MAX));
    }
    let total = batch.total()?;
    if total.minor > TOTAL_MAX {
        return Err(BatchFault::Large);
    }
    let mut file = header(batch)?;
    for payment in &batch.payments {
        let BankAccount::Japanese(to) = &payment.to else { return Err(BatchFault::NotJapanese) };
        file.extend(data(payment, to));
    }
    let trailer = Record::of('8').digits(batch.payments.len(), 6).digits(total.minor, 12);
    file.extend(trailer.end());
    file.extend(Record::of('9').end());
    Ok(file)
}

fn header(batch: &Batch<'_>) -> Result<Vec<u8>, BatchFault> {
    let own = batch.from.in_japan().ok().flatten().ok_or(BatchFault::NoOwnAccount("number"))?;
    let (code, name) =
        batch.from.client().map_err(|_| BatchFault::NoOwnAccount("client_code, kana"))?;
    let record = Record::of('1')
        .text("21") // 種別コード: 総合振込
        .text("0") // コード区分: JIS
        .text(&code.to_string())
        .bytes(&name.bytes(), 40)
        .digits(batch.day.month(), 2)
        .digits(batch.day.day(), 2)
        .text(&own.bank.to_string())
        .bytes(b"", 15) // 仕向銀行名
        .text(&own.branch.to_string())
        .bytes(b"", 15) // 仕向支店名
        .text(&own.deposit.digit().to_string())
        .text(&own.number.to_string());
    Ok(record.end())
}

fn data(payment: &Payment, to: &JapaneseAccount) -> Vec<u8> {
    Record::of('2')
        .text(&to.bank.to_string())
        .bytes(b"", 15) // 被仕向銀行名
        .text(&to.branch.to_string())
        .bytes(b"", 15) // 被仕向支店名
        .digits(0, 4) // 手形交換所番号
        .text(&to.deposit.digit().to_string())
        .text(&to.number.to_string())
        .bytes(&to.holder.bytes(), 30)
        .digits(payment.amount.minor, 10)
        .text("0") // 新規コード
        .digits(payment.payout, 20) // 顧客コード1, 2: our reference
        .text("7") // 振込指定区分: 電信
        .end()
}

/// A record as far as it is written.
struct Record(Vec<u8>);

impl Record {
    fn of(kind: char) -> Self {
        Self(Vec::with_capacity(RECORD + 2)).text(&kind.to_string())
    }

    fn text(mut self, text: &str) -> Self {
        self.0.extend(text.bytes());
        self
    }

    /// To the right, with zeros before it.
    fn digits(self, number: impl std::fmt::Display, width: usize) -> Self {
        let number = number.to_string();
        self.text(&format!("{number:0>width$}"))
    }

    /// To the left, with spaces behind it.
    fn bytes(mut self, bytes: &[u8], width: usize) -> Self {
        let end = self.0.len() + width;
        self.0.extend(bytes);
        self.0.resize(end, b' ');
        self
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(RECORD, b' ');
        self.0.extend(b"\r\n");
        self.0
    }
}
