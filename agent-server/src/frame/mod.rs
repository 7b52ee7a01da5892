//! What the frame page says (Fig 7, Fig 8): the product card and the form, ready to read and type
//! into before the program arrives. Decides nothing; knows no HTTP.

mod choices;

use askama::Template;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use shared_protocol::{
    DeliveryTerms, Locale, Mark, ORDER_IDLE, Offer, Signed, Timestamp, VerifyingKey, encode,
};

use crate::{
    domain::{Merchant, placement::Window, plan::PlanRules},
    texts::{self, Words},
    widget::{Files, Program},
};
use choices::{Choice, FormWords, Plan, countries, plans, regions};

/// All that the page is made from.
pub struct FrameFacts<'a> {
    /// The visitor's language.
    pub locale: Locale,
    /// The agent's name.
    pub agent: &'a str,
    /// How people reach the agent.
    pub agent_contact: &'a str,
    /// The agent's verifying keys, newest first.
    pub keys: &'a [VerifyingKey],
    /// Who sells.
    pub merchant: &'a Merchant,
    /// In whose pages, if the window is a borrowed one, and that merchant's own Mark.
    pub host: Option<(&'a Window, &'a Signed<Mark>)>,
    /// When they look.
    pub now: Timestamp,
    /// In which ways shoppers may pay.
    pub rules: &'a PlanRules,
    /// The agent's word on them.
    pub mark: &'a Signed<Mark>,
    /// What they sell.
    pub offer: &'a Offer,
    /// The same, as it was signed.
    pub signed_offer: &'a Signed<Offer>,
    /// By which method, if the shop's page asks for one.
    pub method: Option<&'a str>,
    /// How many the shop's page asks for.
    pub quantity: Option<u32>,
    /// The shop's own id for this visit; only handed on.
    pub reference: &'a str,
    /// This page in the other language.
    pub other_url: &'a str,
    /// The build of the widget.
    pub files: &'a Files,
}

impl FrameFacts<'_> {
    /// The program that the page runs.
    pub fn program(&self) -> Program {
        self.files.program(self.host.is_some() || self.merchant.needs_every_way())
    }
}

/// Writes the page.
pub fn page(facts: &FrameFacts<'_>) -> String {
    let w = Words::of(facts.locale);
    let offer = facts.offer;
    let shop_name = facts.merchant.name.get(facts.locale);
    let host_name = facts.host.map_or("", |(window, _)| window.host.name.get(facts.locale));
    let names = [("shop", shop_name), ("agent", facts.agent), ("host", host_name)];
    let quantity = facts.quantity.unwrap_or(offer.quantity.min);
    let quantity = quantity.clamp(offer.quantity.min, offer.quantity.max.max(offer.quantity.min));
    let mut choices = plans(offer, facts.merchant, (facts.rules, facts.now), w);
    let is_transfer = |plan: &Plan| plan.value == TRANSFER;
    match facts.method {
        Some("contract") => choices.retain(|plan| !is_transfer(plan)),
        Some("bank-transfer") => choices.retain(is_transfer),
        _ => {}
    }
    let (alone, with_server) = ([shop_name], [shop_name, facts.merchant.server.as_str()]);
    let idle = ORDER_IDLE.as_millis() / 1000;
    let view = FrameView {
        w,
        names: &names,
        form: FormWords(facts.locale),
        shop_name,
        host: &facts.host.map(|(_, mark)| BASE64URL.encode(encode(mark))).unwrap_or_default(),
        module: &address(facts.files, &facts.program().glue(facts.locale)),
        wasm: &address(facts.files, facts.program().wasm),
        origins: &facts
            .host
            .map_or(&facts.merchant.origins, |(window, _)| &window.origins)
            .join(" "),
        merchant: facts.merchant.id.as_str(),
        item: offer.item.as_str(),
        reference: facts.reference,
        idle_seconds: idle,
        waives: waives(facts),
        idle_note: &w.fill("product.idle", &[("minutes", &(idle / 60).to_string())]),
        keys: &keys(facts.keys),
        mark: &BASE64URL.encode(encode(facts.mark)),
        offer: &BASE64URL.encode(encode(facts.signed_offer)),
        css: facts.files.inline("widget.css").0,
        boot: facts.files.inline("boot.js").0,
        other_url: facts.other_url,
        help_shop: if facts.merchant.has_mailbox() { &alone } else { &with_server },
        help_agent: &[facts.agent, facts.agent_contact],
        legal: &facts.merchant.legal_notice.get(facts.locale).lines().collect::<Vec<_>>(),
        photo: &photo(facts.merchant, offer),
        item_name: offer.name.get(facts.locale),
        price: &texts::amount(offer.unit_price),
        shipping: &shipping(offer, quantity, w),
        quantity,
        quantity_min: offer.quantity.min,
        quantity_max: offer.quantity.max,
        spec: offer.specification.get(facts.locale),
        description: offer.description.get(facts.locale),
        usage: offer.how_to_use.get(facts.locale),
        delivers: matches!(offer.delivery, DeliveryTerms::Physical { .. }),
        countries: &countries(offer, w),
        regions: &regions(facts.locale),
        has_transfer: choices.iter().any(is_transfer),
        plans: &choices.into_iter().filter(|plan| !is_transfer(plan)).collect::<Vec<_>>(),
    };
    view.render().expect("a page is written to memory")
}

/// Where a file of the widget is.
pub fn address(files: &Files, name: &str) -> String {
    format!("/assets/{}/{name}", files.build)
}

fn keys(keys: &[VerifyingKey]) -> String {
    let encoded: Vec<_> = keys.iter().map(|key| BASE64URL.encode(key.as_bytes())).collect();
    encoded.join(" ")
}

/// Up to how much nobody is asked by mail (¶61), which the shopper reads before they order.
fn waives(facts: &FrameFacts<'_>) -> u64 {
    let most = facts.merchant.waives;
    let most = most.filter(|most| most.currency == facts.offer.unit_price.currency);
    most.map_or(0, |most| most.minor)
}

/// The picture's address; none if the Offer has none or it would leave the merchant's server. A
/// merchant without one has left it here.
fn photo(merchant: &Merchant, offer: &Offer) -> String {
    let path = offer.image.as_deref().filter(|path| path.starts_with('/'));
    path.map(|path| format!("{}{path}", merchant.server)).unwrap_or_default()
}

/// What delivery of so many costs, as far as it is known before the shopper says where.
fn shipping(offer: &Offer, quantity: u32, w: Words) -> String {
    let DeliveryTerms::Physical { zones, free_from } = &offer.delivery else {
        return w.get("product.no_shipping").to_owned();
    };
    let goods = offer.unit_price.times(quantity);
    let is_waived = goods
        .zip(*free_from)
        .is_some_and(|(goods, from)| goods.currency == from.currency && goods.minor >= from.minor);
    let fees = || zones.iter().map(|zone| zone.fee);
    let least = fees().min_by_key(|fee| fee.minor);
    let most = fees().max_by_key(|fee| fee.minor);
    match least.zip(most) {
        Some((least, most)) if !is_waived && least != most => {
            let (least, most) = (texts::amount(least), texts::amount(most));
            w.fill("product.shipping_range", &[("min", &least), ("max", &most)])
        }
        Some((fee, _)) if !is_waived && fee.minor > 0 => {
            w.fill("product.shipping", &[("amount", &texts::amount(fee))])
        }
        _ => w.get("product.shipping_free").to_owned(),
    }
}

#[derive(Template)]
#[template(path = "frame.html")]
struct FrameView<'a> {
    w: Words,
    names: &'a [(&'a str, &'a str)],
    form: FormWords,
    shop_name: &'a str,
    host: &'a str,
    module: &'a str,
    wasm: &'a str,
    origins: &'a str,
    merchant: &'a str,
    item: &'a str,
    reference: &'a str,
    idle_seconds: i64,
    waives: u64,
    idle_note: &'a str,
    keys: &'a str,
    mark: &'a str,
    offer: &'a str,
    css: &'a str,
    boot: &'a str,
    other_url: &'a str,
    help_shop: &'a [&'a str],
    help_agent: &'a [&'a str],
    legal: &'a [&'a str],
    photo: &'a str,
    item_name: &'a str,
    price: &'a str,
    shipping: &'a str,
    quantity: u32,
    quantity_min: u32,
    quantity_max: u32,
    spec: &'a str,
    description: &'a str,
    usage: &'a str,
    delivers: bool,
    countries: &'a [Choice<'a>],
    regions: &'a [Choice<'a>],
    has_transfer: bool,
    plans: &'a [Plan],
}

/// The value of the plan that is a transfer.
const TRANSFER: &str = "transfer";
