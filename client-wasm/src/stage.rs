//! Which screen is on, and which may follow it. A pure function of what happened: a second click,
//! a late answer or a stray timer finds no way out of its screen and so does nothing.

use shared_protocol::{Amount, HandlingNumber, Problem, Timestamp};

use crate::typed::Wrong;

/// Where the shopper is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The item (Fig 7).
    Product,
    /// The form (Fig 8).
    Details,
    /// The six items of the law and the last button.
    FinalCheck,
    /// Both parties are being asked (Fig 10).
    Waiting,
    /// Only the wrong fields (Fig 9).
    Correction(Fix),
    /// Taken, subject to the shopper's word by mail (Fig 11).
    Thanks(Receipt),
    /// Not completed, or not known (Fig 12).
    Failure(Trouble),
    /// Nothing happened for too long (51 → 72).
    Expired,
}

/// What is to be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The wrong fields, in the order of the form.
    pub wrong: Vec<Wrong>,
    /// What the shopper agreed to pay when they pressed the last button; `None` before that.
    pub agreed: Option<Amount>,
}

/// An accepted order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub number: HandlingNumber,
    /// What will be paid.
    pub amount: Amount,
    /// The shop's own name for it.
    pub order: String,
    /// When the shop took it.
    pub accepted: Timestamp,
    /// Whether the shopper must still say yes by mail.
    pub provisional: bool,
}

/// Why there is no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The cause.
    pub problem: Problem,
    /// Whether the outcome is known. If not, only asking again can tell.
    pub known: bool,
    /// What to quote when asking about it.
    pub reference: Option<String>,
}

impl Trouble {
    /// A known one, with nothing to quote.
    pub fn of(problem: Problem) -> Self {
        Self { problem, known: true, reference: None }
    }
}

/// How placing an order ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The shop has it.
    Accepted(Receipt),
    /// These fields must be put right first.
    Wrong(Vec<Wrong>),
    /// It was not completed.
    Failed(Trouble),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// "Order" (Fig 7).
    Order,
    /// "Back".
    Back,
    /// One of the final check's "Change" buttons: to the quantity.
    ChangeQuantity,
    /// The same: to the form.
    ChangeDetails,
    /// The form was read on "Review" or "Send again": what it costs, or what is wrong.
    Read(Result<Amount, Vec<Wrong>>),
    /// The last button.
    Place,
    /// The parties have answered, or have not; with what was to be paid.
    Ended(Ending, Option<Amount>),
    /// The words of the deal do not hold.
    Broken(Problem),
    /// "Try again", "Check again".
    Retry,
    /// Nothing was done for the whole time.
    Idle,
    /// "Start again".
    Again,
}

impl Stage {
    /// The screen after `event`; `None` if that cannot happen here.
    pub fn after(&self, event: Event) -> Option<Self> {
        use Event as E;
        Some(match (self, event) {
            (Self::Product, E::Order) => Self::Details,
            (Self::Details, E::Back) => Self::Product,
            (Self::FinalCheck, E::ChangeQuantity) => Self::Product,
            (Self::FinalCheck, E::Back | E::ChangeDetails) => Self::Details,
            (Self::Correction(_), E::Back) => Self::Details,
            (Self::Failure(trouble), E::Back) if trouble.known => Self::Details,
            (Self::Details, E::Read(Ok(_))) => Self::FinalCheck,
            (Self::Details, E::Read(Err(wrong))) => Self::Correction(Fix { wrong, agreed: None }),
            (Self::Correction(fix), E::Read(Ok(amount))) => match fix.agreed == Some(amount) {
                true => Self::Waiting,
                false => Self::FinalCheck,
            },
            (Self::Correction(fix), E::Read(Err(wrong))) => {
                Self::Correction(Fix { wrong, agreed: fix.agreed })
            }
            (Self::FinalCheck, E::Place) => Self::Waiting,
            (Self::Waiting, E::Ended(ending, amount)) => match ending {
                Ending::Accepted(receipt) => Self::Thanks(receipt),
                Ending::Wrong(wrong) => Self::Correction(Fix { wrong, agreed: amount }),
                Ending::Failed(trouble) => Self::Failure(trouble),
            },
            (Self::Failure(trouble), E::Retry) => match trouble.known {
                true => Self::FinalCheck,
                false => Self::Waiting,
            },
            (Self::Expired, E::Again) => Self::Product,
            (stage, E::Broken(problem)) if stage.may_end() => Self::Failure(Trouble::of(problem)),
            (stage, E::Idle) if stage.may_end() => Self::Expired,
            _ => return None,
        })
    }

    /// Before the last button nothing is under way: leaving costs nothing.
    pub fn may_end(&self) -> bool {
        matches!(self, Self::Product | Self::Details | Self::FinalCheck | Self::Correction(_))
    }

    /// Its name in `data-screen` and in the loader's events.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Details => "details",
            Self::FinalCheck => "final-check",
            Self::Waiting => "waiting",
            Self::Correction(_) => "correction",
            Self::Thanks(_) => "thanks",
            Self::Failure(_) => "failure",
            Self::Expired => "expired",
        }
    }
}
