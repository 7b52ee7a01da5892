//! A bill as people read it, on pages and in letters.

use shared_protocol::{Amount, BasisPoints, Instalment, Plan};

use super::{Words, amount, date};
use crate::domain::plan::Bill;

/// The words of a bill in one language.
#[derive(Clone, Debug)]
pub struct BillWords {
    /// "12回払い"
    pub plan: String,
    /// What the plan costs; `None` where it costs nothing.
    pub fee: Option<String>,
    /// What is paid in all.
    pub total: String,
    /// "15.00%", where the law asks for it.
    pub rate: Option<String>,
    /// When, in one line; empty for a purchase from before plans were kept.
    pub summary: String,
    /// The same in lines.
    pub lines: Vec<String>,
    /// Each payment.
    pub payments: Vec<Payment>,
}

/// One payment of a bill.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Which it is, from 1.
    pub number: usize,
    /// "2026年12月28日(月)"
    pub due: String,
    /// "¥3,850"
    pub amount: String,
}

impl BillWords {
    /// In this language.
    pub fn new(bill: &Bill, w: Words) -> Self {
        let payment = |(number, instalment): (usize, &Instalment)| Payment {
            number,
            due: date(instalment.due, w.locale()),
            amount: amount(Amount { minor: instalment.minor, currency: bill.total.currency }),
        };
        let payments: Vec<_> = (1..).zip(&bill.schedule).map(payment).collect();
        Self {
            plan: plan_name(bill.plan, w),
            fee: (bill.fee.minor > 0).then(|| amount(bill.fee)),
            total: amount(bill.total),
            rate: bill.yearly_rate.map(percent),
            summary: summary(&payments, w),
            lines: lines(&payments, w),
            payments,
        }
    }
}

/// What a plan is called.
pub fn plan_name(plan: Plan, w: Words) -> String {
    let times = |key, count: u8| w.fill(key, &[("n", &count.to_string())]);
    match plan {
        Plan::Single => w.get("plan.single").into(),
        Plan::Instalments(count) => times("plan.times", count),
        Plan::Revolving => w.get("plan.revolving").into(),
        Plan::Bonus => w.get("plan.bonus").into(),
        Plan::BonusInstalments(count) => times("plan.bonus_times", count),
        Plan::Transfer => w.get("plan.transfer").into(),
    }
}

fn summary(payments: &[Payment], w: Words) -> String {
    match payments {
        [] => String::new(),
        [once] => w.fill("bill.once", &[("due", &once.due), ("amount", &once.amount)]),
        [first, .., last] => {
            let count = payments.len().to_string();
            let values = [
                ("n", count.as_str()),
                ("first", &first.due),
                ("first_amount", &first.amount),
                ("last", &last.due),
                ("last_amount", &last.amount),
            ];
            w.fill("bill.times", &values)
        }
    }
}

fn lines(payments: &[Payment], w: Words) -> Vec<String> {
    let [first, .., last] = payments else { return vec![summary(payments, w)] };
    let count = payments.len().to_string();
    let line = |key, payment: &Payment| {
        w.fill(key, &[("due", payment.due.as_str()), ("amount", &payment.amount)])
    };
    vec![w.fill("bill.count", &[("n", &count)]), line("bill.first", first), line("bill.last", last)]
}

/// "15.00%"
fn percent(rate: BasisPoints) -> String {
    format!("{}.{:02}%", rate.0 / 100, rate.0 % 100)
}
