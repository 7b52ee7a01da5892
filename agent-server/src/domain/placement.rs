//! Where a seller's window may stand (¶79–80): as seller and host have both signed it, in pages
//! that the host has registered, until one of them, or the agent, ends it.

use std::sync::Arc;

use shared_protocol::{
    ItemId, MerchantId, Placement, PlacementAgreement, PlacementEnd, Problem, Signed, Timestamp,
    Verified,
};

use super::{merchant_keys::KnownMerchant, unavailable};
use crate::{app::App, store::KeptPlacement};

/// A window that may stand at this moment. Only [`open`] makes one.
pub struct Window {
    /// In whose pages.
    pub host: Arc<KnownMerchant>,
    /// The origins of those pages: agreed on, and still the host's.
    pub origins: Vec<String>,
    /// Until when it was agreed.
    pub until: Timestamp,
}

/// An agreement and whether it was ended, as it was read.
struct Known {
    placement: Result<Verified<Placement>, Problem>,
    is_ended: bool,
}

/// The window of this seller in pages of this host, with this item.
///
/// # Errors
/// The nearest reason why it must not stand: [`Problem::PlacementExpired`],
/// [`Problem::PlacementRevoked`], [`Problem::PlacementInvalid`] or [`Problem::PlacementUnknown`];
/// [`Problem::UnknownMerchant`], [`Problem::MerchantLapsed`], [`Problem::Unavailable`].
pub async fn open(
    app: &App,
    seller: &KnownMerchant,
    host: &MerchantId,
    item: &ItemId,
    now: Timestamp,
) -> Result<Window, Problem> {
    let host = app.merchants.get(host, now).await?;
    host.check_in_force(now)?;
    let kept = app.store.placements(&seller.id).await.map_err(unavailable)?;
    let known =
        kept.iter().filter(|kept| kept.host == host.id).map(|kept| known(kept, seller, &host));
    let placement = in_force(known.collect(), item, now)?;
    Ok(window(&placement, host))
}

/// All origins of others' pages in which this seller's windows may stand with this item: where a
/// passkey may say yes besides the seller's own pages.
///
/// # Errors
/// [`Problem::Unavailable`].
pub async fn origins(
    app: &App,
    seller: &KnownMerchant,
    item: &ItemId,
    now: Timestamp,
) -> Result<Vec<String>, Problem> {
    let mut origins = Vec::new();
    for kept in app.store.placements(&seller.id).await.map_err(unavailable)? {
        let Ok(host) = app.merchants.get(&kept.host, now).await else { continue };
        let placement = in_force(vec![known(&kept, seller, &host)], item, now);
        if let (Ok(placement), Ok(())) = (placement, host.check_in_force(now)) {
            origins.extend(window(&placement, host).origins);
        }
    }
    Ok(origins)
}

/// Takes in what seller and host have agreed on.
///
/// # Errors
/// [`Problem::UnknownMerchant`], [`Problem::WrongRecipient`], [`Problem::PlacementInvalid`],
/// [`Problem::PlacementExpired`] if it is over already, [`Problem::OriginNotRegistered`] if the
/// host has not registered one of its origins, [`Problem::Unavailable`].
pub async fn agree(app: &App, agreement: PlacementAgreement) -> Result<(), Problem> {
    let now = app.clock.now();
    let claimed = agreement.placement.claimed()?;
    let seller = app.merchants.get(&claimed.seller, now).await?;
    let host = app.merchants.get(&claimed.host, now).await?;
    let placement = agreed(&agreement, &seller, &host, now)?;
    if placement.agent != app.config.agent_id {
        return Err(Problem::WrongRecipient);
    }
    if placement.valid_until <= now {
        return Err(Problem::PlacementExpired);
    }
    if !placement.origins.iter().all(|origin| host.origins.contains(origin)) {
        return Err(Problem::OriginNotRegistered);
    }
    app.store.put_placement(placement, agreement, now).await.map_err(unavailable)
}

/// Ends a placement, because its seller or its host says so.
///
/// # Errors
/// [`Problem::PlacementUnknown`], [`Problem::PlacementInvalid`], [`Problem::WrongRecipient`],
/// [`Problem::UnknownMerchant`], [`Problem::Unavailable`].
pub async fn end(app: &App, said: Signed<PlacementEnd>) -> Result<(), Problem> {
    let now = app.clock.now();
    let claimed = said.claimed()?;
    let merchant = app.merchants.get(&claimed.merchant, now).await?;
    let word = merchant.believe(&said, now)?;
    if word.agent != app.config.agent_id {
        return Err(Problem::WrongRecipient);
    }
    let kept = app.store.placement(&word.placement).await.map_err(unavailable)?;
    let kept = kept.ok_or(Problem::PlacementUnknown)?;
    if kept.seller != word.merchant && kept.host != word.merchant {
        return Err(Problem::PlacementUnknown);
    }
    let by = word.merchant.as_str().to_owned();
    app.store.end_placement(word.placement, by, Some(said), now).await.map_err(unavailable)?;
    Ok(())
}

/// Kept bytes are believed no more than bytes that came: keys change, databases can be changed.
/// Keys that were replaced since still count for what they signed in their time.
fn known(kept: &KeptPlacement, seller: &KnownMerchant, host: &KnownMerchant) -> Known {
    let placement = agreed(&kept.agreement, seller, host, kept.agreed);
    let placement = placement.and_then(|placement| {
        let same = placement.seller == seller.id && placement.host == host.id;
        same.then_some(placement).ok_or(Problem::PlacementInvalid)
    });
    Known { placement, is_ended: kept.ended.is_some() }
}

/// Believes what both have signed, by keys that counted at that moment.
fn agreed(
    agreement: &PlacementAgreement,
    seller: &KnownMerchant,
    host: &KnownMerchant,
    at: Timestamp,
) -> Result<Verified<Placement>, Problem> {
    let mut held = Err(Problem::PlacementInvalid);
    for sellers in seller.trusted(at) {
        for hosts in host.trusted(at) {
            held = held.or_else(|_| agreement.verify(sellers, hosts));
        }
    }
    held
}

/// The one that lets this item stand at `now`, or the nearest reason why none does.
fn in_force(
    known: Vec<Known>,
    item: &ItemId,
    now: Timestamp,
) -> Result<Verified<Placement>, Problem> {
    let mut reason = Problem::PlacementUnknown;
    for Known { placement, is_ended } in known {
        let judged = placement.and_then(|placement| match placement.check(item, now) {
            Ok(()) if is_ended => Err(Problem::PlacementRevoked),
            judged => judged.map(|()| placement),
        });
        match judged {
            Ok(placement) => return Ok(placement),
            Err(problem) if nearness(problem) > nearness(reason) => reason = problem,
            Err(_) => {}
        }
    }
    Err(reason)
}

/// Which of several reasons is told: the one of the placement that came nearest.
fn nearness(problem: Problem) -> u8 {
    match problem {
        Problem::PlacementRevoked => 3,
        Problem::PlacementExpired => 2,
        Problem::PlacementInvalid => 1,
        _ => 0,
    }
}

fn window(placement: &Verified<Placement>, host: Arc<KnownMerchant>) -> Window {
    let still = |origin: &&String| host.origins.contains(*origin);
    let origins = placement.origins.iter().filter(still).cloned().collect();
    Window { origins, until: placement.valid_until, host }
}
