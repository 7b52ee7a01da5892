//! The only place that reads the browser's clock. It may be wrong by days, so what the agent has
//! signed is judged by the agent's own time, learnt from its Challenge.

use shared_protocol::{Span, Timestamp};

/// Milliseconds by the browser's clock.
pub fn now() -> Timestamp {
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// The agent's clock, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentClock {
    ahead: Option<Span>,
}

impl AgentClock {
    /// The agent has just said what time it is.
    pub fn learn(&mut self, agent_now: Timestamp, here_now: Timestamp) {
        self.ahead = Some(agent_now.since(here_now));
    }

    /// Whether the agent has said so yet.
    pub fn is_known(self) -> bool {
        self.ahead.is_some()
    }

    /// The agent's time when it is `here_now` here.
    pub fn at(self, here_now: Timestamp) -> Timestamp {
        self.ahead.map_or(here_now, |ahead| here_now.plus(ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_is_days_behind_judges_by_the_agents_time() {
        let here = Timestamp::from_millis(1_000_000);
        let there = here.plus(Span::hours(73));
        let mut clock = AgentClock::default();
        assert_eq!(clock.at(here), here);
        clock.learn(there, here);
        assert_eq!(clock.at(here.plus(Span::secs(5))), there.plus(Span::secs(5)));
    }
}
