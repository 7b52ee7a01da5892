//! The handling number, to read, to copy, to read aloud.

use shared_protocol::HandlingNumber;

use super::copy;
use crate::{
    app::App,
    element::{El, of, said},
    texts,
};

/// Its symbols one by one, so that a screen reader spells it: `H 7 K 2, 9 Q M D, 4 V X 8`.
pub fn spelt(number: &HandlingNumber) -> String {
    let mut spelt = String::new();
    for (at, symbol) in number.compact().chars().enumerate() {
        match at {
            0 => {}
            at if at % 4 == 0 => spelt.push_str(", "),
            _ => spelt.push(' '),
        }
        spelt.push(symbol);
    }
    spelt
}

/// The box with the number.
pub(super) fn number_box(app: App, number: &HandlingNumber, below: El) -> El {
    let shown = number.to_string();
    let seen = said("span", "num", &shown).test("handling-number").attr("aria-hidden", "true");
    let heard = said("span", "vh", &spelt(number));
    let line =
        of("div", "").child(of("p", "").child(seen).child(heard)).child(copy(app, "", shown));
    let label = app.said("p", "note", texts::WAITING_NUMBER);
    of("div", "num-box").child(label).child(line).child(below)
}
