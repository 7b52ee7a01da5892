//! Which of our challenges a browser says it answers.

use shared_protocol::{Problem, Timestamp};

use super::{Challenge, IssuedChallenge, Purpose};
use crate::keys::AgentKeyring;

/// The challenge that stands in client data, if it is ours, for this purpose, and not too old.
///
/// # Errors
/// [`Problem::PasskeyInvalid`], [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`].
pub fn answered(
    client_data: &[u8],
    purpose: Purpose,
    keys: &AgentKeyring,
    now: Timestamp,
) -> Result<Challenge, Problem> {
    let bytes = passkeys::challenge_in(client_data).ok_or(Problem::PasskeyInvalid)?;
    IssuedChallenge::read(&bytes)?.check(purpose, keys, now)
}
