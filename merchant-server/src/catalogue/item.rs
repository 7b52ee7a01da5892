//! One item of the catalogue: the rules that its fields must keep, and the Offer that it makes.

use jiff::Timestamp as Moment;
use shared_protocol::{
    Amount, BasisPoints, Currency, DeliveryTerms, ItemId, MerchantId, Offer, PlanClass, Problem,
    QuantityLimits, Region, ShippingZone, Span, Timestamp, encode, prefectures,
};

use super::reader::Reader;

/// Something that the shop sells.
#[derive(Clone, Debug)]
pub struct Item {
    terms: Offer,
    stock: Option<u32>,
    valid: Span,
    orders_until: Option<Timestamp>,
}

impl Item {
    /// An item of a catalogue that comes from a program. Each Offer is good for as long as from
    /// `issued` to `expires` in these terms; the moments themselves do not count. `stock` is how
    /// many there are to sell in all; `None` is without end.
    ///
    /// # Errors
    /// [`Problem::OfferInvalid`] if the terms lack what the law wants, or do not add up.
    pub fn new(terms: Offer, stock: Option<u32>) -> Result<Self, Problem> {
        terms.check_complete()?;
        let valid = terms.expires.since(terms.issued);
        Ok(Self { terms, stock, valid, orders_until: None })
    }

    /// The Offer of this item at `now`; `None` once its time to order is over. Within one hour it
    /// is the same to the last bit, so that all who keep a copy have one digest.
    pub fn offer(&self, now: Timestamp) -> Option<Offer> {
        self.offer_for(now, self.valid)
    }

    /// The same, good for as long as is said here instead of in the catalogue.
    pub fn offer_for(&self, now: Timestamp, valid: Span) -> Option<Offer> {
        let into_hour = now.as_millis().rem_euclid(Span::hours(1).as_millis());
        let offer = self.from(now.minus(Span::millis(into_hour)), valid);
        (now < offer.expires).then_some(offer)
    }

    /// The Offer of this item as it would be signed at this very moment.
    pub fn offer_from(&self, issued: Timestamp) -> Offer {
        self.from(issued, self.valid)
    }

    fn from(&self, issued: Timestamp, valid: Span) -> Offer {
        let full = issued.plus(valid);
        let expires = self.orders_until.map_or(full, |until| until.min(full));
        Offer { issued, expires, ..self.terms.clone() }
    }

    /// How many there are to sell in all, counted from the first sale; `None` is without end.
    pub fn stock(&self) -> Option<u32> {
        self.stock
    }

    /// The same as a number.
    pub fn in_all(&self) -> u32 {
        self.stock.unwrap_or(u32::MAX)
    }

    /// What the Offer says of it, whenever it is made.
    pub fn terms(&self) -> &Offer {
        &self.terms
    }

    /// Reads one `[[item]]` of a shop that sells in this currency and accepts these plans; notes
    /// what is wrong with it.
    pub(super) fn read(
        mut from: Reader<'_>,
        merchant: &MerchantId,
        (currency, of_shop): (Currency, &[PlanClass]),
    ) -> Option<(ItemId, Self)> {
        let id = read_id(&mut from);
        let unit_price = from.number("unit_price", 1..=Amount::MINOR_MAX);
        let tax_rate = from.number("tax_rate", 0..=10_000);
        let quantity = read_quantity(&mut from);
        let delivery = read_delivery(&mut from, currency);
        let plans = plans_within(&mut from, of_shop);
        let image = read_image(&mut from);
        let [name, payment_terms, delivery_time, application_period, withdrawal_terms] =
            STATUTORY_TEXTS.map(|field| from.localized(field));
        let [description, specification, how_to_use] =
            FREE_TEXTS.map(|field| from.localized_if_any(field).unwrap_or_default());
        let stock = from.number_if_any("stock", 0..=u64::from(u32::MAX));
        let valid_hours = from.number_if_any("valid_hours", 2..=744);
        let orders_until = read_orders_until(&mut from);
        let terms = (|| {
            Some(Offer {
                merchant: merchant.clone(),
                item: id?,
                name: name?,
                description,
                specification,
                how_to_use,
                image,
                quantity: quantity?,
                unit_price: Amount::new(unit_price?, currency)?,
                tax_rate: BasisPoints(u16::try_from(tax_rate?).ok()?),
                delivery: delivery?,
                payment_terms: payment_terms?,
                plans,
                delivery_time: delivery_time?,
                application_period: application_period?,
                withdrawal_terms: withdrawal_terms?,
                issued: Timestamp::from_millis(0),
                expires: Timestamp::from_millis(i64::MAX),
            })
        })();
        check_whole(&from, terms.as_ref());
        from.finish();
        let terms = terms?;
        let stock = stock.and_then(|stock| u32::try_from(stock).ok());
        let valid = Span::hours(i64::try_from(valid_hours.unwrap_or(DEFAULT_VALID_HOURS)).ok()?);
        Some((terms.item.clone(), Self { terms, stock, valid, orders_until }))
    }
}

fn read_id(from: &mut Reader<'_>) -> Option<ItemId> {
    let Some(text) = from.text("id") else {
        from.note("id", "is missing");
        return None;
    };
    let id: Option<ItemId> = text.parse().ok();
    match &id {
        Some(id) => from.call_item(id.to_string()),
        None => from.note("id", "must be 1 to 64 letters, digits, '-', '_' or '.'"),
    }
    id
}

fn read_quantity(from: &mut Reader<'_>) -> Option<QuantityLimits> {
    let Some(mut limits) = from.table("quantity") else {
        from.note("quantity", "is missing: write { min = 1, max = 5 }");
        return None;
    };
    let min = limits.number("min", 1..=10_000);
    let max = limits.number("max", 1..=10_000);
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        limits.note("max", "must not be less than min");
    }
    limits.finish();
    let (min, max) = (u32::try_from(min?).ok()?, u32::try_from(max?).ok()?);
    Some(QuantityLimits { min, max })
}

fn read_delivery(from: &mut Reader<'_>, currency: Currency) -> Option<DeliveryTerms> {
    let Some(mut delivery) = from.table("delivery") else {
        from.note("delivery", "is missing: write { kind = \"physical\", … }");
        return None;
    };
    let terms = match delivery.text("kind") {
        Some("intangible") => DeliveryTerms::Intangible,
        Some("physical") => {
            let zones = read_zones(&mut delivery, currency);
            let free_from = delivery.number_if_any("free_from", 1..=Amount::MINOR_MAX);
            let free_from = free_from.and_then(|minor| Amount::new(minor, currency));
            DeliveryTerms::Physical { zones, free_from }
        }
        _ => {
            delivery.note("kind", "must be \"physical\" or \"intangible\"");
            return None;
        }
    };
    delivery.finish();
    Some(terms)
}

fn read_zones(delivery: &mut Reader<'_>, currency: Currency) -> Vec<ShippingZone> {
    let mut zones: Vec<ShippingZone> = Vec::new();
    for mut table in delivery.tables("zones") {
        let mut regions = Vec::new();
        for code in table.texts("regions") {
            match region(code) {
                Some(place) if covers(&zones, &place) => {
                    let what = format!("{code} is in a zone above already: put this zone first");
                    table.note("regions", &what);
                }
                Some(place) => regions.push(place),
                None => table.note("regions", &format!("{code} is not a place such as JP-13")),
            }
        }
        let fee = table.number("fee", 0..=Amount::MINOR_MAX);
        table.finish();
        zones.extend(
            fee.and_then(|fee| Amount::new(fee, currency)).map(|fee| ShippingZone { regions, fee }),
        );
    }
    if zones.is_empty() {
        delivery.note("zones", "there must be a zone to which it is delivered, with its fee");
    }
    zones
}

/// A place that exists, as far as this crate knows: Japan's prefectures it knows all.
fn region(code: &str) -> Option<Region> {
    let region: Region = code.parse().ok()?;
    let exists =
        region.country() != "JP" || code == "JP" || prefectures().any(|(known, ..)| known == code);
    exists.then_some(region)
}

fn covers(zones: &[ShippingZone], place: &Region) -> bool {
    zones.iter().flat_map(|zone| &zone.regions).any(|region| region.contains(place))
}

/// The plans of an item, of those that the shop accepts; all of them where it says nothing.
fn plans_within(from: &mut Reader<'_>, of_shop: &[PlanClass]) -> Vec<PlanClass> {
    let Some(mut plans) = read_plans(from) else { return of_shop.to_vec() };
    let named = plans.len();
    plans.retain(|class| of_shop.contains(class));
    if named > 0 && plans.is_empty() {
        from.note("plans", "the shop accepts none of these (plans, at the top of the file)");
    }
    plans
}

/// Classes of plan, if any are named.
pub(super) fn read_plans(from: &mut Reader<'_>) -> Option<Vec<PlanClass>> {
    let mut plans = Vec::new();
    for name in from.texts_if_any("plans")? {
        match PlanClass::from_name(name) {
            Some(class) if plans.contains(&class) => from.note("plans", "one stands there twice"),
            Some(class) => plans.push(class),
            None => {
                let known = PlanClass::ALL.map(PlanClass::name).join(", ");
                from.note("plans", &format!("{name} is none of: {known}"));
            }
        }
    }
    Some(plans)
}

fn read_image(from: &mut Reader<'_>) -> Option<String> {
    let name = from.text("image")?;
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !plain || name.starts_with('.') || name.is_empty() {
        from.note("image", "must be the name of a file in images_dir, such as teapot.svg");
    }
    Some(format!("{IMAGE_PATH}{name}"))
}

fn read_orders_until(from: &mut Reader<'_>) -> Option<Timestamp> {
    let text = from.text("orders_until")?;
    let moment = text.parse::<Moment>().ok();
    if moment.is_none() {
        from.note("orders_until", "must be a moment such as \"2026-12-31T23:59:59+09:00\"");
    }
    moment.map(|moment| Timestamp::from_millis(moment.as_millisecond()))
}

/// What no field says alone.
fn check_whole(from: &Reader<'_>, terms: Option<&Offer>) {
    let Some(terms) = terms.filter(|_| from.is_clean()) else { return };
    if terms.unit_price.times(terms.quantity.max).is_none() {
        from.note("unit_price", "so many of them cost more than can be said");
    } else if terms.check_complete().is_err() {
        from.note("id", "the law's six items are not all there");
    }
    if encode(terms).len() > OFFER_BYTES_MAX {
        from.note("description", "all texts together are too long for one Offer (6.5 kB)");
    }
}

/// Below which the server hands out pictures.
pub const IMAGE_PATH: &str = "/warifu/v1/images/";
const STATUTORY_TEXTS: [&str; 5] =
    ["name", "payment_terms", "delivery_time", "application_period", "withdrawal_terms"];
const FREE_TEXTS: [&str; 3] = ["description", "specification", "how_to_use"];
const DEFAULT_VALID_HOURS: u64 = 24;
const OFFER_BYTES_MAX: usize = <Offer as shared_protocol::Message>::LEN_MAX;

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    const SAMPLE: &str = include_str!("../../catalogue.sample.toml");

    fn teapot(extra: &str) -> Item {
        let text = SAMPLE.replacen("id = \"TEAPOT-01\"", &format!("id = \"TEAPOT-01\"{extra}"), 1);
        let catalogue = Catalogue::read(&text, &"mrc_tea".parse().unwrap()).unwrap();
        catalogue.item(&"TEAPOT-01".parse().unwrap()).unwrap().clone()
    }

    #[test]
    fn an_offer_is_the_same_all_through_an_hour_and_good_for_a_day() {
        let hour = Timestamp::from_millis(1_795_000_000_000 / 3_600_000 * 3_600_000);
        let item = teapot("");
        let [first, last] = [hour, hour.plus(Span::millis(3_599_999))].map(|at| item.offer(at));
        assert_eq!(first, last);
        let next = item.offer(hour.plus(Span::hours(1))).unwrap();
        assert_ne!(first.as_ref(), Some(&next));
        assert_eq!(first.unwrap().expires, hour.plus(Span::hours(24)));
    }

    #[test]
    fn an_offer_ends_when_orders_end() {
        let item = teapot("\norders_until = \"2026-11-22T12:30:00+09:00\"");
        let end = Timestamp::from_millis(1_795_318_200_000);
        assert_eq!(item.offer(end.minus(Span::millis(1))).unwrap().expires, end);
        assert!(item.offer(end).is_none());
    }
}
