//! What the shopper will owe for a purchase by a plan: fee, total, rate, and what falls due when.

use shared_protocol::{Amount, BasisPoints, Instalment, Plan, PlanQuote, Problem, Timestamp};

use super::{
    calendar::ClosingMonth,
    payments::{self, Months},
    rate::yearly_rate,
    rules::{Bonus, CurrencyRules, PlanRules},
};

/// A price, as a plan has it paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The plan.
    pub plan: Plan,
    /// What the plan costs.
    pub fee: Amount,
    /// Price and fee.
    pub total: Amount,
    /// The effective yearly rate, where the law asks for one: not for a lump sum next month
    /// (割賦販売法 2条3項 wants more than two months).
    pub yearly_rate: Option<BasisPoints>,
    /// What falls due when.
    pub schedule: Vec<Instalment>,
}

impl Bill {
    /// Paid with the order: nothing falls due.
    fn at_once(plan: Plan, price: Amount) -> Self {
        let fee = Amount { minor: 0, ..price };
        Self { plan, fee, total: price, yearly_rate: None, schedule: Vec::new() }
    }

    /// As it was quoted.
    pub fn quoted(quote: PlanQuote) -> Self {
        Self {
            plan: quote.plan,
            fee: quote.fee,
            total: quote.total,
            yearly_rate: quote.yearly_rate,
            schedule: quote.schedule,
        }
    }
}

impl PlanRules {
    /// What `price` comes to by `plan`, bought at `now`.
    ///
    /// # Errors
    /// [`Problem::PlanNotAccepted`] where the rules do not offer the plan for such a price.
    pub fn bill(&self, plan: Plan, price: Amount, now: Timestamp) -> Result<Bill, Problem> {
        self.bill_if_offered(plan, price, now).ok_or(Problem::PlanNotAccepted)
    }

    fn bill_if_offered(&self, plan: Plan, price: Amount, now: Timestamp) -> Option<Bill> {
        let price = Amount::new(price.minor, price.currency)?;
        if plan == Plan::Transfer {
            return Some(Bill::at_once(plan, price));
        }
        let closing = self.calendar.closing_month(now)?;
        let months = self.months(plan, price, closing)?;
        let total = months.iter().try_fold(0_u64, |sum, month| sum.checked_add(*month))?;
        let total = Amount::new(total, price.currency)?;
        let yearly_rate = match plan {
            Plan::Single => None,
            _ => Some(yearly_rate(price.minor, &months)?),
        };
        let paid = (1_u16..).zip(&months).filter(|(_, minor)| **minor > 0);
        let due = |(month, minor): (u16, &u64)| {
            Some(Instalment { due: self.calendar.due(closing, month)?, minor: *minor })
        };
        let schedule: Vec<_> = paid.map(due).collect::<Option<_>>()?;
        let rises = schedule.windows(2).all(|pair| pair[0].due < pair[1].due);
        let fee = Amount::new(total.minor.checked_sub(price.minor)?, price.currency)?;
        let is_sound = rises && !schedule.is_empty();
        is_sound.then_some(Bill { plan, fee, total, yearly_rate, schedule })
    }

    /// What falls due in each month after the closing.
    fn months(&self, plan: Plan, price: Amount, closing: ClosingMonth) -> Option<Months> {
        if plan == Plan::Single {
            return payments::at_once(price.minor, 1);
        }
        let of_currency = self.currency(price.currency)?;
        match plan {
            Plan::Single | Plan::Transfer => None,
            Plan::Instalments(count) => {
                let total = self.instalment_total(count, price.minor, of_currency)?;
                payments::equal(total, count)
            }
            Plan::Revolving => {
                let principal = of_currency.revolving_principal;
                payments::revolving(price.minor, principal, self.revolving_rate?, MONTHS_MAX)
            }
            Plan::Bonus => {
                let bonus = self.bonus.as_ref()?;
                let from = bonus.notice_months;
                let after = bonus_months(bonus, closing, from..=from + 11).into_iter().next()?;
                let fee = payments::part(price.minor, bonus.fee)?;
                let total = payments::total(price.minor, fee)?;
                payments::at_once(total, after).filter(|_| price.minor >= of_currency.bonus_from)
            }
            Plan::BonusInstalments(count) => {
                let bonus = self.bonus.as_ref().filter(|bonus| bonus.counts.contains(&count))?;
                let total = self.instalment_total(count, price.minor, of_currency)?;
                let on_bonuses = payments::part(total, bonus.share)?;
                let months = bonus_months(bonus, closing, 1..=u16::from(count));
                payments::with_bonuses(total, count, on_bonuses, &months)
                    .filter(|_| price.minor >= of_currency.bonus_from)
            }
        }
    }

    fn instalment_total(&self, count: u8, price: u64, rules: &CurrencyRules) -> Option<u64> {
        let fee = payments::part(price, *self.fees.get(&count)?)?;
        payments::total(price, fee).filter(|_| price >= rules.instalments_from)
    }
}

/// Which of these months after the closing have a bonus.
fn bonus_months(
    bonus: &Bonus,
    closing: ClosingMonth,
    among: std::ops::RangeInclusive<u16>,
) -> Vec<u16> {
    let has_bonus = |month: &u16| {
        closing.month_of_year(*month).is_some_and(|of_year| bonus.months.contains(&of_year))
    };
    among.filter(has_bonus).collect()
}

/// Revolving lasts so long at most.
const MONTHS_MAX: usize = 60;
