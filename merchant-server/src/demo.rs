//! The demo's witness: remembers what came to the shop, as it came and as the shop could read it,
//! for the split inspector to show. Exists only in a server that was started as a demo.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use shared_protocol::{
    Delivery, Grant, GrantProof, OrderCheck, OrderHalf, OrderSubmission, PurchaseId, SealContext,
    Sealed, Timestamp, jws,
};

use crate::domain::Shop;

/// What came to the shop, newest last; old things make room.
#[derive(Default)]
pub struct Demo {
    seen: Mutex<VecDeque<(PurchaseId, Value)>>,
}

impl Demo {
    /// An order half came to be checked (54).
    pub fn saw_check(
        &self,
        shop: &Shop,
        purchase: PurchaseId,
        check: &OrderCheck,
        bytes: &[u8],
        now: Timestamp,
    ) {
        let read = json!({ "order": order(shop, &check.context, &check.order) });
        self.remember(purchase, "order-check", &read, bytes, now);
    }

    /// An order came with its Grant (61).
    pub fn saw_submission(
        &self,
        shop: &Shop,
        purchase: PurchaseId,
        submission: &OrderSubmission,
        bytes: &[u8],
        now: Timestamp,
    ) {
        let context = submission.context().ok();
        let order = context.map(|context| order(shop, &context, &submission.order));
        let read = json!({ "order": order, "grant": grant(shop, &submission.grant) });
        self.remember(purchase, "order-submission", &read, bytes, now);
    }

    /// The agent told something (64–65).
    pub fn saw_event(&self, purchase: PurchaseId, bytes: &[u8], now: Timestamp) {
        let read = serde_json::from_slice(bytes).unwrap_or(Value::Null);
        self.remember(purchase, "event", &read, bytes, now);
    }

    /// Everything, by purchase, newest purchase first.
    pub fn received(&self) -> Value {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut purchases: Vec<PurchaseId> = Vec::new();
        for (purchase, _) in seen.iter().rev() {
            if !purchases.contains(purchase) {
                purchases.push(*purchase);
            }
        }
        let of = |id: &PurchaseId| {
            let came = seen.iter().filter(|(purchase, _)| purchase == id).map(|(_, value)| value);
            json!({ "purchase": id.to_string(), "received": came.collect::<Vec<_>>() })
        };
        json!({ "role": "merchant", "purchases": purchases.iter().map(of).collect::<Vec<_>>() })
    }

    fn remember(
        &self,
        purchase: PurchaseId,
        what: &str,
        read: &Value,
        bytes: &[u8],
        now: Timestamp,
    ) {
        let value = json!({
            "what": what,
            "at": now.as_millis(),
            "read": read,
            "bytes": bytes.len(),
            "raw": BASE64.encode(bytes),
        });
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() == SEEN_MAX {
            seen.pop_front();
        }
        seen.push_back((purchase, value));
    }
}

/// The order half as the shop reads it; null if it is not for this shop.
fn order(shop: &Shop, context: &SealContext, sealed: &Sealed<OrderHalf>) -> Value {
    let Ok((half, _)) = shop.keys.open(sealed, context) else { return Value::Null };
    let contact = &half.contact;
    let delivery = match &half.delivery {
        Delivery::Intangible => Value::Null,
        Delivery::Physical(address) => json!({
            "delivery.name": address.name.expose(),
            "delivery.postal_code": address.postal_code.expose(),
            "delivery.region": address.region.as_str(),
            "delivery.locality": address.locality.expose(),
            "delivery.line1": address.line1.expose(),
            "delivery.line2": address.line2.expose(),
            "delivery.phone": address.phone.expose(),
        }),
    };
    json!({
        "quantity": half.quantity,
        "locale": half.locale.tag(),
        "contact": {
            "contact.name": contact.name.expose(),
            "contact.kana": contact.kana.expose(),
            "contact.email": contact.email.expose(),
            "contact.phone": contact.phone.expose(),
        },
        "delivery": delivery,
    })
}

fn grant(shop: &Shop, proof: &GrantProof) -> Value {
    let claimed: Option<Grant> = match proof {
        GrantProof::Signed(signed) => signed.claimed().ok(),
        GrantProof::Jws(text) => {
            jws::verify(text, &shop.agent_keys()).ok().map(|grant| grant.into_inner())
        }
    };
    claimed.map_or(Value::Null, |grant| {
        json!({
            "handling_number": grant.handling_number.to_string(),
            "amount": grant.amount.minor,
            "currency": grant.amount.currency.code(),
            "plan_class": grant.plan_class.name(),
            "provisional": grant.provisional,
        })
    })
}

const SEEN_MAX: usize = 300;
