//! The last screen before the button, with the six items that Japan's law wants on it
//! (特定商取引法 12条の6): each can be changed, and the button says what it does.

use std::rc::Rc;

use shared_protocol::{DeliveryTerms, Field, Offer, Total};

use super::{
    button,
    details::form,
    field::{plan_name, region_name, shown},
    half, heading, lines, row, submit, value,
};
use crate::{
    app::App,
    element::{El, el, of, said},
    page::nfkc,
    placing,
    sight::Sight,
    stage::Event,
    texts::{self, Text},
    typed,
    words::Words,
};

pub(super) fn view(app: App, words: &Words) -> El {
    let total = app.typed.borrow().total(&words.offer, nfkc);
    let amount = total.as_ref().map(|total| app.money(total.total)).unwrap_or_default();
    let back = button("sub", "back", &app.say(texts::COMMON_BACK));
    let act = of(
        "div",
        "act",
        &[
            submit("place-order", &app.fill(texts::CHECK_PLACE, &[("amount", &amount)])),
            back.click(move || {
                app.dispatch(Event::Back);
            }),
        ],
    );
    let sight = Rc::new(Sight::of(act.node()));
    form("final-check")
        .child(heading(&app.say(texts::CHECK_TITLE)))
        .child(said("p", "lead", &app.say(texts::CHECK_LEAD)))
        .child(terms(app, &words.offer, total.ok().as_ref()))
        .child(of("div", "halves", &[to_shop(app, words), to_agent(app)]))
        .child(said("p", "note lead", &app.say(texts::CHECK_MAIL_NEXT)))
        .child(act)
        .on("submit", move |submit| {
            submit.prevent_default();
            let sight = sight.clone();
            crate::app::spawn(async move {
                match sight.is_clear().await {
                    true => placing::place(app),
                    false => app.announce(&app.say(texts::CHECK_LEAD)),
                }
            });
        })
}

/// The six items.
fn terms(app: App, offer: &Offer, total: Option<&Total>) -> El {
    let typed = app.typed.borrow();
    let plan = typed::plan(typed.get(Field::PaymentPlan)).map(|plan| plan_name(app, plan));
    let quantity = app.fill(
        texts::CHECK_QUANTITY_VALUE,
        &[("item", &app.local(&offer.name)), ("n", &typed.quantity.to_string())],
    );
    let payment = [plan.unwrap_or_default(), app.local(&offer.payment_terms)];
    let item = |what: Text, terms: &shared_protocol::Localized| {
        row(&app.say(what), lines(el("dd"), &app.local(terms).lines().collect::<Vec<_>>()), None)
    };
    of(
        "section",
        "sheet",
        &[
            said("h2", "vh", &app.say(texts::CHECK_TERMS)),
            of(
                "dl",
                "rows",
                &[
                    row(
                        &app.say(texts::CHECK_QUANTITY),
                        value(&quantity),
                        Some(quantity_change(app)),
                    ),
                    row(&app.say(texts::CHECK_TOTAL), sums(app, total), None),
                    row(
                        &app.say(texts::CHECK_PAYMENT),
                        lines(el("dd"), &[&payment[0], &payment[1]]),
                        Some(change(
                            app,
                            "change-payment",
                            texts::CHECK_CHANGE_PAYMENT,
                            "payment.plan",
                        )),
                    ),
                    item(texts::CHECK_DELIVERY_TIME, &offer.delivery_time),
                    item(texts::CHECK_PERIOD, &offer.application_period),
                    item(texts::CHECK_RETURNS, &offer.withdrawal_terms),
                ],
            ),
        ],
    )
}

fn sums(app: App, total: Option<&Total>) -> El {
    let Some(total) = total else { return el("dd") };
    let line = |what: Text, amount| {
        let what = said("span", "", &app.say(what));
        of("li", "", &[what.text(" "), said("span", "", &app.money(amount))])
    };
    let sums = of(
        "ul",
        "sums",
        &[
            line(texts::CHECK_GOODS, total.goods),
            line(texts::CHECK_SHIPPING, total.shipping),
            line(texts::CHECK_TAX, total.tax),
        ],
    );
    of("dd", "", &[said("strong", "", &app.money(total.total)), sums])
}

fn quantity_change(app: App) -> El {
    link(app, "change-quantity", texts::CHECK_CHANGE_QUANTITY).click(move || {
        app.go_to(Event::ChangeQuantity, "quantity");
    })
}

/// To the form, at this field.
fn change(app: App, test: &str, label: Text, name: &'static str) -> El {
    link(app, test, label).click(move || app.go_to(Event::ChangeDetails, name))
}

fn link(app: App, test: &str, label: Text) -> El {
    button("link", test, &app.say(texts::COMMON_CHANGE)).attr("aria-label", &app.say(label))
}

fn to_shop(app: App, words: &Words) -> El {
    let text = |field| shown(app, field);
    let contact = lines(
        el("dd"),
        &[
            &text(Field::ContactName),
            &text(Field::ContactKana),
            &text(Field::ContactEmail),
            &text(Field::ContactPhone),
        ],
    );
    let contact_change = change(app, "change-contact", texts::CHECK_CHANGE_CONTACT, "contact.name");
    let contact = row(&app.say(texts::CHECK_CONTACT), contact, Some(contact_change));
    let rows = match words.offer.delivery {
        DeliveryTerms::Physical { .. } => of("dl", "rows", &[recipient(app), contact]),
        DeliveryTerms::Intangible => of("dl", "rows", &[contact]),
    };
    half(app, "shop", "check-shop", "① ", texts::CHECK_TO_SHOP).child(rows)
}

/// The label on the parcel, in the order of the reader's language.
fn recipient(app: App) -> El {
    let locale = *app.locale.peek();
    let text = |field| shown(app, field);
    let (name, phone) = match app.typed.borrow().to_another {
        true => (Field::DeliveryName, Field::DeliveryPhone),
        false => (Field::ContactName, Field::ContactPhone),
    };
    let (name, phone) = (text(name), text(phone));
    let region = app.typed.borrow().get(Field::DeliveryRegion).to_owned();
    let region = region_name(&region, locale).unwrap_or_default();
    let (postal, locality) = (text(Field::DeliveryPostalCode), text(Field::DeliveryLocality));
    let (line1, line2) = (text(Field::DeliveryLine1), text(Field::DeliveryLine2));
    let place = match locale {
        shared_protocol::Locale::Ja => {
            [["〒", &postal].concat(), [region, &locality, &line1].concat(), line2]
        }
        shared_protocol::Locale::En => {
            [[&line1, ", ", &locality].concat(), line2, [region, " ", &postal].concat()]
        }
    };
    let value = lines(el("dd"), &[&name, &place[0], &place[1], &place[2], &phone]);
    let act = change(app, "change-delivery", texts::CHECK_CHANGE_DELIVERY, "delivery.postal_code");
    row(&app.say(texts::CHECK_RECIPIENT), value, Some(act))
}

fn to_agent(app: App) -> El {
    let contract = app.normal(Field::PaymentContractNumber);
    let act =
        change(app, "change-contract", texts::CHECK_CHANGE_PAYMENT, "payment.contract_number");
    let contract =
        row(&app.say(texts::CHECK_CONTRACT), value(&typed::masked(&contract)), Some(act));
    half(app, "agent", "check-agent", "② ", texts::CHECK_TO_AGENT).child(of(
        "dl",
        "rows",
        &[contract],
    ))
}
