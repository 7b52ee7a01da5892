//! Fig 7: the item, its price, how many, and who will not learn what.

use shared_protocol::{Amount, DeliveryTerms, Offer};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::{button, heading, host_learns, unfolding};
use crate::{
    app::App,
    element::{El, el, of, said},
    page::nfkc,
    placing,
    stage::Event,
    texts::{self, Text},
    words::Words,
};

pub(super) fn view(app: App, words: &Words) -> El {
    let offer = &words.offer;
    let picture = offer.image.as_deref().filter(|path| path.starts_with('/')).map(|path| {
        let address = [words.mark.server.trim_end_matches('/'), path].concat();
        let picture = el("img").class("photo").attr("src", &address);
        picture.attr("alt", &app.local(&offer.name)).attr("width", "800").attr("height", "600")
    });
    let buy = of("div", "buy")
        .child(heading(&app.local(&offer.name)))
        .child(price(app, offer))
        .child(quantity(app, offer, None))
        .child(
            of("ul", "split")
                .child(app.said("li", "who shop", texts::PRODUCT_PRIVACY_SHOP))
                .child(app.said("li", "who agent", texts::PRODUCT_PRIVACY_AGENT)),
        )
        .maybe(host_learns(app))
        .child(button("go", "order", &app.say(texts::PRODUCT_ORDER)).click(move || order(app)))
        .child(said("p", "note", &idle_note(app)));
    let more = |title: Text, text| {
        let text = app.local(text);
        let shown = !text.is_empty();
        shown.then(|| unfolding(app, "", title, said("p", "", &text)))
    };
    let more = el("div")
        .class("more")
        .maybe(more(texts::PRODUCT_SPEC, &offer.specification))
        .maybe(more(texts::PRODUCT_DESCRIPTION, &offer.description))
        .maybe(more(texts::PRODUCT_USAGE, &offer.how_to_use));
    el("section").class("product").attr("data-s", "product").maybe(picture).child(buy).child(more)
}

fn order(app: App) {
    if app.dispatch(Event::Order) {
        placing::fetch_ahead(app);
    }
}

fn idle_note(app: App) -> String {
    app.fill(texts::PRODUCT_IDLE, &[("minutes", &app.idle_minutes().to_string())])
}

fn price(app: App, offer: &Offer) -> El {
    let shipping = el("span");
    let delivery = offer.delivery.clone();
    let unit = offer.unit_price;
    let shipping = shipping.live(move |text| {
        let goods = unit.times(*app.quantity.read());
        text.set_text_content(Some(&shipping_note(app, &delivery, goods)));
    });
    let strong = said("strong", "", &app.money(offer.unit_price));
    let tax = [" ", &app.say(texts::PRODUCT_TAX), " "].concat();
    el("p").class("price").child(strong).text(&tax).child(shipping)
}

/// What delivery costs, as far as it is known before the shopper says where.
fn shipping_note(app: App, delivery: &DeliveryTerms, goods: Option<Amount>) -> String {
    let DeliveryTerms::Physical { zones, free_from } = delivery else {
        return app.say(texts::PRODUCT_NO_SHIPPING);
    };
    let waived = goods
        .zip(*free_from)
        .is_some_and(|(goods, from)| goods.currency == from.currency && goods.minor >= from.minor);
    let fees = || zones.iter().map(|zone| zone.fee);
    let least = fees().min_by_key(|fee| fee.minor);
    let most = fees().max_by_key(|fee| fee.minor);
    match least.zip(most).filter(|(_, most)| !waived && most.minor > 0) {
        None => app.say(texts::PRODUCT_SHIPPING_FREE),
        Some((least, most)) if least == most => {
            app.fill(texts::PRODUCT_SHIPPING, &[("amount", &app.money(most))])
        }
        Some((least, most)) => {
            let (least, most) = (app.money(least), app.money(most));
            app.fill(texts::PRODUCT_SHIPPING_RANGE, &[("min", &least), ("max", &most)])
        }
    }
}

/// How many, between the limits of the offer; wrong if there is an error, of this id.
pub(super) fn quantity(app: App, offer: &Offer, error: Option<&str>) -> El {
    let limits = offer.quantity;
    let set = move |wanted: u32| {
        let quantity = wanted.clamp(limits.min, limits.max.max(limits.min));
        app.typed.borrow_mut().quantity = quantity;
        app.quantity.set(quantity);
    };
    let input = el("input")
        .attr("id", "quantity")
        .attr("name", "quantity")
        .attr("data-min", &limits.min.to_string())
        .attr("data-max", &limits.max.to_string())
        .attr("inputmode", "numeric")
        .attr("autocomplete", "off")
        .attr("enterkeyhint", "done")
        .live(move |input| {
            input.unchecked_ref::<HtmlInputElement>().set_value(&app.quantity.read().to_string());
        })
        .on("change", move |change| set(number_in(&change).unwrap_or(limits.min)));
    let input = match error {
        Some(error) => input.attr("aria-invalid", "true").attr("aria-describedby", error),
        None => input,
    };
    let step = |test: &str, sign: &str, label: Text, up: bool| {
        button("", test, sign).attr("aria-label", &app.say(label)).click(move || {
            let now = *app.quantity.peek();
            set(if up { now.saturating_add(1) } else { now.saturating_sub(1) });
            app.announce(&app.quantity.peek().to_string());
        })
    };
    let label = app.said("label", "", texts::PRODUCT_QUANTITY).attr("for", "quantity");
    of("div", "qty")
        .child(label)
        .child(step("less", "−", texts::PRODUCT_LESS, false))
        .child(input)
        .child(step("more", "+", texts::PRODUCT_MORE, true))
}

/// The digits that were typed, in any width.
fn number_in(change: &web_sys::Event) -> Option<u32> {
    let input = change.target()?.dyn_into::<HtmlInputElement>().ok()?;
    nfkc(&input.value()).trim().parse().ok()
}
