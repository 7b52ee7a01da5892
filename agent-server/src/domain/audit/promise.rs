//! What was signed about a purchase: Grant, tally, the merchant's word, the shopper's.

use shared_protocol::{Channel, Confirmation, Grant, Outcome, PurchaseEvent, Verified};

use super::{Damage, Findings, story::Told};
use crate::{domain::key_history::KeyHistory, store::PurchaseBooks};

/// Checks all of it; returns the Grant as far as it can be read.
pub(super) fn check(
    books: &PurchaseBooks,
    own: &KeyHistory,
    told: &Told,
    row: &str,
    out: &mut Findings,
) -> Option<Grant> {
    let signed = books.purchase.grant.as_ref()?;
    // Long after its key was retired it holds by the key of its time.
    let issued = signed.claimed().ok()?.issued;
    let grant = match own.verify(signed, issued).map(Verified::into_inner) {
        Ok(grant) => grant,
        Err(problem) => {
            out.note(Damage::GrantForged, row, "the agent's signature", problem);
            signed.claimed().ok()?
        }
    };
    check_columns(books, &grant, row, out);
    match books.tally.verify() {
        Ok(tally) => {
            out.holds(Damage::TallyOther, row, books.tally.tally.digest() == grant.tally);
            let is_same = tally.purchase == grant.purchase && tally.amount == grant.amount;
            out.holds(Damage::TallyOther, row, is_same);
        }
        Err(problem) => out.note(Damage::TallyForged, row, "its signature", problem),
    }
    check_acceptance(books, own, told, row, out);
    check_refusal(books, told, row, out);
    check_confirmation(books, &grant, own, told, row, out);
    Some(grant)
}

fn check_columns(books: &PurchaseBooks, grant: &Grant, row: &str, out: &mut Findings) {
    let purchase = &books.purchase;
    let (expected, found) = (grant.amount, purchase.amount);
    let said =
        |amount: shared_protocol::Amount| format!("{} {}", amount.minor, amount.currency.code());
    out.same(Damage::GrantAmount, row, said(expected), said(found));
    out.same(Damage::GrantOther, row, grant.purchase.to_string(), purchase.id.to_string());
    out.same(Damage::GrantOther, row, grant.merchant.to_string(), purchase.merchant.to_string());
    let number = books.handling_number.clone().unwrap_or_default();
    out.same(Damage::GrantOther, row, grant.handling_number.compact().to_owned(), number);
    if purchase.contract.is_none() {
        out.note(Damage::ContractMissing, row, "a contract", "none");
    }
}

fn check_acceptance(
    books: &PurchaseBooks,
    own: &KeyHistory,
    told: &Told,
    row: &str,
    out: &mut Findings,
) {
    let was_accepted = told.has(PurchaseEvent::OrderAccepted);
    match &books.purchase.acceptance {
        None if was_accepted => {
            out.note(Damage::AcceptanceMissing, row, "an Acceptance", "none");
        }
        None => {}
        Some(word) => {
            let came = told.at(PurchaseEvent::OrderAccepted);
            // The agent signs in the place of a shop that holds no key.
            let held = books.merchant_keys.verify(word, came).or_else(|_| own.verify(word, came));
            let checked = held.and_then(|word| books.purchase.check_acceptance(&word));
            if let Err(problem) = checked {
                out.note(Damage::AcceptanceForged, row, "the merchant's word", problem);
            }
            if !was_accepted {
                out.note(Damage::AcceptanceUnexpected, row, "none", "an Acceptance");
            }
        }
    }
}

fn check_refusal(books: &PurchaseBooks, told: &Told, row: &str, out: &mut Findings) {
    match &books.purchase.refusal {
        None if told.has(PurchaseEvent::OrderRefused) => {
            out.note(Damage::RefusalMissing, row, "a Refusal", "none");
        }
        None => {}
        Some(word) => {
            let came = told.at(PurchaseEvent::OrderRefused);
            let held = books.merchant_keys.verify(word, came);
            let checked = held.and_then(|word| books.purchase.check_refusal(&word));
            if let Err(problem) = checked {
                out.note(Damage::RefusalForged, row, "the merchant's word", problem);
            }
        }
    }
}

fn check_confirmation(
    books: &PurchaseBooks,
    grant: &Grant,
    own: &KeyHistory,
    told: &Told,
    row: &str,
    out: &mut Findings,
) {
    let expected = told.outcome();
    let Some(word) = &books.purchase.confirmation else {
        if let Some(outcome) = expected {
            let expected = format!("a Confirmation {outcome:?}");
            out.note(Damage::ConfirmationMissing, row, expected, "none");
        }
        return;
    };
    let decided = word.claimed().map_or(grant.issued, |said| said.decided);
    let said = match own.verify(word, decided) {
        Ok(said) => said,
        Err(problem) => {
            out.note(Damage::ConfirmationForged, row, "the agent's signature", problem);
            return;
        }
    };
    let is_about_it = said.purchase == grant.purchase
        && said.merchant == grant.merchant
        && said.handling_number == grant.handling_number;
    out.holds(Damage::ConfirmationOther, row, is_about_it);
    let name = |outcome: Option<Outcome>| format!("{outcome:?}");
    out.same(Damage::ConfirmationOther, row, name(expected), name(Some(said.outcome)));
    check_recorded(books.recorded.as_deref(), &said, row, out);
}

/// What staff wrote down is what they signed with it, unless the shopper took it back since.
fn check_recorded(recorded: Option<&str>, said: &Confirmation, row: &str, out: &mut Findings) {
    let outcome = match said.outcome {
        Outcome::Confirmed => "confirmed",
        Outcome::Cancelled | Outcome::Expired => "cancelled",
    };
    let expected = (said.channel == Channel::Staff).then_some(outcome);
    let was_taken_back =
        expected.is_none() && recorded == Some("confirmed") && outcome == "cancelled";
    if !was_taken_back {
        let named = |answer: Option<&str>| answer.unwrap_or("none").to_owned();
        out.same(Damage::AnswerOther, row, named(expected), named(recorded));
    }
}
