//! The fields of an order half against the shared rules (steps 54–56). The browser has normalised
//! them already, so a value that would still change is wrong.

use phonenumber::country;
use shared_protocol::{Address, Delivery, Field, FieldProblem, OrderHalf, read_field};
use unicode_normalization::UnicodeNormalization as _;

/// A field to correct, and why. Never the value itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongField {
    /// Which.
    pub field: Field,
    /// Why.
    pub problem: FieldProblem,
}

/// All fields of an order half that must be corrected, in the order of the form.
pub fn wrong_fields(half: &OrderHalf) -> Vec<WrongField> {
    let contact = &half.contact;
    let mut fields = vec![
        (Field::ContactName, contact.name.expose()),
        (Field::ContactKana, contact.kana.expose()),
        (Field::ContactEmail, contact.email.expose()),
        (Field::ContactPhone, contact.phone.expose()),
    ];
    if let Delivery::Physical(address) = &half.delivery {
        fields.extend(address_fields(address));
    }
    fields
        .into_iter()
        .filter_map(|(field, text)| wrong(field, text).map(|problem| WrongField { field, problem }))
        .collect()
}

fn address_fields(address: &Address) -> [(Field, &str); 8] {
    [
        (Field::DeliveryName, address.name.expose()),
        (Field::DeliveryPostalCode, address.postal_code.expose()),
        (Field::DeliveryRegion, address.region.as_str()),
        (Field::DeliveryLocality, address.locality.expose()),
        (Field::DeliveryLine1, address.line1.expose()),
        (Field::DeliveryLine2, address.line2.expose()),
        (Field::DeliveryPhone, address.phone.expose()),
        (Field::DeliveryCountry, address.region.country()),
    ]
}

fn wrong(field: Field, text: &str) -> Option<FieldProblem> {
    match read_field(field, text, |typed| typed.nfkc().collect()) {
        Err(problem) => Some(problem),
        Ok(read) if read != text => Some(FieldProblem::BadCharacter),
        Ok(_) if is_phone(field) && !text.is_empty() && !may_ring(text) => {
            Some(FieldProblem::NotPhone)
        }
        Ok(_) => None,
    }
}

fn is_phone(field: Field) -> bool {
    matches!(field, Field::ContactPhone | Field::DeliveryPhone)
}

/// Refuses only what no telephone in the world can have: number plans change faster than tables,
/// and a real number refused is a customer lost.
fn may_ring(number: &str) -> bool {
    phonenumber::parse(Some(country::JP), number).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_the_browser_did_not_normalise_is_wrong() {
        assert_eq!(wrong(Field::ContactName, "山田　花子"), Some(FieldProblem::BadCharacter));
        assert_eq!(wrong(Field::ContactName, "山田 花子"), None);
        assert_eq!(wrong(Field::DeliveryPostalCode, "104-0061"), Some(FieldProblem::BadCharacter));
        assert_eq!(wrong(Field::DeliveryRegion, "東京都"), Some(FieldProblem::BadCharacter));
    }

    #[test]
    fn only_impossible_telephone_numbers_are_refused() {
        for number in ["0312345678", "09012345678", "0120123456", "+819012345678", "+12025550123"] {
            assert_eq!(wrong(Field::ContactPhone, number), None, "{number}");
        }
        for number in ["+9991234567", "+0123456789"] {
            assert_eq!(
                wrong(Field::ContactPhone, number),
                Some(FieldProblem::NotPhone),
                "{number}"
            );
        }
    }
}
