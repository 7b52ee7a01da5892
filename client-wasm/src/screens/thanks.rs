//! Fig 11: the thanks of both, the number, what happens next, and who has received what.

use shared_protocol::{CONFIRMATION_LIFETIME, DeliveryTerms, Field};

use super::{button, field::plan_name, heading, lines, number::number_box, row, unfolding};
use crate::{
    app::App,
    element::{El, el, of, said},
    intl,
    stage::Receipt,
    texts::{self, Text},
    typed,
    words::Words,
};

pub(super) fn view(app: App, words: &Words, receipt: &Receipt) -> El {
    let deadline = receipt.accepted.plus(CONFIRMATION_LIFETIME);
    let deadline = intl::moment(deadline, *app.locale.peek());
    let confirm = receipt.provisional.then(|| {
        let text = app.fill(texts::THANKS_CONFIRM, &[("deadline", &deadline)]);
        of("p", "lead", &[said("strong", "", &text)])
    });
    let total = of("dd", "", &[said("strong", "", &app.money(receipt.amount))]);
    let total = of("dl", "rows", &[row(&app.say(texts::THANKS_TOTAL), total, None)]);
    let missing = said("p", "", &app.say(texts::THANKS_MAIL_MISSING_NOTE));
    let print = button("sub", "print", &app.say(texts::COMMON_PRINT)).click(|| {
        // A browser that does not print says so itself.
        let _ = leptos::prelude::window().print();
    });
    el("section")
        .attr("data-s", "thanks")
        .child(el("div").class("tally whole").attr("aria-hidden", "true"))
        .child(heading(&app.say(texts::THANKS_TITLE)))
        .child(said("p", "lead", &app.say(texts::THANKS_LEAD)))
        .maybe(confirm)
        .child(number_box(app, &receipt.number, total))
        .child(said("h2", "lead", &app.say(texts::THANKS_NEXT)))
        .child(steps(app, words))
        .child(unfolding("", &app.say(texts::THANKS_MAIL_MISSING), missing))
        .child(who_received_what(app, words))
        .child(said("p", "note lead", &app.say(texts::THANKS_SIGNED)))
        .child(of("div", "act", &[print]))
}

/// From now to the payment.
fn steps(app: App, words: &Words) -> El {
    let offer = &words.offer;
    let step = |class: &str, what: Text, when: Text, more: &[&str]| {
        of(
            "li",
            class,
            &[
                said("b", "", &app.say(what)),
                said("span", "", &app.say(when)),
                lines(el("p"), more),
            ],
        )
    };
    let plan = typed::plan(app.typed.borrow().get(Field::PaymentPlan));
    let plan = plan.map(|plan| plan_name(app, plan)).unwrap_or_default();
    of(
        "ol",
        "steps",
        &[
            step(
                "now",
                texts::THANKS_STEP_MAIL,
                texts::THANKS_STEP_MAIL_WHEN,
                &[&app.say(texts::THANKS_STEP_MAIL_NOTE)],
            ),
            step(
                "",
                texts::THANKS_STEP_SHIP,
                texts::THANKS_STEP_AFTER,
                &[&app.local(&offer.delivery_time)],
            ),
            step(
                "",
                texts::THANKS_STEP_PAY,
                texts::THANKS_STEP_AFTER,
                &[&plan, &app.local(&offer.payment_terms)],
            ),
        ],
    )
}

/// The two envelopes, line by line: exactly what was put into which.
fn who_received_what(app: App, words: &Words) -> El {
    let all = true;
    let line = |what: Text, shop: El, agent: El| {
        let what = said("th", "", &app.say(what)).attr("scope", "row");
        of("tr", "", &[what, of("td", "", &[shop]), of("td", "", &[agent])])
    };
    let had = |had: bool| match had {
        true => of("span", "yes", &[said("span", "vh", &app.say(texts::RECEIPT_YES))]),
        false => of(
            "span",
            "",
            &[
                said("span", "", "–").attr("aria-hidden", "true"),
                said("span", "vh", &app.say(texts::RECEIPT_NO)),
            ],
        ),
    };
    let column = |class: &str, text: Text| {
        let name = said("span", class, &app.say(text));
        el("th").attr("scope", "col").child(name)
    };
    let head = of(
        "tr",
        "",
        &[
            column("", texts::RECEIPT_ITEM),
            column("who shop", texts::RECEIPT_SHOP),
            column("who agent", texts::RECEIPT_AGENT),
        ],
    );
    let carried = matches!(words.offer.delivery, DeliveryTerms::Physical { .. });
    let delivery = carried.then(|| line(texts::RECEIPT_DELIVERY, had(all), had(!all)));
    let class = said("span", "", &app.say(texts::RECEIPT_PLAN_CLASS));
    let body = el("tbody")
        .child(line(texts::RECEIPT_CONTACT, had(all), had(!all)))
        .maybe(delivery)
        .child(line(texts::RECEIPT_CONTRACT, had(!all), had(all)))
        .child(line(texts::RECEIPT_PLAN, class, had(all)))
        .child(line(texts::RECEIPT_ORDER, had(all), had(all)))
        .child(line(texts::RECEIPT_NUMBER, had(all), had(all)));
    let table = of("table", "", &[of("thead", "", &[head]), body]);
    let note = said("p", "note", &app.say(texts::RECEIPT_NOTE));
    unfolding("", &app.say(texts::RECEIPT_TITLE), of("div", "", &[table, note]))
        .test("receipt")
        .flag("open", true)
}
