//! Fig 8: one form, two halves, each field marked with its only reader.

use shared_protocol::{DeliveryTerms, Field};
use web_sys::HtmlInputElement;

use super::{acts, enrol, field::field, form, half, titled, transfer, unfolding};
use crate::{
    app::App,
    element::{El, el, of, said},
    placing, texts,
    typed::{FORM_ORDER, is_delivery},
    words::Words,
};

pub(super) fn view(app: App, words: &Words) -> El {
    let offer = &words.offer;
    let carried = matches!(offer.delivery, DeliveryTerms::Physical { .. });
    let title = if carried { texts::DETAILS_TITLE } else { texts::DETAILS_TITLE_NO_DELIVERY };
    let quantity = app.typed.borrow().quantity.to_string();
    let sum = said("p", "sum", &[&app.local(&offer.name), " × "].concat());
    form("details", move || placing::read_form(app))
        .class("details")
        .attr("id", "details")
        .child(titled(app, title))
        .child(sum.child(said("output", "", &quantity)))
        .child(app.said("p", "note", texts::COMMON_REQUIRED_NOTE))
        .child(
            of("div", "halves").child(for_shop(app, words, carried)).child(for_agent(app, words)),
        )
        .child(acts(app, "review", &app.say(texts::DETAILS_REVIEW)))
}

fn for_shop(app: App, words: &Words, carried: bool) -> El {
    let draw = |name: Field| field(app, &words.offer, name, "");
    let asked = |name: &Field| match name {
        Field::DeliveryName | Field::DeliveryPhone => false,
        name if is_delivery(*name) => carried,
        name => name.name().starts_with("contact."),
    };
    let card = half(app, "shop", "for-shop", "① ", texts::DETAILS_SHOP_TITLE)
        .child(app.said("p", "note", texts::DETAILS_SHOP_NOTE))
        .all(FORM_ORDER.into_iter().filter(asked).map(draw));
    if !carried {
        return card;
    }
    let other = of("div", "other").child(draw(Field::DeliveryName));
    card.child(to_another(app)).child(other.child(draw(Field::DeliveryPhone)))
}

fn to_another(app: App) -> El {
    let tick = el("input")
        .attr("type", "checkbox")
        .attr("name", "delivery.other")
        .attr("autocomplete", "off");
    let node: HtmlInputElement = tick.cast::<HtmlInputElement>().clone();
    node.set_checked(app.typed.borrow().to_another);
    let tick = tick.on("change", move |_| app.typed.borrow_mut().to_another = node.checked());
    of("label", "tick").child(tick).text(&app.say(texts::DETAILS_OTHER_RECIPIENT))
}

fn for_agent(app: App, words: &Words) -> El {
    let draw = |name: Field| field(app, &words.offer, name, "");
    let about = app.said("p", "", texts::DETAILS_CONTRACT_ABOUT);
    let passkeys = app.typed.borrow().passkeys;
    let by_passkey = passkeys.then(|| app.said("p", "lead", texts::DETAILS_PASSKEY));
    half(app, "agent", "for-agent", "② ", texts::DETAILS_AGENT_TITLE)
        .child(app.said("p", "note", texts::DETAILS_AGENT_NOTE))
        .maybe(by_passkey)
        .child(draw(Field::PaymentContractNumber))
        .child(unfolding(app, "about", texts::DETAILS_CONTRACT_WHERE, about))
        .child(enrol::way(app, words))
        .child(draw(Field::PaymentCode))
        .maybe(transfer::method(app))
        .maybe((!app.rendered.plans.is_empty()).then(|| draw(Field::PaymentPlan)))
        .child(app.said("p", "note", texts::DETAILS_MAIL_NOTE))
}
