//! The halves' wire forms, said a second time: their encoding is private to the crate, and only
//! what PROTOCOL.md says of it is used here.

use serde::Serialize;
use shared_protocol::{
    Credential, Delivery, Digest, Goods, Half, Locale, OrderHalf, PaymentHalf, Plan, PlanQuote,
    PurchaseId, Region, Salt, Signed,
};

use crate::labelled::{Piece, cut, join};

/// The plaintext of an order half, cut.
pub fn cut_order(half: &OrderHalf) -> Vec<Piece> {
    let contact = &half.contact;
    let twin = Order {
        purchase: half.purchase,
        offer: half.offer,
        quantity: half.quantity,
        contact: Contact {
            name: contact.name.expose(),
            kana: contact.kana.expose(),
            email: contact.email.expose(),
            phone: contact.phone.expose(),
        },
        delivery: match &half.delivery {
            Delivery::Physical(place) => To::Physical(Address {
                name: place.name.expose(),
                postal_code: place.postal_code.expose(),
                region: place.region.clone(),
                locality: place.locality.expose(),
                line1: place.line1.expose(),
                line2: place.line2.expose(),
                phone: place.phone.expose(),
            }),
            Delivery::Intangible => To::Intangible,
        },
        locale: half.locale,
        salt: half.salt,
    };
    checked(cut(&twin), &half.to_plaintext())
}

/// The plaintext of a payment half, cut.
pub fn cut_payment(half: &PaymentHalf) -> Vec<Piece> {
    let Credential::Code(code) = &half.credential;
    let twin = Payment {
        purchase: half.purchase,
        goods: half.goods.clone(),
        quantity: half.quantity,
        contract: half.contract.expose(),
        credential: By::Code(code.expose()),
        plan: half.plan,
        quote: half.quote.clone(),
        locale: half.locale,
        salt: half.salt,
    };
    checked(cut(&twin), &half.to_plaintext())
}

fn checked(pieces: Vec<Piece>, plaintext: &[u8]) -> Vec<Piece> {
    assert_eq!(join(&pieces), plaintext, "the half is not written as PROTOCOL.md says");
    pieces
}

#[derive(Serialize)]
struct Order<'a> {
    purchase: PurchaseId,
    offer: Digest,
    quantity: u32,
    contact: Contact<'a>,
    delivery: To<'a>,
    locale: Locale,
    salt: Salt,
}

#[derive(Serialize)]
struct Contact<'a> {
    name: &'a str,
    kana: &'a str,
    email: &'a str,
    phone: &'a str,
}

#[derive(Serialize)]
enum To<'a> {
    Physical(Address<'a>),
    Intangible,
}

#[derive(Serialize)]
struct Address<'a> {
    name: &'a str,
    postal_code: &'a str,
    region: Region,
    locality: &'a str,
    line1: &'a str,
    line2: &'a str,
    phone: &'a str,
}

#[derive(Serialize)]
struct Payment<'a> {
    purchase: PurchaseId,
    goods: Goods,
    quantity: u32,
    contract: &'a str,
    credential: By<'a>,
    plan: Plan,
    quote: Option<Signed<PlanQuote>>,
    locale: Locale,
    salt: Salt,
}

#[derive(Serialize)]
enum By<'a> {
    Code(&'a str),
}
