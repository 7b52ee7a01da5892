//! What an audit can find, each kind by its name.

use std::fmt::Display;

macro_rules! damages {
    ($($name:ident $code:literal $says:literal;)*) => {
        /// A kind of damage.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Damage {
            $(#[doc = $says] $name,)*
        }

        impl Damage {
            /// Its name, for programs.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What is wrong, for people.
            pub const fn says(self) -> &'static str {
                match self { $(Self::$name => $says,)* }
            }

            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

damages! {
    Unreadable "unreadable" "a column holds what this program never writes";
    Orphan "orphan" "what the row belongs to is gone";
    GrantMissing "grant_missing" "a purchase that was granted has no Grant";
    GrantForged "grant_forged" "the Grant does not bear the agent's signature";
    GrantOther "grant_other" "the row is not that of its Grant";
    GrantAmount "grant_amount" "the amount is not that of the Grant";
    TallyForged "tally_forged" "the tally does not bear the session key's signature";
    TallyOther "tally_other" "the tally is not that of the Grant";
    ContractMissing "contract_missing" "nobody pays for the purchase";
    AcceptanceForged "acceptance_forged" "the Acceptance does not hold";
    AcceptanceMissing "acceptance_missing" "an accepted purchase has no Acceptance";
    AcceptanceUnexpected "acceptance_unexpected" "an Acceptance without its event";
    RefusalForged "refusal_forged" "the Refusal does not hold";
    RefusalMissing "refusal_missing" "a refused purchase has no Refusal";
    ConfirmationForged "confirmation_forged" "the Confirmation does not hold";
    ConfirmationMissing "confirmation_missing" "a decided purchase has no Confirmation";
    ConfirmationOther "confirmation_other" "the Confirmation says something else than the events";
    AnswerOther "answer_other" "what staff wrote down is not what the Confirmation says";
    EventGap "event_gap" "an event is missing or doubled";
    EventCount "event_count" "the purchase counts other events";
    EventUnlawful "event_unlawful" "the event cannot happen in that state";
    EventState "event_state" "the event leads to another state";
    State "state" "the state is not that of the last event";
    Plan "plan" "the plan is not of the Grant's class";
    PlanFee "plan_fee" "the plan's fee is not the quoted one";
    PlanTotal "plan_total" "the total is not amount and fee";
    QuoteForged "quote_forged" "the quote does not bear the agent's signature";
    InstalmentGap "instalment_gap" "a payment of the plan is missing or doubled";
    InstalmentSum "instalment_sum" "the payments of the plan are not its total";
    InstalmentOther "instalment_other" "a payment of the plan is not the quoted one";
    Settled "settled" "money was settled of a purchase that is not confirmed";
    SumsMissing "sums_missing" "the sums of a settled purchase are missing";
    WordGap "word_gap" "a merchant's word is missing or doubled";
    WordCount "word_count" "the sums count other words";
    WordForged "word_forged" "the word does not bear the merchant's signature, or is another's";
    WordDigest "word_digest" "the digest is not that of the word";
    WordUnlawful "word_unlawful" "the word cannot be booked after those before";
    WordSums "word_sums" "the sums after the word are others";
    WordShare "word_share" "the merchant's share of the word is another";
    WordEntry "word_entry" "an entry where no money moves, or none where some does";
    WordMoment "word_moment" "the word and its entry are of different moments";
    WordHead "word_head" "the word names an entry that was not the newest";
    Claimed "claimed" "the sum of claims is another";
    Voided "voided" "the sum of voids is another";
    Refunded "refunded" "the sum of refunds is another";
    BillGap "bill_gap" "a bill is missing or doubled";
    Billed "billed" "the sum of bills is another";
    Paid "paid" "the sum of payments is another";
    BillPart "bill_part" "a part that was paid of a bill is missing, doubled or too much";
    OverBilled "over_billed" "more was billed than the purchase comes to";
    Upheld "upheld" "an objection was upheld and nothing given back, or the other way round";
    Reserved "reserved" "the contract holds another sum than its purchases";
    TransferState "transfer_state" "the transfer is not as far as its purchase";
    DepositBalance "deposit_balance" "the account holds another sum than was paid in and not sent";
    DepositHeld "deposit_held" "the account holds another sum back than its transfers";
    RemittanceOther "remittance_other" "the merchant was told something else of the transfer";
    PayoutMissing "payout_missing" "the batch of a merchant's share is missing";
    PayoutAmount "payout_amount" "the batch is not the sum of its shares";
    PayoutOther "payout_other" "a share of another merchant or currency is in the batch";
    PayoutEarly "payout_early" "a share in the batch was booked after its cut-off";
    Returned "returned" "what came back is not the bank's line, or is paid again while it is held";
    FileOther "file_other" "the file is not the one that was made";
    FileSum "file_sum" "the file is not the sum of its payouts";
    StatementCount "statement_count" "the bank's notice has other lines";
    LineFate "line_fate" "the bank's line is neither matched nor parked, or has another entry";
    LineBill "line_bill" "the bank's line pays a bill of another amount, or one that is not paid";
    LinePayout "line_payout" "the bank's line confirms a payout of another amount";
    LineAgainst "line_against" "the bank's line is not undone by the other";
    EntryMissing "entry_missing" "the entry of a row is missing";
    EntryKind "entry_kind" "the entry is of another kind";
    EntryReason "entry_reason" "the entry has another reason";
    EntryAccount "entry_account" "a transfer of the entry is between other accounts";
    EntryAmount "entry_amount" "a transfer of the entry is of another amount";
    EntryLines "entry_lines" "the entry has more transfers, or fewer";
    EntryShared "entry_shared" "two rows have the same entry";
    EntryUnexplained "entry_unexplained" "nothing that was signed or decided explains the entry";
    EntryUnreadable "entry_unreadable" "a transfer names no account or no amount";
    ChainGap "chain_gap" "an entry of the journal is missing";
    ChainBroken "chain_broken" "the entry was changed after it was written";
    ActOther "act_other" "what an operator did was changed or left out after it was written";
    ProposalOther "proposal_other" "the proposal is not what operators signed for";
}

/// One row that does not say what it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub damage: Damage,
    /// Which row: its table and its key.
    pub row: String,
    /// What it must say.
    pub expected: String,
    /// What it says.
    pub found: String,
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Writes one down.
    pub fn note(&mut self, damage: Damage, row: &str, expected: impl Display, found: impl Display) {
        let (expected, found) = (expected.to_string(), found.to_string());
        self.0.push(Finding { damage, row: row.into(), expected, found });
    }

    /// Writes one down where the two are not the same.
    pub fn same<T: PartialEq + Display>(
        &mut self,
        damage: Damage,
        row: &str,
        expected: T,
        found: T,
    ) {
        if expected != found {
            self.note(damage, row, expected, found);
        }
    }

    /// Writes one down unless it holds.
    pub fn holds(&mut self, damage: Damage, row: &str, holds: bool) {
        if !holds {
            self.note(damage, row, "what was signed", "something else");
        }
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Whether all is well.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
