//! Where merchants are paid.

use shared_protocol::{Localized, MerchantId, Payee, Timestamp};

use super::{
    Fault, Store,
    merchants::localized,
    payout_returns,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::files::{BankAccount, Deposit, IbanAccount, JapaneseAccount, Kana};

impl Store {
    /// Where a merchant is paid, if it is known.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant_account(&self, id: &MerchantId) -> Result<Option<BankAccount>, Fault> {
        let row = sqlx::query("SELECT * FROM merchant_accounts WHERE merchant = $1")
            .bind(id.as_str())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(account).transpose()
    }

    /// Says where a merchant is paid from now on; files that were made stay as they are.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn put_merchant_account(
        &self,
        merchant: MerchantId,
        account: BankAccount,
        names: Option<AccountNames>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(PutAccount { merchant, account, names, now }).await
    }

    /// Whether a merchant's bank has said that its account is none; `None` if it is not known.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn is_payee_refused(&self, id: &MerchantId) -> Result<Option<bool>, Fault> {
        let row = sqlx::query("SELECT refused_at FROM merchant_accounts WHERE merchant = $1")
            .bind(id.as_str())
            .fetch_optional(&self.0.reads)
            .await?;
        row.map(|row| Ok(row.moment_or_none("refused_at")?.is_some())).transpose()
    }

    /// Notes that a merchant's bank says that its account is none (158); another account, or the
    /// same put again, ends that.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn refuse_payee(&self, merchant: MerchantId, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(RefusePayee { merchant, now }).await
    }
}

/// The account in a row that has the columns of `merchant_accounts`.
pub(super) fn account(row: &Row) -> Result<BankAccount, Fault> {
    let holder: &str = row.cell("holder")?;
    if let Some(iban) = row.cell::<Option<&str>>("iban")? {
        let read = IbanAccount::new(iban, row.cell("bic")?, holder);
        return read.map(BankAccount::Iban).map_err(|_| Fault::Damaged("iban"));
    }
    let parts = [row.cell("bank")?, row.cell("branch")?, row.cell("deposit")?, row.cell("number")?];
    let holder = Kana::new(holder, Kana::PAYEE).map_err(|_| Fault::Damaged("holder"))?;
    let read = JapaneseAccount::new(parts, holder).map_err(|_| Fault::Damaged("number"))?;
    Ok(BankAccount::Japanese(read))
}

/// What shoppers see of an account: the names of bank and branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountNames {
    /// Of the bank.
    pub bank: Localized,
    /// Of the branch; empty where there is none.
    pub branch: Localized,
}

/// Where transfers to a merchant go, in a row that has the columns of `merchant_accounts`.
pub(super) fn payee(row: &Row) -> Result<Option<Payee>, Fault> {
    if row.cell::<Option<&str>>("bank_ja")?.is_none() {
        return Ok(None);
    }
    let account = account(row)?;
    Ok(Some(Payee {
        bank: localized(row, "bank_ja", "bank_en")?,
        branch: localized(row, "branch_ja", "branch_en")?,
        holder: account.holder().into(),
        account: account.to_string(),
    }))
}

struct RefusePayee {
    merchant: MerchantId,
    now: Timestamp,
}

impl Work for RefusePayee {
    type Answer = ();
    const NAME: &'static str = "refuse-payee";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        refuse(tx, &self.merchant, (self.now, Self::NAME)).await
    }
}

/// Notes that nothing can be paid into a merchant's account.
pub(super) async fn refuse(
    tx: &mut Tx<'_>,
    merchant: &MerchantId,
    (now, by): (Timestamp, &'static str),
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE merchant_accounts SET refused_at = $2, updated_by = $3 WHERE merchant = $1",
    )
    .bind(merchant.as_str())
    .bind(now.as_millis())
    .bind(by)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

struct PutAccount {
    merchant: MerchantId,
    account: BankAccount,
    names: Option<AccountNames>,
    now: Timestamp,
}

impl Work for PutAccount {
    type Answer = ();
    const NAME: &'static str = "put-merchant-account";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (by_iban, in_japan) = match &self.account {
            BankAccount::Iban(account) => (Some(account), None),
            BankAccount::Japanese(account) => (None, Some(account)),
        };
        sqlx::query(
            "INSERT INTO merchant_accounts (merchant, iban, bic, bank, branch, deposit, number,
                 holder, updated_at, updated_by, bank_ja, bank_en, branch_ja, branch_en)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (merchant) DO UPDATE SET iban = $2, bic = $3, bank = $4, branch = $5,
                 deposit = $6, number = $7, holder = $8, updated_at = $9, updated_by = $10,
                 bank_ja = $11, bank_en = $12, branch_ja = $13, branch_en = $14,
                 refused_at = NULL",
        )
        .bind(self.merchant.as_str())
        .bind(by_iban.map(IbanAccount::iban))
        .bind(by_iban.and_then(IbanAccount::bic))
        .bind(in_japan.map(|account| account.bank.to_string()))
        .bind(in_japan.map(|account| account.branch.to_string()))
        .bind(in_japan.map(|account| Deposit::name(account.deposit)))
        .bind(in_japan.map(|account| account.number.to_string()))
        .bind(self.account.holder())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .bind(self.names.as_ref().map(|names| names.bank.ja.as_str()))
        .bind(self.names.as_ref().map(|names| names.bank.en.as_str()))
        .bind(self.names.as_ref().map(|names| names.branch.ja.as_str()))
        .bind(self.names.as_ref().map(|names| names.branch.en.as_str()))
        .execute(&mut *tx.connection)
        .await?;
        // The Mark says where transfers go: it is another one from now on.
        sqlx::query("UPDATE merchants SET serial = serial + 1 WHERE id = $1")
            .bind(self.merchant.as_str())
            .execute(&mut *tx.connection)
            .await?;
        // What came back from the account of before is paid again.
        payout_returns::release_all(tx, &self.merchant, self.now).await
    }
}
