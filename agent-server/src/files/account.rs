//! Bank accounts: an IBAN (ISO 13616) whose check digits hold, or bank, branch, kind and number as
//! Japanese banks have them, with the holder in half-width kana.

use std::{fmt, str::FromStr};

use iban::{Iban, IbanLike as _};

use super::{Kana, KanaFault};

/// Where somebody is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankAccount {
    /// By IBAN.
    Iban(IbanAccount),
    /// At a Japanese bank.
    Japanese(JapaneseAccount),
}

impl BankAccount {
    /// Whose it is.
    pub fn holder(&self) -> &str {
        match self {
            Self::Iban(account) => account.holder(),
            Self::Japanese(account) => account.holder.as_str(),
        }
    }

    /// All of it on one line, as people compare it before they sign.
    pub fn in_full(&self) -> String {
        match self {
            Self::Iban(account) => {
                let bic = account.bic().unwrap_or("-");
                format!("{}  {bic}  {}", account.iban(), account.holder())
            }
            Self::Japanese(JapaneseAccount { bank, branch, deposit, number, holder }) => {
                format!("{bank}-{branch}  {}  {number}  {holder}", deposit.name())
            }
        }
    }
}

/// The IBAN, or bank, branch, kind and number.
impl fmt::Display for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iban(account) => f.write_str(account.iban()),
            Self::Japanese(JapaneseAccount { bank, branch, deposit, number, .. }) => {
                write!(f, "{bank}-{branch}-{}-{number}", deposit.name())
            }
        }
    }
}

/// An account that has an IBAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IbanAccount {
    iban: Iban,
    bic: Option<String>,
    holder: String,
}

impl IbanAccount {
    /// The account of this IBAN, at the bank of this BIC (ISO 9362), of this holder.
    ///
    /// # Errors
    /// [`AccountFault`] says which of them is none.
    pub fn new(iban: &str, bic: Option<&str>, holder: &str) -> Result<Self, AccountFault> {
        let iban = iban.parse().map_err(|_| AccountFault::Iban)?;
        let bic = bic.map(str::to_owned);
        if bic.as_deref().is_some_and(|bic| !is_bic(bic)) {
            return Err(AccountFault::Bic);
        }
        let holder = holder.trim().to_owned();
        let is_name = !holder.is_empty()
            && holder.chars().count() <= HOLDER_MAX
            && !holder.chars().any(char::is_control);
        if is_name { Ok(Self { iban, bic, holder }) } else { Err(AccountFault::Holder) }
    }

    /// The IBAN without spaces.
    pub fn iban(&self) -> &str {
        self.iban.electronic_str()
    }

    /// The bank's BIC, if it is known.
    pub fn bic(&self) -> Option<&str> {
        self.bic.as_deref()
    }

    /// Whose it is.
    pub fn holder(&self) -> &str {
        &self.holder
    }
}

/// An account at a Japanese bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JapaneseAccount {
    /// 金融機関コード
    pub bank: Digits<4>,
    /// 支店コード
    pub branch: Digits<3>,
    /// 預金種目
    pub deposit: Deposit,
    /// 口座番号
    pub number: Digits<7>,
    /// 口座名義
    pub holder: Kana,
}

impl JapaneseAccount {
    /// The account that these texts name.
    ///
    /// # Errors
    /// [`AccountFault`] says which of them is wrong.
    pub fn new(
        [bank, branch, deposit, number]: [&str; 4],
        holder: Kana,
    ) -> Result<Self, AccountFault> {
        // 口座番号 shorter than seven digits get zeros before them (全銀協).
        let number = format!("{number:0>7}");
        Ok(Self {
            bank: bank.parse().map_err(|_| AccountFault::Bank)?,
            branch: branch.parse().map_err(|_| AccountFault::Branch)?,
            deposit: Deposit::from_name(deposit).ok_or(AccountFault::Deposit)?,
            number: number.parse().map_err(|_| AccountFault::Number)?,
            holder,
        })
    }
}

/// 預金種目
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deposit {
    /// 普通
    Ordinary,
    /// 当座
    Current,
    /// 貯蓄
    Savings,
}

impl Deposit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ordinary, Self::Current, Self::Savings];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Current => "current",
            Self::Savings => "savings",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deposit| deposit.name() == name)
    }

    /// Its digit in files of the Zengin format.
    pub const fn digit(self) -> char {
        match self {
            Self::Ordinary => '1',
            Self::Current => '2',
            Self::Savings => '4',
        }
    }
}

/// A code of so many digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits<const N: usize>([u8; N]);

impl<const N: usize> FromStr for Digits<N> {
    type Err = AccountFault;

    fn from_str(text: &str) -> Result<Self, AccountFault> {
        let bytes: [u8; N] = text.as_bytes().try_into().map_err(|_| AccountFault::Number)?;
        let is_number = bytes.iter().all(u8::is_ascii_digit);
        if is_number { Ok(Self(bytes)) } else { Err(AccountFault::Number) }
    }
}

impl<const N: usize> fmt::Display for Digits<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

/// Why something is no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// ISO 13616, its country's form, or its check digits.
    #[error("this is no IBAN: its form or its check digits are wrong")]
    Iban,
    /// ISO 9362
    #[error("a BIC is 8 or 11 capital letters and digits")]
    Bic,
    /// Nobody's name.
    #[error("the holder's name has 1 to 70 characters")]
    Holder,
    /// 金融機関コード
    #[error("a bank's code has 4 digits")]
    Bank,
    /// 支店コード
    #[error("a branch's code has 3 digits")]
    Branch,
    /// 預金種目
    #[error("an account is ordinary (普通), current (当座) or savings (貯蓄)")]
    Deposit,
    /// 口座番号
    #[error("an account's number has 7 digits at most")]
    Number,
    /// 振込依頼人コード
    #[error("what the bank calls us (client_code) has 10 digits")]
    Client,
    /// 口座名義
    #[error(transparent)]
    Kana(#[from] KanaFault),
}

/// ISO 9362, as pain.001.001.09 writes it (BICFIDec2014Identifier).
fn is_bic(text: &str) -> bool {
    let is_code = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
    matches!(text.len(), 8 | 11)
        && text.bytes().all(is_code)
        && text.bytes().skip(4).take(2).all(|c| c.is_ascii_uppercase())
}

/// What all banks take of a name (EPC's rules for SEPA; ISO 20022 would take 140).
const HOLDER_MAX: usize = 70;
