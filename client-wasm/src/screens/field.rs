//! One field of the form: its label, who will see it, its hint, and the message under it. The
//! same on the form (Fig 8) and where it is to be corrected (Fig 9).

use shared_protocol::{Field, Locale, Offer, Plan, Role, prefectures};
use wasm_bindgen::{JsCast, UnwrapThrowExt as _};
use web_sys::{
    Element, Event, HtmlButtonElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
};

use crate::{
    app::{App, after},
    element::{El, el, of, said, set},
    texts::{self, Text},
};

/// A field, its ids beginning with `prefix`.
pub(super) fn field(app: App, offer: &Offer, field: Field, prefix: &str) -> El {
    let id = id(field, prefix);
    let hint = hint(field).map(|text| app.said("p", "hint", text).attr("id", &part(&id, "-hint")));
    let described = hint.as_ref().map(|_| part(&id, "-hint")).unwrap_or_default();
    let control = match field {
        Field::DeliveryRegion | Field::DeliveryCountry | Field::PaymentPlan => {
            select(app, offer, field)
        }
        _ => input(app, field),
    };
    let control = control
        .attr("id", &id)
        .attr("name", field.name())
        .attr("autocomplete", field.autocomplete())
        .flag("required", field.is_required() && app.typed.borrow().is_required(field));
    let label = labelled(el("label").attr("for", &id), app, field);
    let short = matches!(field, Field::DeliveryPostalCode | Field::PaymentCode);
    of("div", if short { "f short" } else { "f" })
        .child(label)
        .child(checked(app, field, control, id.clone(), described))
        .maybe(hint)
        .child(message(app, field, &id))
}

/// The id of a field's control.
pub(super) fn id(field: Field, prefix: &str) -> String {
    [prefix, &field.name().replace('.', "-")].concat()
}

fn labelled(label: El, app: App, field: Field) -> El {
    let (class, reader) = match field.reader() {
        Role::Merchant => ("who shop", texts::WHO_SHOP),
        _ => ("who agent", texts::WHO_AGENT),
    };
    let required = app.typed.borrow().is_required(field);
    let needed = match required {
        true => said("b", "", "*").attr("aria-hidden", "true"),
        false => app.said("i", "", texts::COMMON_OPTIONAL),
    };
    let text = texts::label(field, *app.locale.peek());
    let gap = if required { "" } else { " " };
    label.text(text).text(gap).child(needed).text(" ").child(app.said("span", class, reader))
}

fn hint(field: Field) -> Option<Text> {
    match field {
        Field::ContactKana => Some(texts::HINT_CONTACT_KANA),
        Field::ContactEmail => Some(texts::HINT_CONTACT_EMAIL),
        Field::DeliveryPostalCode => Some(texts::HINT_DELIVERY_POSTAL_CODE),
        Field::PaymentContractNumber => Some(texts::HINT_PAYMENT_CONTRACT_NUMBER),
        Field::PaymentCode => Some(texts::HINT_PAYMENT_CODE),
        _ => None,
    }
}

fn input(app: App, field: Field) -> El {
    let input =
        el("input").attr("enterkeyhint", if field == Field::PaymentCode { "done" } else { "next" });
    let input = match field {
        Field::ContactEmail => input
            .attr("inputmode", "email")
            .attr("autocapitalize", "off")
            .attr("spellcheck", "false"),
        Field::ContactPhone | Field::DeliveryPhone => input.attr("type", "tel"),
        Field::DeliveryPostalCode => input.attr("inputmode", "numeric"),
        Field::PaymentContractNumber => {
            input.attr("autocapitalize", "characters").attr("spellcheck", "false")
        }
        Field::PaymentCode => input.attr("type", "password").attr("inputmode", "numeric"),
        _ => input,
    };
    input.cast::<HtmlInputElement>().set_value(app.typed.borrow().get(field));
    input
}

fn select(app: App, offer: &Offer, field: Field) -> El {
    let locale = *app.locale.peek();
    let option = |value: &str, name: &str| el("option").attr("value", value).text(name);
    let mut select = el("select");
    if field == Field::DeliveryCountry {
        let mut last = "";
        for region in offer.zones().iter().flat_map(|zone| &zone.regions) {
            if region.country() != last {
                last = region.country();
                select = select.child(option(last, &crate::intl::country(last, locale)));
            }
        }
    } else if field == Field::PaymentPlan {
        for choice in &app.rendered.plans {
            if let Ok(plan) = choice.parse() {
                select = select.child(option(choice, &plan_name(app, plan)));
            }
        }
    } else {
        select = select.child(option("", &app.say(texts::DETAILS_CHOOSE)));
        for (code, ja, en) in prefectures() {
            select = select.child(option(code, locale.pick(ja, en)));
        }
    }
    let chosen = app.typed.borrow();
    // The method beside the list is a transfer: the list shows its first plan meanwhile.
    if field != Field::PaymentPlan || chosen.plan() != Some(Plan::Transfer) {
        select.cast::<HtmlSelectElement>().set_value(chosen.get(field));
    }
    select
}

/// Ties a control to what is typed into it and to the message under it.
fn checked(app: App, field: Field, control: El, id: String, described: String) -> El {
    let typing = move |event: Event| app.typing(field, value_of(&event));
    control
        .on("input", typing)
        .on("change", typing)
        .on("focusout", move |leaving| leave(app, field, &leaving))
        .live(move |control| {
            let wrong = app.problem_of(field).is_some();
            let error = if wrong { [" ", &id, "-error"].concat() } else { String::new() };
            describe(control, wrong, [&described, error.as_str()].concat().trim_start());
        })
}

fn describe(control: &Element, wrong: bool, described: &str) {
    set(control, "aria-invalid", if wrong { "true" } else { "false" });
    match described {
        "" => control.remove_attribute("aria-describedby").unwrap_throw(),
        described => set(control, "aria-describedby", described),
    }
}

/// The message under a field; nothing while all is well.
fn message(app: App, field: Field, id: &str) -> El {
    el("p").class("err").attr("id", &part(id, "-error")).test("problem").live(move |message| {
        let problem = app.problem_of(field);
        let text = problem.map(|problem| texts::wrong(problem, field, *app.locale.peek()));
        message.set_text_content(text.as_deref());
        let code = problem.map_or("", |problem| problem.code());
        set(message, "data-code", code);
        message.unchecked_ref::<HtmlElement>().set_hidden(problem.is_none());
    })
}

/// The shopper leaves a field. Its usual form is put in at once; a message waits until a click
/// that is under way has landed, as it moves what is below it.
fn leave(app: App, field: Field, leaving: &Event) {
    let towards = leaving.unchecked_ref::<web_sys::FocusEvent>().related_target();
    let pressing = towards.is_some_and(|target| target.has_type::<HtmlButtonElement>());
    if let Some(shown) = app.shown(field)
        && let Some(input) = leaving.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok())
    {
        input.set_value(&shown);
        app.typed.borrow_mut().set(field, shown);
    }
    if !pressing {
        after(SETTLING_MILLIS, move || app.left(field));
    }
}

fn value_of(event: &Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    match target.dyn_ref::<HtmlSelectElement>() {
        Some(select) => select.value(),
        None => target.unchecked_into::<HtmlInputElement>().value(),
    }
}

/// What a plan is called.
pub(super) fn plan_name(app: App, plan: Plan) -> String {
    let times = |text, count: u8| app.fill(text, &[("n", &count.to_string())]);
    match plan {
        Plan::Single => app.say(texts::PLAN_SINGLE),
        Plan::Instalments(count) => times(texts::PLAN_TIMES, count),
        Plan::Revolving => app.say(texts::PLAN_REVOLVING),
        Plan::Bonus => app.say(texts::PLAN_BONUS),
        Plan::BonusInstalments(count) => times(texts::PLAN_BONUS_TIMES, count),
        Plan::Transfer => app.say(texts::PLAN_TRANSFER),
    }
}

/// What a field's contents are called when they are only shown.
pub(super) fn shown(app: App, field: Field) -> String {
    let typed = app.typed.borrow();
    let text = typed.get(field);
    let locale = *app.locale.peek();
    match field {
        Field::DeliveryRegion => region_name(text, locale).unwrap_or(text).to_owned(),
        Field::DeliveryCountry => crate::intl::country(text, locale),
        Field::PaymentPlan => typed.plan().map(|plan| plan_name(app, plan)).unwrap_or_default(),
        _ => text.to_owned(),
    }
}

/// A prefecture's name.
pub(super) fn region_name(code: &str, locale: Locale) -> Option<&'static str> {
    let found = prefectures().find(|(known, ..)| *known == code);
    found.map(|(_, ja, en)| locale.pick(ja, en))
}

fn part(id: &str, tail: &str) -> String {
    [id, tail].concat()
}

/// A click is over after this long.
const SETTLING_MILLIS: i32 = 250;
