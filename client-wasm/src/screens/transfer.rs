//! What is there only where shoppers may pay by transfer (Fig 8, Fig 15): the choice of a method,
//! to which account the money goes, and how far it is.

use shared_protocol::{Field, Locale, Plan, Problem};
use web_sys::HtmlInputElement;

use super::{button, lines, row};
use crate::{
    app::App,
    element::{El, el, of},
    intl,
    page::{self, TRANSFER},
    stage::Event,
    texts::{self, Text},
    transfer::Sending,
    ways,
    words::Words,
};

/// Whether the shopper has chosen a transfer.
pub(super) fn is_chosen(app: App) -> bool {
    ways::EVERY && app.typed.borrow().plan() == Some(Plan::Transfer)
}

/// By contract or by transfer; nothing where there is no choice of the second.
pub(super) fn method(app: App) -> Option<El> {
    if !app.rendered.has_transfer() {
        return None;
    }
    let legend = app.said("legend", "", texts::TRANSFER_METHOD).text(" ");
    let legend = legend.child(app.said("span", "who agent", texts::WHO_AGENT));
    let contract = (!app.rendered.plans.is_empty())
        .then(|| choice(app, "contract", false, app.said("span", "", texts::TRANSFER_CONTRACT)));
    let about = app.said("small", "", texts::TRANSFER_ABOUT);
    let transfer = app.said("span", "", texts::PLAN_TRANSFER).child(about);
    let fieldset = of("fieldset", "methods").child(legend).maybe(contract);
    Some(fieldset.child(choice(app, TRANSFER, true, transfer)))
}

fn choice(app: App, value: &str, is_transfer: bool, label: El) -> El {
    let radio = el("input")
        .attr("type", "radio")
        .attr("name", "payment.method")
        .attr("value", value)
        .on("change", move |_| choose(app, is_transfer));
    radio.cast::<HtmlInputElement>().set_checked(is_chosen(app) == is_transfer);
    of("label", "tick").child(radio).child(label)
}

/// The plan that goes with a method: of those by contract the one in the list.
fn choose(app: App, is_transfer: bool) {
    let listed = page::find("[name='payment.plan']").map(|list| page::chosen(&list));
    let plan = match (is_transfer, listed.or(app.rendered.plans.first().cloned())) {
        (false, Some(plan)) => plan,
        _ => Plan::Transfer.to_string(),
    };
    app.typing(Field::PaymentPlan, plan);
}

/// To which account the money goes, as the bank sees it.
pub(super) fn payee(app: App, words: &Words) -> Option<El> {
    let payee = words.mark.payee.as_ref().filter(|_| is_chosen(app))?;
    let place = [&app.local(&payee.bank), " ", &app.local(&payee.branch)].concat();
    let account = app.fill(texts::TRANSFER_ACCOUNT, &[("tail", payee.tail())]);
    let value = lines(el("dd").test("payee"), &[place.trim_end(), &account, &payee.holder]);
    Some(row(app, texts::TRANSFER_TO, value))
}

/// How far the money is, in words.
pub(super) fn progress(app: App, sending: Sending) -> String {
    match sending {
        Sending::Sent => app.say(texts::TRANSFER_SENT),
        Sending::Scheduled(day) => {
            let locale: Locale = *app.locale.peek();
            app.fill(texts::TRANSFER_SCHEDULED, &[("day", &intl::due(day, locale))])
        }
        Sending::Waits | Sending::Failed => app.say(texts::TRANSFER_WAITS),
    }
}

/// What a transfer that came to nothing is called, and what comes next.
pub(super) fn failure(problem: Problem) -> Option<(Text, Text)> {
    if !ways::EVERY {
        return None;
    }
    match problem {
        Problem::PayeeAccountWrong => Some((texts::TRANSFER_CHECK, texts::TRANSFER_PAYEE_NEXT)),
        Problem::BalanceShort => Some((texts::TRANSFER_SHORT, texts::NEXT_OTHER_METHOD)),
        _ => None,
    }
}

/// The way to another method, with everything that was typed (¶75).
pub(super) fn another(app: App, class: &str) -> Option<El> {
    if !is_chosen(app) || app.rendered.plans.is_empty() {
        return None;
    }
    let button = button(class, "other-method", &app.say(texts::FAILURE_OTHER));
    Some(button.click(move || {
        choose(app, false);
        app.go_to(Event::Back, "payment.method");
    }))
}
