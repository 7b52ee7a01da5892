//! What the waiting screen shows (Fig 10): three checks, each with its time, and the handling
//! number the moment it exists.

use shared_protocol::{HandlingNumber, Timestamp};

/// The checks in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The shop: in stock, and delivered there? (54–55)
    Shop,
    /// The agent: does it stand for it? (57–60)
    Agent,
    /// The shop: is the order taken? (61–62)
    Acceptance,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Shop, Self::Agent, Self::Acceptance];
}

/// How one check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not begun.
    Todo,
    /// Asked at this time.
    Busy(Timestamp),
    /// Answered, after so many milliseconds.
    Done(i64),
    /// Not answered, or refused.
    Failed,
}

/// News from the purchase on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// This check has begun.
    Begun(Check),
    /// It is passed.
    Passed(Check),
    /// It is not.
    Failed(Check),
    /// The agent has given this number (60).
    Number(HandlingNumber),
}

/// All that the screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    states: [State; Check::ALL.len()],
    /// The number, once it exists.
    pub number: Option<HandlingNumber>,
    begun: Timestamp,
}

/// How long it has taken so far, as it is said to the shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patience {
    /// Nothing to say.
    Fresh,
    /// Two seconds: still at it.
    Still,
    /// Ten: it is busy.
    Slow,
    /// Thirty: the result will come by mail.
    VerySlow,
}

impl Progress {
    /// Nothing asked yet.
    pub fn new(now: Timestamp) -> Self {
        Self { states: [State::Todo; Check::ALL.len()], number: None, begun: now }
    }

    /// Something happened.
    pub fn hear(&mut self, news: News, now: Timestamp) {
        match news {
            News::Begun(check) => self.states[check as usize] = State::Busy(now),
            News::Passed(check) => {
                let took = match self.of(check) {
                    State::Busy(since) => now.since(since).as_millis(),
                    State::Todo | State::Done(_) | State::Failed => 0,
                };
                self.states[check as usize] = State::Done(took.max(0));
            }
            News::Failed(check) => self.states[check as usize] = State::Failed,
            News::Number(number) => self.number = Some(number),
        }
    }

    /// How a check stands.
    pub fn of(&self, check: Check) -> State {
        self.states[check as usize]
    }

    /// How long it has taken at `now`.
    pub fn patience(&self, now: Timestamp) -> Patience {
        match now.since(self.begun).as_millis() {
            ..2_000 => Patience::Fresh,
            2_000..10_000 => Patience::Still,
            10_000..30_000 => Patience::Slow,
            30_000.. => Patience::VerySlow,
        }
    }
}

#[cfg(test)]
mod tests {
    use shared_protocol::Span;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn each_check_has_its_own_time() {
        let mut progress = Progress::new(START);
        progress.hear(News::Begun(Check::Shop), START);
        progress.hear(News::Passed(Check::Shop), START.plus(Span::millis(400)));
        progress.hear(News::Begun(Check::Agent), START.plus(Span::millis(400)));
        assert_eq!(progress.of(Check::Shop), State::Done(400));
        assert_eq!(progress.of(Check::Agent), State::Busy(START.plus(Span::millis(400))));
        assert_eq!(progress.of(Check::Acceptance), State::Todo);
    }

    #[test]
    fn the_longer_it_takes_the_more_is_said() {
        let progress = Progress::new(START);
        let at = |secs| progress.patience(START.plus(Span::secs(secs)));
        assert_eq!([at(1), at(2), at(10)], [Patience::Fresh, Patience::Still, Patience::Slow]);
        assert_eq!(at(30), Patience::VerySlow);
    }
}
