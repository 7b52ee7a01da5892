//! Fig 11: the thanks of both, the number, what happens next, and who has received what.

use shared_protocol::{CONFIRMATION_LIFETIME, DeliveryTerms, Field, HandlingNumber};

use super::{
    button, field::shown, host_learns, lines, number::number_box, row, tally, titled, transfer,
    unfolding,
};
use crate::{
    app::App,
    element::{El, el, of, said},
    intl,
    stage::Receipt,
    texts::{self, Text},
    ways,
    words::Words,
};

pub(super) fn view(app: App, words: &Words, receipt: &Receipt) -> El {
    let deadline = receipt.waits.unwrap_or(receipt.accepted.plus(CONFIRMATION_LIFETIME));
    let deadline = intl::moment(deadline, *app.locale.peek());
    let deadline: &[_] = &[("deadline", deadline.as_str())];
    let (lead, confirm) = match (receipt.waits, receipt.provisional) {
        (Some(_), _) => (texts::THANKS_KEPT, app.fill(texts::THANKS_WAITS, deadline)),
        (None, true) => (texts::THANKS_LEAD, app.fill(texts::THANKS_CONFIRM, deadline)),
        (None, false) => (texts::THANKS_LEAD, app.say(texts::THANKS_CONFIRMED)),
    };
    let confirm = of("p", "lead").child(said("strong", "", &confirm));
    let total = of("dd", "").child(said("strong", "", &app.money(receipt.amount)));
    let total = of("dl", "rows").child(row(app, texts::THANKS_TOTAL, total));
    // A shop has a relay so that the agent does not see where its shoppers are.
    let code = words.relay().is_none().then(|| camera(app, &receipt.number));
    let total = el("div").child(total).maybe(code);
    let missing = app.said("p", "", texts::THANKS_MAIL_MISSING_NOTE);
    let print = button("sub", "print", &app.say(texts::COMMON_PRINT)).click(|| {
        // A browser that does not print says so itself.
        let _ = crate::page::window().print();
    });
    el("section")
        .attr("data-s", "thanks")
        .child(tally("tally whole"))
        .child(titled(app, texts::THANKS_TITLE))
        .child(app.said("p", "lead", lead))
        .child(confirm)
        .child(number_box(app, &receipt.number, total))
        .child(app.said("h2", "lead", texts::THANKS_NEXT))
        .child(steps(app, words, receipt))
        .child(unfolding(app, "", texts::THANKS_MAIL_MISSING, missing))
        .child(who_received_what(app, words))
        .maybe(receipt.waits.is_none().then(|| app.said("p", "note lead", texts::THANKS_SIGNED)))
        .child(of("div", "act").child(print))
}

/// The number for a telephone's camera.
fn camera(app: App, number: &HandlingNumber) -> El {
    let code = el("img").attr("src", &format!("/qr/{}", number.compact()));
    code.attr("alt", &app.say(texts::THANKS_CAMERA)).attr("width", "96").test("qr")
}

/// From now to the payment.
fn steps(app: App, words: &Words, receipt: &Receipt) -> El {
    let offer = &words.offer;
    let step = |class: &str, what: Text, when: Text, more: &[&str]| {
        of("li", class)
            .child(app.said("b", "", what))
            .child(app.said("span", "", when))
            .child(lines(el("p"), more))
    };
    let plan = shown(app, Field::PaymentPlan);
    let mail = receipt.provisional.then(|| {
        let note = app.say(texts::THANKS_STEP_MAIL_NOTE);
        let (class, when) = match receipt.waits {
            Some(_) => ("", texts::THANKS_STEP_TAKEN),
            None => ("now", texts::THANKS_STEP_MAIL_WHEN),
        };
        step(class, texts::THANKS_STEP_MAIL, when, &[&note])
    });
    let pay = match ways::of_some(receipt.sending) {
        Some(sending) => of("li", "")
            .child(app.said("b", "", texts::THANKS_STEP_PAY))
            .child(said("span", "", &transfer::progress(app, sending)).test("transfer"))
            .child(el("dl").class("rows").maybe(transfer::payee(app, words))),
        None => {
            let terms = app.local(&offer.payment_terms);
            step("", texts::THANKS_STEP_PAY, texts::THANKS_STEP_AFTER, &[&plan, &terms])
        }
    };
    of("ol", "steps")
        .maybe(mail)
        .child(step(
            "",
            texts::THANKS_STEP_SHIP,
            texts::THANKS_STEP_AFTER,
            &[&app.local(&offer.delivery_time)],
        ))
        .child(pay)
}

/// The two envelopes, line by line: exactly what was put into which.
fn who_received_what(app: App, words: &Words) -> El {
    let (all, class, nothing) = (texts::RECEIPT_YES, texts::RECEIPT_PLAN_CLASS, texts::RECEIPT_NO);
    let carried = matches!(words.offer.delivery, DeliveryTerms::Physical { .. });
    let credential = match app.by_passkey.get() {
        true => texts::RECEIPT_PASSKEY,
        false => texts::RECEIPT_CONTRACT,
    };
    let body = [
        (texts::RECEIPT_CONTACT, all, nothing),
        (texts::RECEIPT_DELIVERY, all, nothing),
        (credential, nothing, all),
        (texts::RECEIPT_PLAN, class, all),
        (texts::RECEIPT_ORDER, all, all),
        (texts::RECEIPT_NUMBER, all, all),
    ];
    let body = body.into_iter().filter(|(what, ..)| carried || *what != texts::RECEIPT_DELIVERY);
    let body = body.map(|(what, shop, agent)| {
        let what = app.said("th", "", what).attr("scope", "row");
        el("tr").child(what).child(had(app, shop)).child(had(app, agent))
    });
    let column = |class: &str, text: Text| {
        el("th").attr("scope", "col").child(app.said("span", class, text))
    };
    let head = el("tr")
        .child(column("", texts::RECEIPT_ITEM))
        .child(column("who shop", texts::RECEIPT_SHOP))
        .child(column("who agent", texts::RECEIPT_AGENT));
    let table = el("table").child(el("thead").child(head)).child(el("tbody").all(body));
    let note = app.said("p", "note", texts::RECEIPT_NOTE);
    let note = el("div").child(table).child(note).maybe(host_learns(app));
    unfolding(app, "", texts::RECEIPT_TITLE, note).test("receipt").flag("open", true)
}

/// A tick or a dash for the eye, the word for the ear; the word for both where it says more.
fn had(app: App, text: Text) -> El {
    let cell = el("td");
    if text == texts::RECEIPT_PLAN_CLASS {
        return cell.child(app.said("span", "", text));
    }
    let word = app.said("span", "vh", text);
    match text == texts::RECEIPT_YES {
        true => cell.child(of("span", "yes").child(word)),
        false => cell.child(said("span", "", "–").attr("aria-hidden", "true")).child(word),
    }
}
