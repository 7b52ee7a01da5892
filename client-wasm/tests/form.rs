//! What the form means: which fields are asked, what is read from what is typed, what is wrong.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use shared_protocol::{
    Credential, Delivery, DeliveryTerms, Field, FieldProblem, Locale, Offer, Plan, PlanClass,
    Problem, ShippingZone,
};
use world::{PLATFORM, good};

fn offer() -> Offer {
    party::offer(&"mrc_tea".parse().unwrap())
}

fn wrong(typed: &client_wasm::typed::Typed, offer: &Offer) -> Vec<(Field, FieldProblem)> {
    typed.form(offer, Locale::Ja, PLATFORM).err().unwrap_or_default()
}

#[test]
fn a_good_form_becomes_two_halves_normalised() {
    let form = good().form(&offer(), Locale::Ja, PLATFORM).ok().unwrap();
    assert_eq!(form.contact.name.expose(), "山田 花子");
    assert_eq!(form.contact.kana.expose(), "ヤマダ ハナコ");
    assert_eq!(form.contact.phone.expose(), "0312345678");
    let Credential::Code { contract, .. } = &form.credential else { panic!("it was typed") };
    assert_eq!(contract.expose(), "C900000000001");
    let Delivery::Physical(address) = form.delivery else { panic!("it is carried") };
    assert_eq!(address.name.expose(), "山田 花子", "to the contact, unless it says otherwise");
    assert_eq!(address.postal_code.expose(), "1040061");
    assert_eq!(address.line1.expose(), "銀座1-2-3");
    assert!(matches!(form.plan, Plan::Single));
}

#[test]
fn where_a_passkey_is_at_hand_number_and_code_may_both_stay_empty() {
    let mut typed = good();
    typed.passkeys = true;
    let form = typed.form(&offer(), Locale::Ja, PLATFORM).ok().unwrap();
    assert!(matches!(form.credential, Credential::Code { .. }), "what was typed is used");
    typed.set(Field::PaymentCode, String::new());
    let missing = |field| vec![(field, FieldProblem::Missing)];
    assert_eq!(wrong(&typed, &offer()), missing(Field::PaymentCode));
    typed.set(Field::PaymentContractNumber, String::new());
    let form = typed.form(&offer(), Locale::Ja, PLATFORM).ok().unwrap();
    assert!(matches!(form.credential, Credential::Passkey));
    typed.set(Field::PaymentCode, "2468".into());
    assert_eq!(wrong(&typed, &offer()), missing(Field::PaymentContractNumber));
    typed.set(Field::PaymentCode, String::new());
    typed.passkeys = false;
    assert_eq!(wrong(&typed, &offer()).len(), 2, "without one they are needed");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_in_the_order_of_the_form() {
    let typed = client_wasm::typed::Typed::new(1);
    let fields: Vec<Field> = wrong(&typed, &offer()).iter().map(|(field, _)| *field).collect();
    let expected = [
        Field::ContactName,
        Field::ContactEmail,
        Field::ContactPhone,
        Field::DeliveryCountry,
        Field::DeliveryPostalCode,
        Field::DeliveryRegion,
        Field::DeliveryLocality,
        Field::DeliveryLine1,
        Field::PaymentContractNumber,
        Field::PaymentCode,
        Field::PaymentPlan,
    ];
    assert_eq!(fields, expected);
}

#[test]
fn another_recipient_is_asked_for_only_when_there_is_one() {
    let mut typed = good();
    typed.to_another = true;
    let missing = [Field::DeliveryName, Field::DeliveryPhone].map(|f| (f, FieldProblem::Missing));
    assert_eq!(wrong(&typed, &offer()), missing);
    typed.set(Field::DeliveryName, "佐藤 次郎".into());
    typed.set(Field::DeliveryPhone, "090-1234-5678".into());
    let form = typed.form(&offer(), Locale::Ja, PLATFORM).ok().unwrap();
    let Delivery::Physical(address) = form.delivery else { panic!("it is carried") };
    assert_eq!((address.name.expose(), address.phone.expose()), ("佐藤 次郎", "09012345678"));
}

#[test]
fn a_place_to_which_nobody_delivers_is_a_wrong_prefecture() {
    let mut offer = offer();
    let fee = party::yen(550);
    let regions = vec!["JP-13".parse().unwrap()];
    let zones = vec![ShippingZone { regions, fee }];
    offer.delivery = DeliveryTerms::Physical { zones, free_from: None };
    let mut typed = good();
    assert!(wrong(&typed, &offer).is_empty());
    typed.set(Field::DeliveryRegion, "JP-47".into());
    assert_eq!(wrong(&typed, &offer), [(Field::DeliveryRegion, FieldProblem::NotDeliverable)]);
    assert_eq!(typed.total(&offer, PLATFORM), Err(Problem::NotDeliverable));
}

#[test]
fn what_is_not_carried_asks_for_no_address() {
    let mut offer = offer();
    offer.delivery = DeliveryTerms::Intangible;
    let mut typed = good();
    for field in [Field::DeliveryPostalCode, Field::DeliveryRegion, Field::DeliveryLine1] {
        typed.set(field, String::new());
    }
    let form = typed.form(&offer, Locale::En, PLATFORM).ok().unwrap();
    assert!(matches!(form.delivery, Delivery::Intangible));
    assert_eq!(typed.total(&offer, PLATFORM).unwrap().total, party::yen(3300));
}

#[test]
fn a_card_number_is_refused_in_every_field_of_text() {
    for field in Field::ALL {
        if matches!(field, Field::PaymentPlan) {
            continue;
        }
        let mut typed = good();
        typed.to_another = true;
        typed.set(Field::DeliveryName, "佐藤".into());
        typed.set(Field::DeliveryPhone, "09012345678".into());
        typed.set(*field, "4242-4242 ４２４２ 4242".into());
        assert_eq!(wrong(&typed, &offer()), [(*field, FieldProblem::CardNumber)], "{field:?}");
    }
}

#[test]
fn a_way_to_pay_that_the_offer_does_not_take_is_refused() {
    let mut typed = good();
    typed.set(Field::PaymentPlan, "times-3".into());
    assert_eq!(wrong(&typed, &offer()), [(Field::PaymentPlan, FieldProblem::PlanNotAccepted)]);
    let mut offer = offer();
    offer.plans.push(PlanClass::Instalments);
    let form = typed.form(&offer, Locale::Ja, PLATFORM).ok().unwrap();
    assert!(matches!(form.plan, Plan::Instalments(3)));
}

#[test]
fn the_total_follows_quantity_and_place() {
    let mut typed = good();
    typed.quantity = 3;
    let total = typed.total(&offer(), PLATFORM).unwrap();
    assert_eq!((total.goods, total.shipping), (party::yen(9900), party::yen(550)));
    typed.quantity = 4;
    assert_eq!(
        typed.total(&offer(), PLATFORM).unwrap().total,
        party::yen(13_200),
        "free from 10,000"
    );
    typed.set(Field::DeliveryRegion, "沖縄県".into());
    typed.quantity = 1;
    assert_eq!(typed.total(&offer(), PLATFORM).unwrap().shipping, party::yen(1320));
}
