//! The money of a purchase: each word of the merchant's booked again from what was signed, and held
//! against sums, shares and entries; bills and payments held against theirs.

use shared_protocol::{
    Amount, BasisPoints, Claim, DecodeError, Grant, Message, PlanClass, Problem, PurchaseState,
    Refund, Settlement, ShippingNotice, Signed, Void, decode,
};

use super::{
    Audited, Damage, Findings,
    books::check_entry,
    purchase::{Share, total},
};
use crate::{
    domain::{
        ledger::Entry,
        settlement::{
            Booking, MerchantWord, Settles, Terms, UPHELD, WordKind, book, upheld_digest, uphold,
        },
    },
    store::{PurchaseBooks, StoredBill, StoredPart, StoredWord},
};

/// Checks all of it.
pub(super) fn check(
    books: &PurchaseBooks,
    grant: &Grant,
    fee: u64,
    state: PurchaseState,
    audited: &mut Audited,
    out: &mut Findings,
) {
    let row = audited.row.clone();
    let contract = books.purchase.contract.unwrap_or_default();
    let total = total(grant, fee);
    let fee_rate = books.sums.as_ref().and_then(|sums| u16::try_from(sums.fee_rate).ok());
    let terms = Terms {
        purchase: grant.purchase,
        contract,
        merchant: grant.merchant.clone(),
        amount: grant.amount,
        plan_fee: Amount { minor: fee, ..grant.amount },
        fee_rate: BasisPoints(fee_rate.unwrap_or_default()),
    };
    let replay = Replay { books, terms: &terms };
    let settlement = replay.words(audited, out);
    replay.sums(settlement, &row, out);
    let (billed, paid) = replay.bills(audited, out);
    if let Some(sums) = &books.sums {
        out.same(Damage::Billed, &row, billed, i128::from(sums.billed));
        out.same(Damage::Paid, &row, paid, i128::from(sums.paid));
    }
    if billed > i128::from(total.minor) {
        out.note(Damage::OverBilled, &row, format!("at most {}", total.minor), billed);
    }
    let may_be_settled = matches!(state, PurchaseState::Confirmed | PurchaseState::Cancelled);
    if !books.words.is_empty() && !may_be_settled {
        out.note(Damage::Settled, &row, "confirmed", state.name());
    }
    let was_given_back = books.words.iter().any(|word| word.kind == UPHELD);
    let is_upheld = books.resolution.as_deref() == Some(UPHELD);
    out.same(Damage::Upheld, &row, was_given_back, is_upheld);
    let holds_credit = state.holds_credit() && grant.plan_class != PlanClass::Transfer;
    audited.held = match (holds_credit, settlement) {
        (false, _) => 0,
        (true, Some(settlement)) => terms.held(settlement, u64::try_from(paid).unwrap_or(0)),
        (true, None) => total.minor,
    };
}

/// The sums that a word's row says, if they can be.
fn stored_sums(stored: &StoredWord, terms: &Terms) -> Option<Settlement> {
    let sum = |minor: i64| u64::try_from(minor).ok();
    let (claimed, voided) = (sum(stored.claimed)?, sum(stored.voided)?);
    Settlement::with(terms.amount, claimed, voided, sum(stored.refunded)?)
}

/// The books of a purchase, written again.
struct Replay<'a> {
    books: &'a PurchaseBooks,
    terms: &'a Terms,
}

impl Replay<'_> {
    /// Books every word again; `None` if there are none.
    fn words(&self, audited: &mut Audited, out: &mut Findings) -> Option<Settlement> {
        let mut sums = Settlement::of(self.terms.amount);
        for (expected, stored) in (1_i64..).zip(&self.books.words) {
            let row = self.name_of(stored);
            out.same(Damage::WordGap, &row, expected, stored.number);
            let mut share = stored.share;
            match self.again(stored, sums, &row, out) {
                Some(booking) => {
                    sums = booking.settlement;
                    share = booking.share;
                    self.compare(stored, &booking, &row, out);
                }
                // Found once: what comes after is booked on what stands here.
                None => sums = stored_sums(stored, self.terms).unwrap_or(sums),
            }
            if let Some(entry) = stored.entry {
                audited.entries.push(entry);
            }
            audited.heads.push((stored.head, row.clone()));
            if let Some(payout) = stored.payout {
                audited.shares.push(Share { row, payout, share, at: stored.at });
            }
        }
        (!self.books.words.is_empty()).then_some(sums)
    }

    fn name_of(&self, word: &StoredWord) -> String {
        format!("settlement_words {} {} {}", self.books.purchase.row, word.kind, word.name)
    }

    /// Books one word again; `None`, and a finding, if it does not hold or cannot be booked.
    fn again(
        &self,
        stored: &StoredWord,
        before: Settlement,
        row: &str,
        out: &mut Findings,
    ) -> Option<Booking> {
        let (booked, digest) = match &stored.said {
            None => {
                let digest = upheld_digest(self.terms.purchase);
                out.holds(Damage::WordForged, row, stored.kind == UPHELD);
                (uphold(self.terms, before, 0, digest), digest)
            }
            Some(said) => match self.said(said, stored) {
                Ok(word) => {
                    (book(self.terms, before, 0, word.event(), word.digest()), word.digest())
                }
                Err(problem) => {
                    out.note(Damage::WordForged, row, "the merchant's word", problem);
                    return None;
                }
            },
        };
        out.holds(Damage::WordDigest, row, stored.digest == digest.as_bytes().as_slice());
        let unlawful =
            |problem: &Problem| out.note(Damage::WordUnlawful, row, "a lawful word", problem);
        booked.inspect_err(unlawful).ok()
    }

    fn said(&self, said: &[u8], stored: &StoredWord) -> Result<MerchantWord, Problem> {
        match WordKind::from_name(&stored.kind) {
            Some(WordKind::Shipment) => self.word::<ShippingNotice>(said, stored),
            Some(WordKind::Claim) => self.word::<Claim>(said, stored),
            Some(WordKind::Void) => self.word::<Void>(said, stored),
            Some(WordKind::Refund) => self.word::<Refund>(said, stored),
            None => Err(Problem::SettlementInvalid),
        }
    }

    fn word<T: Settles>(&self, said: &[u8], stored: &StoredWord) -> Result<MerchantWord, Problem>
    where
        Signed<T>: Message,
    {
        let said: Result<Signed<T>, DecodeError> = decode(said);
        let said = said.map_err(|_| Problem::MalformedMessage)?;
        let keys = (&self.books.merchant_keys, stored.at);
        MerchantWord::of(&said, keys, &self.books.purchase, &stored.name)
    }

    fn compare(&self, stored: &StoredWord, booking: &Booking, row: &str, out: &mut Findings) {
        let after = booking.settlement;
        let sums = |claimed: i128, voided: i128, refunded: i128| {
            format!("{claimed} claimed, {voided} voided, {refunded} refunded")
        };
        let wide = |amount: Amount| i128::from(amount.minor);
        out.same(
            Damage::WordSums,
            row,
            sums(wide(after.claimed()), wide(after.voided()), wide(after.refunded())),
            sums(stored.claimed.into(), stored.voided.into(), stored.refunded.into()),
        );
        out.same(Damage::WordShare, row, booking.share, stored.share);
        match (&booking.entry, stored.entry) {
            (None, None) => {}
            (Some(entry), Some(number)) => {
                out.same(Damage::WordHead, row, number, stored.head);
                let found = self.books.entries.get(&number);
                check_entry(found, number, entry, row, out);
                if let Some(found) = found {
                    let (entered, said) = (found.at.as_millis(), stored.at.as_millis());
                    out.same(Damage::WordMoment, row, entered, said);
                }
            }
            (Some(_), None) => out.note(Damage::WordEntry, row, "an entry", "none"),
            (None, Some(number)) => {
                out.note(Damage::WordEntry, row, "no entry", format!("journal {number}"));
            }
        }
    }

    /// Holds the row of sums against what the words come to.
    fn sums(&self, settlement: Option<Settlement>, row: &str, out: &mut Findings) {
        let (settlement, sums) = match (settlement, &self.books.sums) {
            (None, None) => return,
            (Some(_), None) => return out.note(Damage::SumsMissing, row, "its sums", "none"),
            (settlement, Some(sums)) => {
                (settlement.unwrap_or(Settlement::of(self.terms.amount)), sums)
            }
        };
        let row = format!("settlements {}", self.books.purchase.row);
        let mut same = |damage, expected: Amount, found: i64| {
            out.same(damage, &row, i128::from(expected.minor), i128::from(found));
        };
        same(Damage::Claimed, settlement.claimed(), sums.claimed);
        same(Damage::Voided, settlement.voided(), sums.voided);
        same(Damage::Refunded, settlement.refunded(), sums.refunded);
        let words = i64::try_from(self.books.words.len()).unwrap_or(i64::MAX);
        out.same(Damage::WordCount, &row, words, sums.words);
    }

    /// Holds bills and payments against their entries; returns what they come to.
    fn bills(&self, audited: &mut Audited, out: &mut Findings) -> (i128, i128) {
        let (mut billed, mut paid) = (0, 0);
        for (expected, bill) in (1_i64..).zip(&self.books.bills) {
            let row = format!("bills {} {}", self.books.purchase.row, bill.number);
            out.same(Damage::BillGap, &row, expected, bill.number);
            let number = u32::try_from(bill.number).unwrap_or(0);
            billed += i128::from(bill.amount);
            let entry = self.terms.bill_entry(bill.amount, number);
            self.entry(entry, (bill.entry, bill.amount), &row, audited, out);
            let parts = self.books.parts.iter().filter(|part| part.bill == bill.number);
            let parts: Vec<_> = parts.collect();
            if let (Some(payment), true) = (bill.payment, parts.is_empty()) {
                paid += i128::from(bill.amount);
                let entry = self.terms.payment_entry(bill.amount, number);
                self.entry(entry, (payment, bill.amount), &row, audited, out);
            }
            paid += self.parts(bill, &parts, audited, out);
        }
        let is_of_a_bill =
            |part: &&StoredPart| self.books.bills.iter().any(|bill| bill.number == part.bill);
        for part in self.books.parts.iter().filter(|part| !is_of_a_bill(part)) {
            out.note(Damage::BillPart, &self.name_of_part(part), "its bill", "none");
        }
        (billed, paid)
    }

    /// What was paid of a bill in parts, each with its entry: the last one pays the bill.
    fn parts(
        &self,
        bill: &StoredBill,
        parts: &[&StoredPart],
        audited: &mut Audited,
        out: &mut Findings,
    ) -> i128 {
        let mut sum = 0;
        for (expected, part) in (1_i64..).zip(parts) {
            let row = self.name_of_part(part);
            out.same(Damage::BillPart, &row, expected, part.number);
            let number = u32::try_from(bill.number).unwrap_or(0);
            let entry = self.terms.payment_entry(part.amount, number);
            self.entry(entry, (part.entry, part.amount), &row, audited, out);
            sum += i128::from(part.amount);
        }
        if let Some(last) = parts.last() {
            let is_whole = sum == i128::from(bill.amount);
            let named =
                |entry: Option<i64>| entry.map_or("open".into(), |n| format!("journal {n}"));
            let (must, is) = (named(is_whole.then_some(last.entry)), named(bill.payment));
            let row = self.name_of_part(last);
            out.same(Damage::BillPart, &row, must, is);
            if sum > i128::from(bill.amount) {
                out.note(Damage::BillPart, &row, format!("at most {}", bill.amount), sum);
            }
        }
        sum
    }

    fn name_of_part(&self, part: &StoredPart) -> String {
        format!("bill_parts {} {} {}", self.books.purchase.row, part.bill, part.number)
    }

    /// An entry of a row, of so much.
    fn entry(
        &self,
        entry: Option<Entry>,
        (found, amount): (i64, i64),
        row: &str,
        audited: &mut Audited,
        out: &mut Findings,
    ) {
        match entry {
            Some(entry) => {
                check_entry(self.books.entries.get(&found), found, &entry, row, out);
                audited.entries.push(found);
            }
            None => out.note(Damage::EntryAmount, row, "an amount", amount),
        }
    }
}
