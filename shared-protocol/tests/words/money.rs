//! Amounts, currencies, tax and totals, against arithmetic done in 128 bits.

use proptest::prelude::*;
use shared_protocol::{
    Amount, BasisPoints, Currency, DeliveryTerms, Destination, Offer, PREFECTURES, Problem,
    QuantityLimits, Region, ShippingZone,
};

use crate::{
    effort::{did_from_seed, property, times},
    oracle, party,
    party::yen,
    random,
};

const MOST: u64 = Amount::MINOR_MAX;

fn amount(minor: u64, code: &str) -> Amount {
    Amount::new(minor, code.parse().unwrap()).unwrap()
}

#[test]
fn an_amount_ends_where_a_json_number_ends_being_exact() {
    assert_eq!(MOST, (1 << 53) - 1);
    assert!(Amount::new(MOST, Currency::JPY).is_some());
    for beyond in [MOST + 1, u64::MAX] {
        assert_eq!(Amount::new(beyond, Currency::JPY), None);
    }
}

#[test]
fn sums_and_multiples_are_exact_or_none() {
    let cases = (0..=MOST, 0..=MOST, any::<u32>());
    property(2_000)
        .run(&cases, |(a, b, n)| {
            let exact = |wide: u128| u64::try_from(wide).ok().filter(|minor| *minor <= MOST);
            let sum = yen(a).plus(yen(b)).map(|sum| sum.minor);
            prop_assert_eq!(sum, exact(u128::from(a) + u128::from(b)));
            let product = yen(a).times(n).map(|product| product.minor);
            prop_assert_eq!(product, exact(u128::from(a) * u128::from(n)));
            prop_assert_eq!(yen(a % 1000).times(n).unwrap().minor, a % 1000 * u64::from(n));
            Ok(())
        })
        .unwrap();
    did_from_seed("sums and multiples", times(2_000) as usize);
    assert_eq!(yen(MOST).plus(yen(1)), None);
    assert_eq!(yen(MOST).times(2), None);
    assert_eq!(yen(MOST).times(0), Some(yen(0)));
    assert_eq!(yen(0).times(u32::MAX), Some(yen(0)));
}

#[test]
fn an_amount_built_beyond_the_most_is_never_summed() {
    let beyond = Amount { minor: u64::MAX, currency: Currency::JPY };
    assert_eq!(beyond.plus(yen(0)), None);
    assert_eq!(beyond.plus(beyond), None);
    assert_eq!(beyond.times(1), None);
}

#[test]
fn different_currencies_have_no_sum() {
    assert_eq!(yen(1).plus(amount(1, "USD")), None);
    assert_eq!(amount(0, "KWD").plus(amount(0, "BHD")), None);
    assert_eq!(amount(1, "EUR").plus(amount(2, "EUR")), Some(amount(3, "EUR")));
}

#[test]
fn currencies_have_their_decimals_and_one_spelling() {
    for (code, decimals) in [
        ("JPY", 0),
        ("KRW", 0),
        ("VND", 0),
        ("CLP", 0),
        ("USD", 2),
        ("EUR", 2),
        ("GBP", 2),
        ("CNY", 2),
        ("KWD", 3),
        ("BHD", 3),
        ("TND", 3),
        ("JOD", 3),
        ("CLF", 4),
    ] {
        let currency: Currency = code.parse().unwrap();
        assert_eq!((currency.code(), currency.exponent()), (code, decimals));
        assert_eq!(currency.to_string(), code);
    }
    // Metals, units of account and "no currency" have no minor unit.
    for code in ["XXX", "XAU", "XAG", "XPT", "XDR", "XTS"] {
        assert!(code.parse::<Currency>().is_err(), "{code}");
    }
    for code in ["", "JP", "JPYY", "jpy", "Jpy", " JPY", "円", "¥", "ZZZ", "123"] {
        assert!(code.parse::<Currency>().is_err(), "{code:?}");
    }
}

#[test]
fn every_currency_of_the_list_has_its_own_decimals() {
    use iso_currency::IntoEnumIterator as _;
    let mut known = 0;
    for listed in iso_currency::Currency::iter() {
        let ours = listed.code().parse::<Currency>().ok();
        assert_eq!(ours.map(Currency::exponent), listed.exponent(), "{}", listed.code());
        known += usize::from(ours.is_some());
    }
    assert!(known > 150, "{known} currencies");
}

#[test]
fn included_tax_is_rounded_down() {
    let rows: [(u64, u16, u64); 24] = [
        (0, 1000, 0),
        (1, 1000, 0),
        (10, 1000, 0),
        (11, 1000, 1),
        (21, 1000, 1),
        (22, 1000, 2),
        (110, 1000, 10),
        (109, 1000, 9),
        (3_850, 1000, 350),
        (3_300, 1000, 300),
        (1_000, 1000, 90),
        (1_000, 800, 74),
        (108, 800, 8),
        (107, 800, 7),
        (100, 800, 7),
        (1, 800, 0),
        (119, 1900, 19),
        (118, 1900, 18),
        (10_000, 2500, 2_000),
        (9_999, 2500, 1_999),
        (1_000, 0, 0),
        (MOST, 0, 0),
        (MOST, 10_000, MOST / 2),
        (u64::from(u32::MAX), 1000, 390_451_572),
    ];
    for (minor, rate, tax) in rows {
        let included = yen(minor).tax_included(BasisPoints(rate)).unwrap();
        assert_eq!(included, yen(tax), "{minor} at {rate}");
    }
}

#[test]
fn included_tax_is_exact_for_every_amount_and_rate() {
    let most = prop_oneof![0..=MOST, MOST - 5..=MOST, 0..10_000_u64];
    property(3_000)
        .run(&(most, any::<u16>()), |(minor, rate)| {
            let (wide, rate_wide) = (u128::from(minor), u128::from(rate));
            let exact = wide * rate_wide / (10_000 + rate_wide);
            let included = yen(minor).tax_included(BasisPoints(rate)).unwrap();
            prop_assert_eq!(u128::from(included.minor), exact);
            prop_assert!(included.minor <= minor);
            Ok(())
        })
        .unwrap();
    did_from_seed("included taxes", times(3_000) as usize);
}

#[test]
fn a_total_is_that_of_the_oracle_for_any_offer_and_place() {
    let cases = (random::offer(), 0_u32..16, random::region(), any::<bool>());
    property(1_500)
        .run(&cases, |(offer, quantity, region, intangible)| {
            let to =
                if intangible { Destination::Intangible } else { Destination::Region(&region) };
            prop_assert_eq!(offer.total(quantity, to), oracle::total(&offer, quantity, to));
            Ok(())
        })
        .unwrap();
    did_from_seed("totals", times(1_500) as usize);
}

/// Every place that a price could depend on: all prefectures, the country, and abroad.
fn places() -> Vec<Region> {
    let japan = PREFECTURES.iter().map(|(code, ..)| *code);
    let codes = japan.chain(["JP", "US", "US-CA", "FR", "FR-75"]);
    codes.map(|code| code.parse().unwrap()).collect()
}

#[test]
fn an_offer_may_cost_what_it_costs_somewhere_and_nothing_else() {
    let places = places();
    property(150)
        .run(&(random::offer(), 0_u32..14, any::<u64>()), |(offer, quantity, noise)| {
            let somewhere: Vec<Amount> = places
                .iter()
                .map(Destination::Region)
                .chain([Destination::Intangible])
                .filter_map(|to| oracle::total(&offer, quantity, to).ok())
                .map(|total| total.total)
                .collect();
            for amount in &somewhere {
                prop_assert!(offer.may_cost(quantity, *amount), "{:?} somewhere", amount);
                for minor in [amount.minor.wrapping_sub(1), amount.minor + 1, noise % MOST] {
                    let near = Amount { minor, ..*amount };
                    prop_assert_eq!(offer.may_cost(quantity, near), somewhere.contains(&near));
                }
                let elsewhere = if amount.currency == Currency::JPY { "USD" } else { "JPY" };
                let other = Amount { currency: elsewhere.parse().unwrap(), ..*amount };
                prop_assert!(!offer.may_cost(quantity, other));
            }
            if somewhere.is_empty() {
                prop_assert!(!offer.may_cost(quantity, offer.unit_price));
            }
            Ok(())
        })
        .unwrap();
    did_from_seed("sets of totals", times(150) as usize);
}

/// Offer::total by hand, for the teapot of the demo.
#[test]
fn the_teapot_costs_what_a_person_would_say() {
    let offer = party::offer(&"mrc_tea".parse().unwrap());
    let cost = |quantity, place: &str| {
        let place: Region = place.parse().unwrap();
        let total = offer.total(quantity, Destination::Region(&place));
        total.map(|t| (t.goods.minor, t.shipping.minor, t.total.minor, t.tax.minor))
    };
    assert_eq!(cost(1, "JP-13"), Ok((3_300, 550, 3_850, 350)));
    assert_eq!(cost(1, "JP-47"), Ok((3_300, 1_320, 4_620, 420)), "Okinawa comes first");
    assert_eq!(cost(3, "JP-13"), Ok((9_900, 550, 10_450, 950)));
    assert_eq!(cost(4, "JP-47"), Ok((13_200, 0, 13_200, 1_200)), "free from 10,000 yen");
    assert_eq!(cost(5, "JP"), Ok((16_500, 0, 16_500, 1_500)));
    assert_eq!(cost(0, "JP-13"), Err(Problem::QuantityOutOfRange));
    assert_eq!(cost(6, "JP-13"), Err(Problem::QuantityOutOfRange));
    assert_eq!(cost(u32::MAX, "JP-13"), Err(Problem::QuantityOutOfRange));
    assert_eq!(cost(1, "US-CA"), Err(Problem::NotDeliverable));
    let nowhere = offer.total(1, Destination::Intangible);
    assert_eq!(nowhere.err(), Some(Problem::NotDeliverable));
}

#[test]
fn delivery_is_free_from_the_very_amount_on_and_never_in_another_currency() {
    let teapot = |free_from: Option<Amount>| Offer {
        quantity: QuantityLimits { min: 1, max: 10 },
        unit_price: yen(1_000),
        delivery: DeliveryTerms::Physical {
            zones: vec![ShippingZone { regions: vec!["JP".parse().unwrap()], fee: yen(500) }],
            free_from,
        },
        ..party::offer(&"mrc_tea".parse().unwrap())
    };
    let tokyo: Region = "JP-13".parse().unwrap();
    let shipping = |free_from, quantity| {
        teapot(free_from).total(quantity, Destination::Region(&tokyo)).unwrap().shipping.minor
    };
    assert_eq!(shipping(Some(yen(3_000)), 2), 500);
    assert_eq!(shipping(Some(yen(3_000)), 3), 0);
    assert_eq!(shipping(Some(yen(3_001)), 3), 500);
    assert_eq!(shipping(Some(yen(0)), 1), 0);
    assert_eq!(shipping(None, 10), 500);
    assert_eq!(shipping(Some(amount(1, "USD")), 10), 500);
}

#[test]
fn a_fee_in_another_currency_has_no_total() {
    let mut offer = party::offer(&"mrc_tea".parse().unwrap());
    let zone = ShippingZone { regions: vec!["JP".parse().unwrap()], fee: amount(5, "USD") };
    offer.delivery = DeliveryTerms::Physical { zones: vec![zone], free_from: None };
    let tokyo: Region = "JP-13".parse().unwrap();
    let total = offer.total(1, Destination::Region(&tokyo));
    assert_eq!(total.err(), Some(Problem::OfferInvalid));
    assert!(!offer.may_cost(1, yen(3_305)));
    assert_eq!(offer.check_complete(), Err(Problem::OfferInvalid));
}

#[test]
fn the_smallest_price_and_the_largest_still_add_up_or_are_refused() {
    let tokyo: Region = "JP-13".parse().unwrap();
    let priced = |price, fee, quantity| {
        let zone = ShippingZone { regions: vec!["JP".parse().unwrap()], fee: yen(fee) };
        let offer = Offer {
            quantity: QuantityLimits { min: 1, max: u32::MAX },
            unit_price: yen(price),
            delivery: DeliveryTerms::Physical { zones: vec![zone], free_from: None },
            ..party::offer(&"mrc_tea".parse().unwrap())
        };
        offer.total(quantity, Destination::Region(&tokyo)).map(|total| total.total.minor)
    };
    assert_eq!(priced(0, 0, 1), Ok(0));
    assert_eq!(priced(MOST, 0, 1), Ok(MOST));
    assert_eq!(priced(MOST, 1, 1), Err(Problem::OfferInvalid));
    assert_eq!(priced(MOST - 1, 1, 1), Ok(MOST));
    assert_eq!(priced(MOST, 0, 2), Err(Problem::OfferInvalid));
    assert_eq!(priced(2_097_151, 0, u32::MAX), Ok(2_097_151 * u64::from(u32::MAX)));
    assert_eq!(priced(2_097_153, 0, u32::MAX), Err(Problem::OfferInvalid));
}

#[test]
fn regions_are_iso_codes_and_contain_their_parts() {
    let region = |code: &str| code.parse::<Region>();
    for code in ["JP", "JP-13", "US-CA", "FR-75", "GB-ENG"] {
        assert_eq!(region(code).unwrap().as_str(), code);
    }
    for code in ["", "J", "JPN", "jp", "JP-", "JP-1234", "JP-a", "JP_13", "JP-13-1", "日本", "JP "]
    {
        assert!(region(code).is_err(), "{code:?}");
    }
    let contains =
        |whole: &str, part: &str| region(whole).unwrap().contains(&region(part).unwrap());
    assert!(contains("JP", "JP-13") && contains("JP", "JP") && contains("JP-13", "JP-13"));
    assert!(!contains("JP-13", "JP") && !contains("JP-13", "JP-14") && !contains("US", "JP-13"));
    let codes: std::collections::BTreeSet<_> = PREFECTURES.iter().map(|(code, ..)| code).collect();
    assert_eq!(codes.len(), 47);
}
