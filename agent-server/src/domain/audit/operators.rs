//! What operators did: the chain of it is whole, and what was approved is what was signed for.

use super::{Damage, Findings};
use crate::{
    domain::operator::{ActHead, Movement},
    store::{Fault, Store},
};

/// Checks both, record by record.
pub(super) async fn check(store: &Store, out: &mut Findings) -> Result<(), Fault> {
    let mut head = ActHead::START;
    loop {
        let after = i64::try_from(head.number).unwrap_or(i64::MAX);
        let acts = store.acts_after(after, AT_ONCE).await?;
        if acts.is_empty() {
            break;
        }
        for act in &acts {
            if !head.is_followed_by(act) {
                let row = format!("operator_acts {}", act.number);
                let next = head.followed_by(act.operator, &act.act, &act.about, act.at);
                out.note(Damage::ActOther, &row, next.number, "something else");
            }
            head = ActHead { number: act.number, digest: act.digest };
        }
    }
    for proposal in store.proposals(u32::MAX).await? {
        let is_whole = Movement::digest(&proposal.what) == proposal.digest;
        out.holds(Damage::ProposalOther, &format!("proposals {}", proposal.id), is_whole);
    }
    Ok(())
}

const AT_ONCE: u32 = 1000;
