//! `agent-server merchants bank`: where a merchant is paid.

use clap::Args;
use serde_json::{Value, json};
use shared_protocol::MerchantId;

use super::{Said, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    files::{BankAccount, IbanAccount, JapaneseAccount, Kana},
    store::Store,
};

/// Show where a merchant is paid, or say it: by IBAN, or at a Japanese bank.
#[derive(Args)]
pub struct Bank {
    /// mrc_…
    id: String,
    /// IBAN, with or without spaces
    #[arg(long, conflicts_with = "number", requires = "holder")]
    iban: Option<String>,
    /// The bank's BIC
    #[arg(long, requires = "iban")]
    bic: Option<String>,
    /// 金融機関コード, 4 digits
    #[arg(long, requires = "number")]
    bank: Option<String>,
    /// 支店コード, 3 digits
    #[arg(long, requires = "number")]
    branch: Option<String>,
    /// 預金種目: ordinary, current or savings
    #[arg(long, requires = "number", default_value = "ordinary")]
    deposit: String,
    /// 口座番号, 7 digits at most
    #[arg(long, requires_all = ["bank", "branch", "holder"])]
    number: Option<String>,
    /// Whose account it is; at a Japanese bank in kana, of any width
    #[arg(long)]
    holder: Option<String>,
}

impl Bank {
    /// Runs it.
    pub async fn run(&self, store: &Store) -> Said {
        let id: MerchantId =
            self.id.parse().map_err(|_| format!("{}: an id is mrc_ and a-z 0-9 _", self.id))?;
        if store.merchant(&id).await?.is_none() {
            return Err(format!("{id} is not registered").into());
        }
        let account = match self.given()? {
            None => store.merchant_account(&id).await?.ok_or("it is not known")?,
            Some(account) => {
                store.put_merchant_account(id.clone(), account.clone(), SystemClock.now()).await?;
                account
            }
        };
        Ok(Report::line(account.to_string(), shown(&id, &account)))
    }

    fn given(&self) -> Result<Option<BankAccount>, Box<dyn std::error::Error + Send + Sync>> {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let holder = text(&self.holder);
        if let Some(iban) = &self.iban {
            let account = IbanAccount::new(iban, self.bic.as_deref(), &holder)?;
            return Ok(Some(BankAccount::Iban(account)));
        }
        let Some(number) = &self.number else { return Ok(None) };
        let holder = Kana::new(&holder, Kana::PAYEE)?;
        let (bank, branch) = (text(&self.bank), text(&self.branch));
        let account = JapaneseAccount::new([&bank, &branch, &self.deposit, number], holder)?;
        Ok(Some(BankAccount::Japanese(account)))
    }
}

fn shown(id: &MerchantId, account: &BankAccount) -> Value {
    match account {
        BankAccount::Iban(account) => json!({
            "merchant": id.as_str(),
            "iban": account.iban(),
            "bic": account.bic(),
            "holder": account.holder(),
        }),
        BankAccount::Japanese(account) => json!({
            "merchant": id.as_str(),
            "bank": account.bank.to_string(),
            "branch": account.branch.to_string(),
            "deposit": account.deposit.name(),
            "number": account.number.to_string(),
            "holder": account.holder.as_str(),
        }),
    }
}
