//! Fig 9 from the merchant's side: what cannot be delivered is named field by field, with the same
//! codes and texts as in the browser.

use shared_protocol::{
    Address, Delivery, Field, FieldProblem, Form, Locale, OrderHalf, Personal, Problem,
    PurchaseState, Refusal, Sealed, Signed, decode,
};

use crate::market::{Market, answer, form, with};

type Change = fn(&mut Form);

fn address(form: &mut Form) -> &mut Address {
    match &mut form.delivery {
        Delivery::Physical(address) => address,
        Delivery::Intangible => panic!("the good form has an address"),
    }
}

const CASES: &[(Change, &[(&str, &str)])] = &[
    (|f| f.contact.name = Personal::new(""), &[("contact.name", "missing")]),
    (|f| f.contact.name = Personal::new("   "), &[("contact.name", "missing")]),
    (|f| f.contact.name = Personal::new("あ".repeat(65)), &[("contact.name", "too_long")]),
    (|f| f.contact.name = Personal::new("花子🍵"), &[("contact.name", "bad_character")]),
    (|f| f.contact.name = Personal::new("花子\u{202e}"), &[("contact.name", "bad_character")]),
    (|f| f.contact.name = Personal::new("花\0子"), &[("contact.name", "bad_character")]),
    (|f| f.contact.name = Personal::new("<script>"), &[("contact.name", "bad_character")]),
    (|f| f.contact.name = Personal::new(" 花子"), &[("contact.name", "bad_character")]),
    (|f| f.contact.name = Personal::new("山田　花子"), &[("contact.name", "bad_character")]),
    (|f| f.contact.kana = Personal::new("Hanako"), &[("contact.kana", "not_kana")]),
    (|f| f.contact.kana = Personal::new("ﾔﾏﾀﾞ"), &[("contact.kana", "bad_character")]),
    (|f| f.contact.kana = Personal::new("やまだ"), &[("contact.kana", "bad_character")]),
    (|f| f.contact.email = Personal::new("hanako@"), &[("contact.email", "not_email")]),
    (|f| f.contact.email = Personal::new("花子@example.jp"), &[("contact.email", "not_email")]),
    (|f| f.contact.phone = Personal::new("12345"), &[("contact.phone", "not_phone")]),
    (|f| f.contact.phone = Personal::new("03-1234-5678"), &[("contact.phone", "bad_character")]),
    (|f| f.contact.phone = Personal::new("+9991234567"), &[("contact.phone", "not_phone")]),
    (|f| f.contact.phone = Personal::new("4111111111111111"), &[("contact.phone", "card_number")]),
    (
        |f| address(f).postal_code = Personal::new("123456"),
        &[("delivery.postal_code", "wrong_digits")],
    ),
    (
        |f| address(f).postal_code = Personal::new("〒104-0061"),
        &[("delivery.postal_code", "bad_character")],
    ),
    (|f| address(f).locality = Personal::new(""), &[("delivery.locality", "missing")]),
    (|f| address(f).line1 = Personal::new(""), &[("delivery.line1", "missing")]),
    (|f| address(f).line2 = Personal::new("あ".repeat(129)), &[("delivery.line2", "too_long")]),
    (|f| address(f).phone = Personal::new("x"), &[("delivery.phone", "not_phone")]),
    (
        |f| {
            f.contact.email = Personal::new("hanako@");
            address(f).postal_code = Personal::new("123456");
            address(f).line1 = Personal::new("");
        },
        &[
            ("contact.email", "not_email"),
            ("delivery.postal_code", "wrong_digits"),
            ("delivery.line1", "missing"),
        ],
    ),
];

#[tokio::test]
async fn each_bad_field_is_named_with_its_code() {
    let market = Market::start().await;
    for (at, (change, expected)) in CASES.iter().enumerate() {
        let mut form = form();
        change(&mut form);
        let attempt = market.prepare_form("TEAPOT-01", form).await;
        let answer = market.check(&attempt).await;
        assert_eq!(answer.problem(), Problem::FieldInvalid, "case {at}");
        let fields = answer.fields();
        let found: Vec<_> = fields.iter().map(|(n, c)| (n.as_str(), c.as_str())).collect();
        assert_eq!(found, *expected, "case {at}");
    }
}

#[tokio::test]
async fn the_texts_are_the_browsers_own_in_the_language_asked_for() {
    let market = Market::start().await;
    let mut form = form();
    form.contact.email = Personal::new("hanako@");
    let attempt = market.prepare_form("TEAPOT-01", form).await;
    for locale in Locale::ALL {
        let path = format!("/warifu/v1/purchases/{}/check", attempt.purchase);
        let request = market.http.post(market.url(&path)).header("accept-language", locale.tag());
        let document = answer(with(request, &attempt.sealed.order_check())).await.json();
        let text = FieldProblem::NotEmail.text(Field::ContactEmail, locale);
        assert_eq!(document["fields"][0]["detail"].as_str(), Some(text.as_str()));
        assert_eq!(document["detail"].as_str(), Some(Problem::FieldInvalid.text(locale)));
        assert_eq!(document["number"].as_u64(), Some(27));
        assert!(document["type"].as_str().unwrap().ends_with("/problems/field_invalid"));
        assert!(document["request_id"].as_str().unwrap().starts_with("req_"));
    }
}

#[tokio::test]
async fn a_place_without_a_zone_is_told_at_the_region() {
    let islands = r#"{ regions = ["JP-13"], fee = 550 }"#;
    let catalogue = crate::market::SAMPLE.replace(r#"{ regions = ["JP"], fee = 550 }"#, islands);
    let market = Market::start_with(&catalogue, |_| {}).await;
    let offer = market.offer("TEAPOT-01").await;
    let verified = offer.verify(&market.verifying_key()).unwrap();
    let purchase = shared_protocol::PurchaseId::new([5; 16]);
    let attempt = market.seal(form(), &offer, &verified, purchase);
    // The splitting program refuses to split for such a place, so the half is made by hand.
    let context = attempt.sealed.context.clone();
    let mut check = attempt.sealed.order_check();
    let shop = market.running().app.shop();
    let mut half: OrderHalf = shop.keys.open(&check.order, &context).unwrap().0;
    if let Delivery::Physical(address) = &mut half.delivery {
        address.region = "JP-27".parse().unwrap();
    }
    let mut rng = merchant_server::entropy::Entropy::system();
    check.order =
        Sealed::<OrderHalf>::seal(&half, &context, &shop.keys.sealing(), &mut rng).unwrap();
    let path = market.url(&format!("/warifu/v1/purchases/{purchase}/check"));
    let told = answer(with(market.http.post(&path), &check)).await;
    assert_eq!(told.problem(), Problem::NotDeliverable);
    let region = ("delivery.region".to_owned(), "not_deliverable".to_owned());
    assert_eq!(told.fields(), vec![region.clone()]);

    half.contact.email = Personal::new("hanako@");
    check.order =
        Sealed::<OrderHalf>::seal(&half, &context, &shop.keys.sealing(), &mut rng).unwrap();
    let told = answer(with(market.http.post(&path), &check)).await;
    assert_eq!(told.problem(), Problem::FieldInvalid);
    let email = ("contact.email".to_owned(), "not_email".to_owned());
    assert_eq!(told.fields(), vec![email, region]);
}

#[tokio::test]
async fn what_was_not_checked_before_the_grant_is_refused_for_good_after_it() {
    let market = Market::start().await;
    let mut form = form();
    form.contact.email = Personal::new("hanako@");
    let attempt = market.prepare_form("TEAPOT-01", form).await;
    let proof = market.signed(&market.grant(&attempt));
    let answer = market.submit(&attempt, proof.clone()).await;
    assert_eq!(answer.problem(), Problem::OrderRefused);
    assert_eq!(answer.json()["cause"], "field_invalid");
    let told = market.agent.told_so_much(1).await;
    assert_eq!(told[0].0, "refusal");
    let refusal: Signed<Refusal> = decode(&told[0].1).unwrap();
    let refusal = refusal.verify(&market.verifying_key()).unwrap();
    assert_eq!((refusal.purchase, refusal.problem), (attempt.purchase, Problem::FieldInvalid));
    let again = market.submit(&attempt, proof).await;
    assert_eq!(
        (again.problem(), &again.json()["cause"]),
        (Problem::OrderRefused, &answer.json()["cause"])
    );
    let order = market.order(attempt.purchase).await.unwrap();
    assert_eq!(order.state, PurchaseState::Refused);
    let kept = market.running().app.store().recipient(order.id).await.unwrap();
    assert!(kept.is_none(), "nobody's address is kept for an order that was refused");
}
