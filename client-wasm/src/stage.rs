//! Which screen is on, and which may follow it. A pure function of what happened: a second click,
//! a late answer or a stray timer finds no way out of its screen and so does nothing.

use shared_protocol::{Amount, HandlingNumber, Problem, Timestamp};

use crate::{transfer::Sending, typed::Wrong};

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
    /// Granted; an ordinary form takes it to the shop (61).
    HandOver(Promise),
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
    /// Why so many cannot be ordered, if that is it.
    pub quantity: Option<Problem>,
    /// What the shopper agreed to pay when they pressed the last button; `None` before that.
    pub agreed: Option<Amount>,
}

/// A Grant that the shop has not seen yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Its number.
    pub number: HandlingNumber,
    /// What will be paid.
    pub amount: Amount,
    /// The Grant as JWS.
    pub grant: String,
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
    /// How far the money is, where it is paid by transfer.
    pub sending: Option<Sending>,
    /// Until when the shop may take it, where the agent keeps it for a shop without a server.
    pub waits: Option<Timestamp>,
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

impl Fix {
    fn fields(wrong: Vec<Wrong>, agreed: Option<Amount>) -> Stage {
        Stage::Correction(Self { wrong, quantity: None, agreed })
    }
}

impl Trouble {
    /// A known one, with nothing to quote.
    pub fn of(problem: Problem) -> Self {
        Self { problem, known: true, reference: None }
    }

    /// Whether another quantity helps: then it is put right (Fig 9) instead of told (Fig 12).
    pub fn is_of_quantity(&self) -> bool {
        let of_quantity = [Problem::OutOfStock, Problem::QuantityOutOfRange];
        self.known && of_quantity.contains(&self.problem)
    }

    fn stage(self, agreed: Option<Amount>) -> Stage {
        match self.is_of_quantity() {
            true => {
                Stage::Correction(Fix { wrong: Vec::new(), quantity: Some(self.problem), agreed })
            }
            false => Stage::Failure(self),
        }
    }
}

/// How placing an order ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The shop has it.
    Accepted(Receipt),
    /// The agent stands for it, and the shop takes it by a form.
    Granted(Promise),
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
    /// The same, where the plan comes to something that the shopper has not seen yet.
    Quoted,
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
            (Self::Details, E::Read(Err(wrong))) => Fix::fields(wrong, None),
            (Self::Correction(fix), E::Read(Ok(amount))) => match fix.agreed == Some(amount) {
                true => Self::Waiting,
                false => Self::FinalCheck,
            },
            (Self::Correction(fix), E::Read(Err(wrong))) => Fix::fields(wrong, fix.agreed),
            (Self::Details | Self::Correction(_), E::Quoted) => Self::FinalCheck,
            (Self::FinalCheck, E::Place) => Self::Waiting,
            (Self::Waiting, E::Ended(ending, amount)) => match ending {
                Ending::Accepted(receipt) => Self::Thanks(receipt),
                Ending::Granted(promise) => Self::HandOver(promise),
                Ending::Wrong(wrong) => Fix::fields(wrong, amount),
                Ending::Failed(trouble) => trouble.stage(amount),
            },
            (Self::Failure(trouble), E::Retry) => match trouble.known {
                true => Self::FinalCheck,
                false => Self::Waiting,
            },
            (Self::Expired, E::Again) => Self::Product,
            (stage, E::Broken(problem)) if stage.may_end() => Trouble::of(problem).stage(None),
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
            Self::HandOver(_) => "hand-over",
            Self::Thanks(_) => "thanks",
            Self::Failure(_) => "failure",
            Self::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use shared_protocol::{Currency, Field, FieldProblem};

    use super::*;

    fn yen(minor: u64) -> Amount {
        Amount { minor, currency: Currency::JPY }
    }

    fn receipt() -> Receipt {
        Receipt {
            number: "00000000000-0".parse().expect("all zeros check"),
            amount: yen(3850),
            order: "A-1".into(),
            accepted: Timestamp::from_millis(0),
            provisional: true,
            sending: None,
            waits: None,
        }
    }

    fn promise() -> Promise {
        let Receipt { number, amount, .. } = receipt();
        Promise { number, amount, grant: "a.b.c".into() }
    }

    fn wrong() -> Vec<Wrong> {
        vec![(Field::PaymentCode, FieldProblem::NotCode)]
    }

    fn every_stage() -> Vec<Stage> {
        let known = Trouble::of(Problem::LimitExceeded);
        let unknown = Trouble { known: false, ..Trouble::of(Problem::AgentUnavailable) };
        vec![
            Stage::Product,
            Stage::Details,
            Stage::FinalCheck,
            Stage::Waiting,
            Fix::fields(wrong(), None),
            Stage::HandOver(promise()),
            Stage::Thanks(receipt()),
            Stage::Failure(known),
            Stage::Failure(unknown),
            Stage::Expired,
        ]
    }

    fn every_event() -> Vec<Event> {
        let trouble = Trouble::of(Problem::LimitExceeded);
        vec![
            Event::Order,
            Event::Back,
            Event::ChangeQuantity,
            Event::ChangeDetails,
            Event::Read(Ok(yen(3850))),
            Event::Read(Err(wrong())),
            Event::Quoted,
            Event::Place,
            Event::Ended(Ending::Accepted(receipt()), Some(yen(3850))),
            Event::Ended(Ending::Granted(promise()), Some(yen(3850))),
            Event::Ended(Ending::Wrong(wrong()), Some(yen(3850))),
            Event::Ended(Ending::Failed(trouble), Some(yen(3850))),
            Event::Broken(Problem::MarkInvalid),
            Event::Retry,
            Event::Idle,
            Event::Again,
        ]
    }

    /// One row a stage, one column an event; `-` where nothing can follow.
    const TABLE: [(&str, &str); 10] = [
        ("product", "details - - - - - - - - - - - failure - expired -"),
        (
            "details",
            "- product - - final-check correction final-check - - - - - failure - expired -",
        ),
        ("final-check", "- details product details - - - waiting - - - - failure - expired -"),
        ("waiting", "- - - - - - - - thanks hand-over correction failure - - - -"),
        (
            "correction",
            "- details - - final-check correction final-check - - - - - failure - expired -",
        ),
        ("hand-over", "- - - - - - - - - - - - - - - -"),
        ("thanks", "- - - - - - - - - - - - - - - -"),
        ("failure", "- details - - - - - - - - - - - final-check - -"),
        ("failure", "- - - - - - - - - - - - - waiting - -"),
        ("expired", "- - - - - - - - - - - - - - - product"),
    ];

    #[test]
    fn every_pair_of_screen_and_event_is_as_the_table_says() {
        for (stage, (name, row)) in every_stage().iter().zip(TABLE) {
            assert_eq!(stage.name(), name);
            let next: Vec<&str> = every_event()
                .into_iter()
                .map(|event| stage.after(event).map_or("-", |next| next.name()))
                .collect();
            assert_eq!(next.join(" "), row, "from {name}");
        }
    }

    #[test]
    fn a_second_press_of_the_last_button_leads_nowhere() {
        let waiting = Stage::FinalCheck.after(Event::Place).expect("the first press");
        assert_eq!(waiting, Stage::Waiting);
        assert_eq!(waiting.after(Event::Place), None);
    }

    #[test]
    fn what_was_agreed_to_is_sent_again_at_once_and_another_price_is_shown_first() {
        let sent = Stage::Waiting.after(Event::Ended(Ending::Wrong(wrong()), Some(yen(3850))));
        let correction = sent.expect("Fig 9");
        assert_eq!(correction.after(Event::Read(Ok(yen(3850)))), Some(Stage::Waiting));
        assert_eq!(correction.after(Event::Read(Ok(yen(4620)))), Some(Stage::FinalCheck));
        let again = correction.after(Event::Read(Err(wrong()))).expect("still wrong");
        assert_eq!(again.after(Event::Read(Ok(yen(3850)))), Some(Stage::Waiting));
    }

    #[test]
    fn a_quantity_that_cannot_be_had_is_put_right_where_it_was_refused() {
        for problem in [Problem::OutOfStock, Problem::QuantityOutOfRange] {
            let refused = || Ending::Failed(Trouble::of(problem));
            let fix = Stage::Waiting.after(Event::Ended(refused(), Some(yen(3850))));
            let wanted = Fix { wrong: vec![], quantity: Some(problem), agreed: Some(yen(3850)) };
            assert_eq!(fix, Some(Stage::Correction(wanted)));
            let fix = fix.expect("Fig 9");
            assert_eq!(fix.after(Event::Read(Ok(yen(1925)))), Some(Stage::FinalCheck));
            let unknown = Trouble { known: false, ..Trouble::of(problem) };
            let told = Stage::Waiting.after(Event::Ended(Ending::Failed(unknown), None));
            assert_eq!(told.expect("Fig 12").name(), "failure");
        }
    }
}
