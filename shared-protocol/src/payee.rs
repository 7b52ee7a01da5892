//! Where a merchant is paid by transfer: the agent's word on it stands in the Mark, and the payment
//! half orders a transfer there (Cl. 3, ¶71). A shopper types nothing of it.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::{
    Localized,
    role::{Agent, VisibleTo},
};

/// A merchant's bank account, as its bank knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee {
    /// The bank's name.
    pub bank: Localized,
    /// The branch's name; empty where the account has an IBAN.
    pub branch: Localized,
    /// The account: bank, branch, kind and number (`0005-123-ordinary-1234567`), or the IBAN.
    pub account: String,
    /// Whose it is, letter for letter as the bank sees it: in Japan in half-width kana.
    pub holder: String,
}

impl VisibleTo<Agent> for Option<Payee> {}

impl Payee {
    /// The last three symbols of the number: enough to recognise it.
    pub fn tail(&self) -> &str {
        let last = self.account.len().saturating_sub(3);
        self.account.get(last..).unwrap_or_default()
    }
}
