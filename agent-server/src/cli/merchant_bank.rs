//! `agent-server merchants bank`: where a merchant is paid.

use clap::Args;
use serde_json::{Value, json};
use shared_protocol::{Localized, MerchantId};

use super::{Said, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    files::{BankAccount, IbanAccount, JapaneseAccount, Kana},
    store::{AccountNames, Store},
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
    /// What shoppers call the bank, Japanese: with it they may pay by transfer to this account
    #[arg(long, requires_all = ["bank_name_en", "holder"])]
    bank_name_ja: Option<String>,
    /// The same, English
    #[arg(long, requires = "bank_name_ja")]
    bank_name_en: Option<String>,
    /// What they call the branch, Japanese
    #[arg(long, requires_all = ["bank_name_ja", "branch_name_en"])]
    branch_name_ja: Option<String>,
    /// The same, English
    #[arg(long, requires = "branch_name_ja")]
    branch_name_en: Option<String>,
    /// Its bank says that there is no such account; saying the account again ends that
    #[arg(long, conflicts_with_all = ["number", "iban"])]
    refused: bool,
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
        if self.refused {
            store.refuse_payee(id.clone(), SystemClock.now()).await?;
        }
        let account = match self.given()? {
            None => store.merchant_account(&id).await?.ok_or("it is not known")?,
            Some(account) => {
                let (names, now) = (self.names(), SystemClock.now());
                store.put_merchant_account(id.clone(), account.clone(), names, now).await?;
                account
            }
        };
        Ok(Report::line(account.to_string(), shown(&id, &account)))
    }

    fn names(&self) -> Option<AccountNames> {
        let both = |ja: &Option<String>, en: &Option<String>| {
            Some(Localized { ja: ja.clone()?, en: en.clone()? })
        };
        Some(AccountNames {
            bank: both(&self.bank_name_ja, &self.bank_name_en)?,
            branch: both(&self.branch_name_ja, &self.branch_name_en).unwrap_or_default(),
        })
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
