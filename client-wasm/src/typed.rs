//! What the shopper has typed, letter for letter, kept in memory alone, and what it means once
//! read by the rules that the servers share. Typing is never changed under the shopper's hands.

use shared_protocol::{
    Address, Contact, ContractNumber, Credential, Delivery, DeliveryTerms, Field, FieldProblem,
    Form, Locale, Offer, Personal, Plan, Problem, Region, SecurityCode, Total, read_field,
};

/// A field and what is wrong with it.
pub type Wrong = (Field, FieldProblem);

/// The contents of the form.
#[derive(Clone, PartialEq, Eq)]
pub struct Typed {
    texts: [String; Field::ALL.len()],
    /// How many are ordered.
    pub quantity: u32,
    /// Whether it goes to somebody else than the contact.
    pub to_another: bool,
    /// Whether a passkey is at hand: then contract number and code may both stay empty.
    pub passkeys: bool,
}

/// What the rules ask of the platform.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// Unicode normalisation form KC.
    pub nfkc: fn(&str) -> String,
    /// Whether a text has the form of an e-mail address.
    pub is_email: fn(&str) -> bool,
}

impl Typed {
    /// An empty form.
    pub fn new(quantity: u32) -> Self {
        Self { texts: Default::default(), quantity, to_another: false, passkeys: false }
    }

    /// What stands in a field.
    pub fn get(&self, field: Field) -> &str {
        &self.texts[index(field)]
    }

    /// Something was typed.
    pub fn set(&mut self, field: Field, text: String) {
        self.texts[index(field)] = text;
    }

    /// The fields that this order needs or takes, in the order of the form.
    pub fn fields(&self, offer: &Offer) -> impl Iterator<Item = Field> + use<> {
        let carried = matches!(offer.delivery, DeliveryTerms::Physical { .. });
        let to_another = self.to_another;
        FORM_ORDER.into_iter().filter(move |field| match field {
            Field::DeliveryName | Field::DeliveryPhone => carried && to_another,
            field if is_delivery(*field) => carried,
            _ => true,
        })
    }

    /// Whether the shopper must fill this field.
    pub fn is_required(&self, field: Field) -> bool {
        match field {
            Field::DeliveryName | Field::DeliveryPhone => true,
            Field::PaymentContractNumber | Field::PaymentCode => !self.is_by_passkey(),
            field => field.is_required(),
        }
    }

    /// Whether only a passkey can pay: neither number nor code was typed.
    pub fn is_by_passkey(&self) -> bool {
        let typed = [Field::PaymentContractNumber, Field::PaymentCode];
        self.passkeys && typed.into_iter().all(|field| self.get(field).trim().is_empty())
    }

    /// Reads one field: normalised, or what is wrong with it.
    ///
    /// # Errors
    /// The first [`FieldProblem`] that applies.
    pub fn read(
        &self,
        field: Field,
        offer: &Offer,
        platform: Platform,
    ) -> Result<String, FieldProblem> {
        let typed = self.get(field);
        if field == Field::PaymentPlan {
            let plan = self.plan().ok_or(FieldProblem::NotAChoice)?;
            let accepted = offer.plans.contains(&plan.class());
            return if accepted { Ok(typed.into()) } else { Err(FieldProblem::PlanNotAccepted) };
        }
        if typed.trim().is_empty() && !self.is_required(field) {
            return Ok(String::new());
        }
        let text = read_field(field, typed, platform.nfkc)?;
        if field == Field::ContactEmail && !(platform.is_email)(&text) {
            return Err(FieldProblem::NotEmail);
        }
        if text.is_empty() && self.is_required(field) {
            return Err(FieldProblem::Missing);
        }
        if field == Field::DeliveryRegion && self.total_at(&text, offer).is_none() {
            return Err(FieldProblem::NotDeliverable);
        }
        Ok(text)
    }

    /// Reads the whole form.
    ///
    /// # Errors
    /// Every field that is wrong, in the order of the form.
    pub fn form(
        &self,
        offer: &Offer,
        locale: Locale,
        platform: Platform,
    ) -> Result<Form, Vec<Wrong>> {
        let mut read: [String; Field::ALL.len()] = Default::default();
        let mut wrong = Vec::new();
        for field in self.fields(offer) {
            match self.read(field, offer, platform) {
                Ok(text) => read[index(field)] = text,
                Err(problem) => wrong.push((field, problem)),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut take = |field| core::mem::take(&mut read[index(field)]);
        let contact = Contact {
            name: Personal::new(take(Field::ContactName)),
            kana: Personal::new(take(Field::ContactKana)),
            email: Personal::new(take(Field::ContactEmail)),
            phone: Personal::new(take(Field::ContactPhone)),
        };
        Ok(Form {
            quantity: self.quantity,
            delivery: self.delivery(&contact, offer, &mut take),
            contact,
            credential: match self.is_by_passkey() {
                true => Credential::Passkey,
                false => Credential::Code {
                    contract: ContractNumber::new(take(Field::PaymentContractNumber)),
                    code: SecurityCode::new(take(Field::PaymentCode)),
                },
            },
            plan: self.plan().unwrap_or(Plan::Single),
            quote: None,
            locale,
        })
    }

    /// How the shopper wants to pay.
    pub fn plan(&self) -> Option<Plan> {
        self.get(Field::PaymentPlan).parse().ok()
    }

    /// What this order costs, as far as the form says where it goes.
    ///
    /// # Errors
    /// Those of [`Offer::total`].
    pub fn total(&self, offer: &Offer, platform: Platform) -> Result<Total, Problem> {
        match offer.delivery {
            DeliveryTerms::Intangible => {
                offer.total(self.quantity, Delivery::Intangible.destination())
            }
            DeliveryTerms::Physical { .. } => {
                let code = read_field(
                    Field::DeliveryRegion,
                    self.get(Field::DeliveryRegion),
                    platform.nfkc,
                );
                let region = code.ok().and_then(|code| code.parse::<Region>().ok());
                let region = region.ok_or(Problem::NotDeliverable)?;
                offer.total(self.quantity, shared_protocol::Destination::Region(&region))
            }
        }
    }

    /// Nothing but what the page itself filled in: there is nothing that could be lost.
    pub fn is_untouched(&self) -> bool {
        let chosen = [Field::DeliveryCountry, Field::PaymentPlan];
        Field::ALL.iter().all(|field| chosen.contains(field) || self.get(*field).is_empty())
    }

    fn delivery(
        &self,
        contact: &Contact,
        offer: &Offer,
        take: &mut impl FnMut(Field) -> String,
    ) -> Delivery {
        let region = take(Field::DeliveryRegion).parse::<Region>();
        let (DeliveryTerms::Physical { .. }, Ok(region)) = (&offer.delivery, region) else {
            return Delivery::Intangible;
        };
        let (name, phone) = match self.to_another {
            true => (
                Personal::new(take(Field::DeliveryName)),
                Personal::new(take(Field::DeliveryPhone)),
            ),
            false => (contact.name.clone(), contact.phone.clone()),
        };
        Delivery::Physical(Address {
            name,
            postal_code: Personal::new(take(Field::DeliveryPostalCode)),
            region,
            locality: Personal::new(take(Field::DeliveryLocality)),
            line1: Personal::new(take(Field::DeliveryLine1)),
            line2: Personal::new(take(Field::DeliveryLine2)),
            phone,
        })
    }

    fn total_at(&self, region: &str, offer: &Offer) -> Option<Total> {
        let region = region.parse::<Region>().ok()?;
        // Any quantity that is on offer: whether they deliver there is not a matter of how many.
        let destination = shared_protocol::Destination::Region(&region);
        offer.total(offer.quantity.min.max(1), destination).ok()
    }
}

/// How a field's contents are shown after the shopper has left it: grouped as printed on the
/// contract and on envelopes. `None` if it is shown as typed.
pub fn shown(field: Field, normal: &str) -> Option<String> {
    let groups: &[usize] = match field {
        Field::PaymentContractNumber => &[1, 4, 4, 4],
        Field::DeliveryPostalCode => &[3, 4],
        _ => return None,
    };
    let mut rest = normal;
    let mut grouped = String::with_capacity(normal.len() + groups.len());
    for length in groups {
        let (group, after) = rest.split_at_checked(*length)?;
        if !grouped.is_empty() {
            grouped.push('-');
        }
        grouped.push_str(group);
        rest = after;
    }
    rest.is_empty().then_some(grouped)
}

/// The contract number as others may see it over the shopper's shoulder.
pub fn masked(contract: &str) -> String {
    let last = contract.len().saturating_sub(4);
    let (head, tail) = contract.split_at_checked(last).unwrap_or(("", contract));
    let prefix = head.get(..1).unwrap_or("");
    let mut masked = String::from(prefix);
    masked.push_str("-••••-••••-");
    masked.push_str(tail);
    masked
}

/// The order in which the form asks.
pub const FORM_ORDER: [Field; Field::ALL.len()] = [
    Field::ContactName,
    Field::ContactKana,
    Field::ContactEmail,
    Field::ContactPhone,
    Field::DeliveryCountry,
    Field::DeliveryPostalCode,
    Field::DeliveryRegion,
    Field::DeliveryLocality,
    Field::DeliveryLine1,
    Field::DeliveryLine2,
    Field::DeliveryName,
    Field::DeliveryPhone,
    Field::PaymentContractNumber,
    Field::PaymentCode,
    Field::PaymentPlan,
];

/// Whether a field is about the place to which a carrier goes.
pub fn is_delivery(field: Field) -> bool {
    matches!(
        field,
        Field::DeliveryName
            | Field::DeliveryPostalCode
            | Field::DeliveryRegion
            | Field::DeliveryLocality
            | Field::DeliveryLine1
            | Field::DeliveryLine2
            | Field::DeliveryPhone
            | Field::DeliveryCountry
    )
}

fn index(field: Field) -> usize {
    field as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_grouped_and_keeps_every_symbol() {
        let shown = |field, text| shown(field, text);
        assert_eq!(
            shown(Field::PaymentContractNumber, "C900000000001").as_deref(),
            Some("C-9000-0000-0001")
        );
        assert_eq!(shown(Field::DeliveryPostalCode, "1040061").as_deref(), Some("104-0061"));
        assert_eq!(shown(Field::DeliveryPostalCode, "10400612"), None);
        assert_eq!(shown(Field::ContactPhone, "0312345678"), None);
    }

    #[test]
    fn a_shoulder_surfer_sees_four_digits() {
        assert_eq!(masked("C900000000001"), "C-••••-••••-0001");
        assert_eq!(masked(""), "-••••-••••-");
    }

    #[test]
    fn the_form_asks_for_every_field_once() {
        let mut asked = FORM_ORDER.to_vec();
        asked.sort();
        assert_eq!(asked, Field::ALL);
    }
}
