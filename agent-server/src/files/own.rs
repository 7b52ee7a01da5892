//! Our own account at the bank, as the operator's settings have it (`[bank]`).

use serde::Deserialize;

use super::{AccountFault, Digits, IbanAccount, JapaneseAccount, Kana};

/// The operator's settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnBank {
    /// Our name as the bank knows it.
    pub name: String,
    /// Our IBAN, if we have one.
    pub iban: Option<String>,
    /// Our bank's BIC.
    pub bic: Option<String>,
    /// Our Japanese bank's code (金融機関コード).
    pub bank: Option<String>,
    /// Our branch's code (支店コード).
    pub branch: Option<String>,
    /// Kind of our account (預金種目): ordinary, current or savings.
    pub deposit: Option<String>,
    /// Its number (口座番号).
    pub number: Option<String>,
    /// Our name in kana.
    pub kana: Option<String>,
    /// What the bank calls us in files of transfers (振込依頼人コード, 10 digits).
    pub client_code: Option<String>,
    /// How the bank names our account in its notices, where it is not by IBAN.
    pub statement_account: Option<String>,
}

impl OwnBank {
    /// Our account by IBAN, if the settings have one.
    ///
    /// # Errors
    /// [`AccountFault`] if it is none.
    pub fn by_iban(&self) -> Result<Option<IbanAccount>, AccountFault> {
        let Some(iban) = &self.iban else { return Ok(None) };
        IbanAccount::new(iban, self.bic.as_deref(), &self.name).map(Some)
    }

    /// Our account at a Japanese bank, if the settings have one.
    ///
    /// # Errors
    /// [`AccountFault`] if it is none.
    pub fn in_japan(&self) -> Result<Option<JapaneseAccount>, AccountFault> {
        let Some(number) = &self.number else { return Ok(None) };
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let (bank, branch, deposit) = (text(&self.bank), text(&self.branch), text(&self.deposit));
        let holder = Kana::new(&text(&self.kana), Kana::CLIENT)?;
        JapaneseAccount::new([&bank, &branch, &deposit, number], holder).map(Some)
    }

    /// What the bank calls us, and our name in kana.
    ///
    /// # Errors
    /// [`AccountFault`] if the code or the name is missing.
    pub fn client(&self) -> Result<(Digits<10>, Kana), AccountFault> {
        let code = self.client_code.as_deref().unwrap_or_default().parse();
        let kana = Kana::new(self.kana.as_deref().unwrap_or_default(), Kana::CLIENT)?;
        Ok((code.map_err(|_| AccountFault::Client)?, kana))
    }

    /// Whether a notice about the account that is called so is about ours.
    pub fn is_called(&self, name: &str) -> bool {
        let iban = self.by_iban().ok().flatten();
        let is_iban = iban.is_some_and(|account| account.iban() == name);
        is_iban || self.statement_account.as_deref() == Some(name)
    }

    /// Whether all that is there is an account.
    ///
    /// # Errors
    /// [`AccountFault`] says what is not.
    pub fn check(&self) -> Result<(), AccountFault> {
        self.by_iban()?;
        self.in_japan()?;
        if self.client_code.is_some() { self.client().map(drop) } else { Ok(()) }
    }
}
