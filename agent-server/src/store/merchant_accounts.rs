//! Where merchants are paid.

use shared_protocol::{MerchantId, Timestamp};

use super::{
    Fault, Store,
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
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(PutAccount { merchant, account, now }).await
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

struct PutAccount {
    merchant: MerchantId,
    account: BankAccount,
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
        let holder = by_iban.map(IbanAccount::holder);
        let holder = holder.or(in_japan.map(|account| account.holder.as_str()));
        sqlx::query(
            "INSERT INTO merchant_accounts (merchant, iban, bic, bank, branch, deposit, number,
                 holder, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (merchant) DO UPDATE SET iban = $2, bic = $3, bank = $4, branch = $5,
                 deposit = $6, number = $7, holder = $8, updated_at = $9, updated_by = $10",
        )
        .bind(self.merchant.as_str())
        .bind(by_iban.map(IbanAccount::iban))
        .bind(by_iban.and_then(IbanAccount::bic))
        .bind(in_japan.map(|account| account.bank.to_string()))
        .bind(in_japan.map(|account| account.branch.to_string()))
        .bind(in_japan.map(|account| Deposit::name(account.deposit)))
        .bind(in_japan.map(|account| account.number.to_string()))
        .bind(holder)
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}
