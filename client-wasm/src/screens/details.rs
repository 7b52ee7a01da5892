//! Fig 8: one form, two halves, each field marked with its only reader.

use shared_protocol::{DeliveryTerms, Field};
use web_sys::HtmlInputElement;

use super::{button, field::field, half, heading, submit, unfolding};
use crate::{
    app::App,
    element::{El, el, of, said},
    placing,
    stage::Event,
    texts,
    typed::{FORM_ORDER, is_delivery},
    words::Words,
};

pub(super) fn view(app: App, words: &Words) -> El {
    let offer = &words.offer;
    let carried = matches!(offer.delivery, DeliveryTerms::Physical { .. });
    let title = if carried { texts::DETAILS_TITLE } else { texts::DETAILS_TITLE_NO_DELIVERY };
    let quantity = app.typed.borrow().quantity.to_string();
    let sum = said("p", "sum", &[&app.local(&offer.name), " × "].concat());
    form("details")
        .class("details")
        .attr("id", "details")
        .child(heading(&app.say(title)))
        .child(sum.child(said("output", "", &quantity)))
        .child(said("p", "note", &app.say(texts::COMMON_REQUIRED_NOTE)))
        .child(of("div", "halves", &[for_shop(app, words, carried), for_agent(app, words)]))
        .child(of(
            "div",
            "act",
            &[
                submit("review", &app.say(texts::DETAILS_REVIEW)),
                button("sub", "back", &app.say(texts::COMMON_BACK)).click(move || {
                    app.dispatch(Event::Back);
                }),
            ],
        ))
        .on("submit", move |submit| {
            submit.prevent_default();
            placing::read_form(app);
        })
}

/// A form whose rules are ours, not the browser's.
pub(super) fn form(screen: &str) -> El {
    el("form").attr("data-s", screen).flag("novalidate", true)
}

fn for_shop(app: App, words: &Words, carried: bool) -> El {
    let draw = |name: Field| field(app, &words.offer, name, "");
    let asked = |name: &Field| match name {
        Field::DeliveryName | Field::DeliveryPhone => false,
        name if is_delivery(*name) => carried,
        name => name.name().starts_with("contact."),
    };
    let card = half(app, "shop", "for-shop", "① ", texts::DETAILS_SHOP_TITLE)
        .child(said("p", "note", &app.say(texts::DETAILS_SHOP_NOTE)))
        .all(&FORM_ORDER.into_iter().filter(asked).map(draw).collect::<Vec<_>>());
    let other = [draw(Field::DeliveryName), draw(Field::DeliveryPhone)];
    match carried {
        true => card.child(to_another(app)).child(of("div", "other", &other)),
        false => card,
    }
}

fn to_another(app: App) -> El {
    let tick = el("input")
        .attr("type", "checkbox")
        .attr("name", "delivery.other")
        .attr("autocomplete", "off");
    let node: HtmlInputElement = tick.cast::<HtmlInputElement>().clone();
    node.set_checked(app.typed.borrow().to_another);
    let tick = tick.on("change", move |_| app.typed.borrow_mut().to_another = node.checked());
    of("label", "tick", &[tick]).text(&app.say(texts::DETAILS_OTHER_RECIPIENT))
}

fn for_agent(app: App, words: &Words) -> El {
    let draw = |name: Field| field(app, &words.offer, name, "");
    let about = said("p", "", &app.say(texts::DETAILS_CONTRACT_ABOUT));
    half(app, "agent", "for-agent", "② ", texts::DETAILS_AGENT_TITLE)
        .child(said("p", "note", &app.say(texts::DETAILS_AGENT_NOTE)))
        .child(draw(Field::PaymentContractNumber))
        .child(unfolding("about", &app.say(texts::DETAILS_CONTRACT_WHERE), about))
        .child(draw(Field::PaymentCode))
        .child(draw(Field::PaymentPlan))
        .child(said("p", "note", &app.say(texts::DETAILS_MAIL_NOTE)))
}
