//! The last screen before the button, with the six items that Japan's law wants on it
//! (特定商取引法 12条の6): each can be changed, and the button says what it does.

use std::rc::Rc;

use shared_protocol::{
    Amount, BasisPoints, DeliveryTerms, Field, Locale, Localized, PlanQuote, Total,
};

use super::{
    acting, acts, button,
    field::{region_name, shown},
    form, half, lines, row, titled, transfer, unfolding, value,
};
use crate::{
    app::{App, spawn},
    element::{El, el, of, said},
    intl,
    page::{self, PLATFORM},
    placing,
    sight::Sight,
    stage::Event,
    texts::{self, Text},
    typed,
    words::Words,
};

pub(super) fn view(app: App, words: &Words) -> El {
    let total = app.typed.borrow().total(&words.offer, PLATFORM);
    let quoted = app.quoted.borrow().as_ref().map(|quoted| quoted.quote.total);
    let amount = quoted.or(total.as_ref().ok().map(|total| total.total));
    let amount = amount.map(|amount| app.money(amount)).unwrap_or_default();
    let (passkeys, only) = {
        let typed = app.typed.borrow();
        (typed.passkeys, typed.is_by_passkey())
    };
    let label = |text| app.fill(text, &[("amount", &amount)]);
    let acts = match only {
        true => acts(app, PASSKEY, &label(texts::CHECK_PASSKEY)),
        false => acts(app, "place-order", &label(texts::CHECK_PLACE)),
    };
    let sight = Rc::new(Sight::of(acts.node()));
    let seen = sight.clone();
    let beside = (passkeys && !only).then(|| {
        let button = button("sub", PASSKEY, &label(texts::CHECK_PASSKEY));
        button.click(move || press(app, seen.clone(), true))
    });
    let next = match is_waived(total.as_ref().ok()) && !transfer::is_chosen(app) {
        true => texts::CHECK_NOT_ASKED,
        false => texts::CHECK_MAIL_NEXT,
    };
    let mail = (!only).then(|| app.said("p", "note lead", next).test("next"));
    form("final-check", move || press(app, sight.clone(), only))
        .child(titled(app, texts::CHECK_TITLE))
        .child(app.said("p", "lead", texts::CHECK_LEAD))
        .child(terms(app, words, total.ok().as_ref()))
        .child(of("div", "halves").child(to_shop(app, words)).child(to_agent(app)))
        .maybe(mail)
        .child(acts.maybe(beside))
}

/// Whether the agent asks nobody about so little (¶61), as its page says.
fn is_waived(total: Option<&Total>) -> bool {
    let most = page::meta("waives").and_then(|most| most.parse::<u64>().ok());
    total.zip(most).is_some_and(|(total, most)| total.total.minor <= most)
}

/// Places the order, if the shopper can see what they press.
fn press(app: App, sight: Rc<Sight>, by_passkey: bool) {
    spawn(async move {
        match sight.is_clear().await {
            true => placing::place(app, by_passkey),
            false => app.announce(&app.say(texts::CHECK_LEAD)),
        }
    });
}

/// The six items.
fn terms(app: App, words: &Words, total: Option<&Total>) -> El {
    let offer = &words.offer;
    let typed = app.typed.borrow();
    let quantity = app.fill(
        texts::CHECK_QUANTITY_VALUE,
        &[("item", &app.local(&offer.name)), ("n", &typed.quantity.to_string())],
    );
    let item = |what: Text, terms: &Localized| row(app, what, value(&app.local(terms)));
    let quantity = row(app, texts::CHECK_QUANTITY, value(&quantity));
    // What the shop says of when a contract is paid is not said of a transfer.
    let terms = match transfer::is_chosen(app) {
        true => app.say(texts::TRANSFER_WAITS),
        false => app.local(&offer.payment_terms),
    };
    let plan = [shown(app, Field::PaymentPlan), terms];
    let payment = lines(el("dd"), &[&plan[0], &plan[1]]);
    let costs = app.quoted.borrow().as_ref().map(|quoted| costs(app, &quoted.quote));
    let payment = row(app, texts::CHECK_PAYMENT, payment.maybe(costs));
    let payment_change = change(app, "change-payment", texts::CHECK_CHANGE_PAYMENT, "payment.plan");
    let items = of("dl", "rows")
        .child(acting(quantity, quantity_change(app)))
        .child(row(app, texts::CHECK_TOTAL, sums(app, total)))
        .child(acting(payment, payment_change))
        .maybe(transfer::payee(app, words))
        .child(item(texts::CHECK_DELIVERY_TIME, &offer.delivery_time))
        .child(item(texts::CHECK_PERIOD, &offer.application_period))
        .child(item(texts::CHECK_RETURNS, &offer.withdrawal_terms));
    of("section", "sheet").child(app.said("h2", "vh", texts::CHECK_TERMS)).child(items)
}

fn sums(app: App, total: Option<&Total>) -> El {
    let Some(total) = total else { return el("dd") };
    let line = |what: Text, amount| line(&app.say(what), &app.money(amount));
    let sums = of("ul", "sums")
        .child(line(texts::CHECK_GOODS, total.goods))
        .child(line(texts::CHECK_SHIPPING, total.shipping))
        .child(line(texts::CHECK_TAX, total.tax));
    of("dd", "").child(said("strong", "", &app.money(total.total))).child(sums)
}

/// What a plan costs and when it falls due, as the agent has signed it.
fn costs(app: App, quote: &PlanQuote) -> El {
    let rate = quote.yearly_rate.map(|rate| line(&app.say(texts::CHECK_RATE), &percent(rate)));
    let costs = of("ul", "sums")
        .child(line(&app.say(texts::CHECK_FEE), &app.money(quote.fee)))
        .maybe(rate)
        .child(line(&app.say(texts::CHECK_PAY_TOTAL), &app.money(quote.total)));
    let locale = *app.locale.peek();
    let currency = quote.total.currency;
    let payments = quote.schedule.iter().map(|payment| {
        let amount = Amount { minor: payment.minor, currency };
        line(&intl::due(payment.due, locale), &app.money(amount))
    });
    let schedule = of("ul", "sums").all(payments);
    let schedule = unfolding(app, "", texts::CHECK_SCHEDULE, schedule);
    of("div", "")
        .test("plan")
        .child(costs)
        .child(schedule.flag("open", quote.schedule.len() <= SHORT_SCHEDULE))
}

/// "15.00%"
fn percent(BasisPoints(rate): BasisPoints) -> String {
    let (whole, part) = ((rate / 100).to_string(), (rate % 100).to_string());
    [whole.as_str(), if part.len() < 2 { ".0" } else { "." }, part.as_str(), "%"].concat()
}

/// One line of a sum.
fn line(what: &str, value: &str) -> El {
    of("li", "").child(said("span", "", what).text(" ")).child(said("span", "", value))
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
    let contact = acting(row(app, texts::CHECK_CONTACT, contact), contact_change);
    let carried = matches!(words.offer.delivery, DeliveryTerms::Physical { .. });
    let recipient = carried.then(|| recipient(app));
    half(app, "shop", "check-shop", "① ", texts::CHECK_TO_SHOP)
        .child(of("dl", "rows").maybe(recipient).child(contact))
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
        Locale::Ja => [["〒", &postal].concat(), [region, &locality, &line1].concat(), line2],
        Locale::En => [[&line1, ", ", &locality].concat(), line2, [region, " ", &postal].concat()],
    };
    let value = lines(el("dd"), &[&name, &place[0], &place[1], &place[2], &phone]);
    let act = change(app, "change-delivery", texts::CHECK_CHANGE_DELIVERY, "delivery.postal_code");
    acting(row(app, texts::CHECK_RECIPIENT, value), act)
}

fn to_agent(app: App) -> El {
    let contract = match app.typed.borrow().is_by_passkey() {
        true => app.say(texts::CHECK_BY_PASSKEY),
        false => typed::masked(&app.normal(Field::PaymentContractNumber)),
    };
    let act =
        change(app, "change-contract", texts::CHECK_CHANGE_PAYMENT, "payment.contract_number");
    let contract = row(app, texts::CHECK_CONTRACT, value(&contract));
    half(app, "agent", "check-agent", "② ", texts::CHECK_TO_AGENT)
        .child(of("dl", "rows").child(acting(contract, act)))
}

const PASSKEY: &str = "pay-with-passkey";
/// So many payments are listed at once; more unfold on request.
const SHORT_SCHEDULE: usize = 6;
