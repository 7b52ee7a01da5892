//! Why something did not go through: a numbered problem for the peer, or a fault of ours.

use shared_protocol::Problem;

use super::fields::WrongField;
use super::webhook::WebhookCause;
use crate::store::Fault;

/// Two families: what the peer is told by number, and what only the log may know.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A numbered problem.
    #[error("{0}")]
    Problem(Problem),
    /// Fields to correct (Fig 9); the problem says whether it is only where it should go.
    #[error("{0}: {n} fields", n = .1.len())]
    Fields(Problem, Vec<WrongField>),
    /// The order was refused for good, for this reason; the Refusal is signed and kept.
    #[error("refused: {0}")]
    Refused(Problem),
    /// A notification that is not believed, and which of the causes it is.
    #[error("{0}")]
    Webhook(WebhookCause),
    /// Ours; the peer hears only that it may try later.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Failure {
    /// As the peer is told.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Problem(problem) | Self::Fields(problem, _) => *problem,
            Self::Refused(_) => Problem::OrderRefused,
            Self::Webhook(_) => Problem::WebhookInvalid,
            Self::Fault(_) => Problem::Unavailable,
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
