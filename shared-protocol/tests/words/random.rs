//! Random Offers and random forms, for the properties that must hold for all of them.

use proptest::{collection::vec, option, prelude::*, sample};
use shared_protocol::{
    Address, Amount, BasisPoints, Contact, ContractNumber, Credential, Currency, Delivery,
    DeliveryTerms, Form, Locale, Localized, Offer, Personal, Plan, PlanClass, QuantityLimits,
    Region, SecurityCode, ShippingZone, prefectures,
};

use crate::party;

/// A form as plain texts, so that a failing case can be shown.
#[derive(Clone, Debug)]
pub struct Typed {
    pub quantity: u32,
    pub contact: [String; 4],
    pub place: Option<([String; 6], Region)>,
    pub contract: String,
    pub code: String,
    pub plan: Plan,
    pub locale: Locale,
}

impl Typed {
    pub fn form(&self) -> Form {
        let text = |text: &String| Personal::new(text.as_str());
        let [name, kana, email, phone] = &self.contact;
        let contact =
            Contact { name: text(name), kana: text(kana), email: text(email), phone: text(phone) };
        let delivery = match &self.place {
            None => Delivery::Intangible,
            Some(([name, code, locality, line1, line2, phone], region)) => {
                Delivery::Physical(Address {
                    name: text(name),
                    postal_code: text(code),
                    region: region.clone(),
                    locality: text(locality),
                    line1: text(line1),
                    line2: text(line2),
                    phone: text(phone),
                })
            }
        };
        Form {
            quantity: self.quantity,
            contact,
            delivery,
            credential: Credential::Code {
                contract: ContractNumber::new(self.contract.as_str()),
                code: SecurityCode::new(self.code.as_str()),
            },
            plan: self.plan,
            quote: None,
            locale: self.locale,
        }
    }

    /// Everything that only the merchant may learn.
    pub fn for_merchant(&self) -> Vec<&str> {
        let place = self.place.iter().flat_map(|(texts, _)| texts.iter());
        self.contact.iter().chain(place).map(String::as_str).collect()
    }
}

pub fn typed() -> impl Strategy<Value = Typed> {
    let texts = || "\\PC{0,24}";
    let place =
        option::weighted(0.8, ([texts(), texts(), texts(), texts(), texts(), texts()], region()));
    (
        0_u32..14,
        [texts(), texts(), texts(), texts()],
        place,
        "[A-Z][0-9]{12}",
        "[0-9]{4,8}",
        plan(),
        sample::select(Locale::ALL.to_vec()),
    )
        .prop_map(|(quantity, contact, place, contract, code, plan, locale)| Typed {
            quantity,
            contact,
            place,
            contract,
            code,
            plan,
            locale,
        })
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        Just(Plan::Single),
        (2_u8..=60).prop_map(Plan::Instalments),
        Just(Plan::Revolving),
        Just(Plan::Bonus),
        (2_u8..=60).prop_map(Plan::BonusInstalments),
        Just(Plan::Transfer),
    ]
}

/// A prefecture of Japan, mostly, else somewhere abroad.
pub fn region() -> impl Strategy<Value = Region> {
    let japan: Vec<&str> = prefectures().map(|(code, ..)| code).collect();
    prop_oneof![8 => sample::select(japan), 1 => sample::select(vec!["US-CA", "FR", "JP"])]
        .prop_map(|code| code.parse().unwrap())
}

fn currency() -> impl Strategy<Value = Currency> {
    sample::select(vec!["JPY", "USD", "KWD"]).prop_map(|code| code.parse().unwrap())
}

/// Mostly prices as there are, sometimes at the ends of what an amount may be.
fn minor() -> impl Strategy<Value = u64> {
    let most = Amount::MINOR_MAX;
    prop_oneof![8 => 0..1_000_000_u64, 1 => most - 3..=most, 1 => 0..=most]
}

/// An Offer whose numbers are anything at all, of one currency.
pub fn offer() -> impl Strategy<Value = Offer> {
    let limits = (0_u32..4, 0_u32..12).prop_map(|(min, more)| (min, min + more));
    let zones = vec((vec(region(), 0..4), minor()), 0..5);
    let free_from = option::of(minor());
    let classes = sample::subsequence(PlanClass::ALL.to_vec(), 1..=6);
    (limits, minor(), 0_u16..=3_000, option::weighted(0.9, (zones, free_from)), currency(), classes)
        .prop_map(|((min, max), price, rate, physical, currency, plans)| {
            let amount = |minor| Amount::new(minor, currency).unwrap();
            Offer {
                quantity: QuantityLimits { min, max },
                unit_price: amount(price),
                tax_rate: BasisPoints(rate),
                delivery: match physical {
                    None => DeliveryTerms::Intangible,
                    Some((zones, free_from)) => DeliveryTerms::Physical {
                        zones: zones
                            .into_iter()
                            .map(|(regions, fee)| ShippingZone { regions, fee: amount(fee) })
                            .collect(),
                        free_from: free_from.map(amount),
                    },
                },
                plans,
                ..party::offer(&"mrc_tea".parse().unwrap())
            }
        })
}

/// An Offer that may be sold: complete, with texts of its own, and mostly to all of Japan by any
/// plan.
pub fn complete_offer() -> impl Strategy<Value = Offer> {
    let often = || prop::bool::weighted(0.8);
    (offer(), "\\PC{0,40}", 0..5_000_000_u64, 0..5_000_u64, often(), often()).prop_map(
        |(mut offer, text, price, fee, to_all, by_any)| {
            offer.quantity.min = offer.quantity.min.clamp(1, 2);
            offer.quantity.max = offer.quantity.max.max(offer.quantity.min) + 9;
            offer.unit_price.minor = price;
            offer.description = Localized::new(text.as_str(), text.as_str());
            if by_any {
                offer.plans = PlanClass::ALL.to_vec();
            }
            if let (true, DeliveryTerms::Physical { zones, .. }) = (to_all, &mut offer.delivery) {
                let fee = Amount { minor: fee, ..offer.unit_price };
                zones.push(ShippingZone { regions: vec!["JP".parse().unwrap()], fee });
            }
            offer
        },
    )
}
