//! The halves' wire forms, said a second time: their encoding is private to the crate, and only
//! what PROTOCOL.md says of it is used here.

use serde::Serialize;
use shared_protocol::{
    Credential, Delivery, Digest, Goods, Half, Locale, OrderHalf, PasskeyAssertion, Payee,
    PaymentHalf, Plan, PlanQuote, PurchaseId, Region, Salt, Signed,
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
    let twin = Payment {
        purchase: half.purchase,
        goods: half.goods.clone(),
        quantity: half.quantity,
        credential: match &half.credential {
            Credential::Code { contract, code } => {
                By::Code { contract: contract.expose(), code: code.expose() }
            }
            Credential::Passkey => By::Passkey,
        },
        plan: half.plan,
        quote: half.quote.clone(),
        payee: half.payee.clone(),
        locale: half.locale,
        salt: half.salt,
    };
    checked(cut(&twin), &half.to_plaintext())
}

/// The plaintext of a passkey's word, cut.
pub fn cut_assertion(word: &PasskeyAssertion) -> Vec<Piece> {
    let twin = Assertion {
        credential_id: word.credential_id.expose().to_vec(),
        authenticator_data: word.authenticator_data.expose().to_vec(),
        client_data: word.client_data.expose().to_vec(),
        signature: word.signature.expose().to_vec(),
        user_handle: word.user_handle.expose().to_vec(),
    };
    checked(cut(&twin), &word.to_plaintext())
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
    credential: By<'a>,
    plan: Plan,
    quote: Option<Signed<PlanQuote>>,
    payee: Option<Payee>,
    locale: Locale,
    salt: Salt,
}

#[derive(Serialize)]
struct Assertion {
    credential_id: Vec<u8>,
    authenticator_data: Vec<u8>,
    client_data: Vec<u8>,
    signature: Vec<u8>,
    user_handle: Vec<u8>,
}

#[derive(Serialize)]
enum By<'a> {
    Code { contract: &'a str, code: &'a str },
    Passkey,
}
