//! PROTOCOL.md against the code: what stands between its markers is generated here, and a page
//! that says anything else fails.

use std::{fs, path::PathBuf};

use shared_protocol::{
    CLOCK_TOLERANCE, CONFIRMATION_LIFETIME, Field, FieldProblem, GRANT_LIFETIME, Locale, Mark,
    MerchantView, Message as _, ORDER_IDLE, ORDER_IDLE_WARNING, Problem, PurchaseEvent,
    PurchaseState, Role, SIZE_CLASSES, SettlementState, jws,
};

use crate::{
    effort::is_update,
    examples,
    layout::{layouts, variants},
    messages,
    party::Deal,
    settlements,
};

/// The whole page.
pub fn page() -> String {
    fs::read_to_string(path()).unwrap()
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md")
}

#[test]
fn the_page_prints_what_the_code_says() {
    let mut page = page();
    let said = page.clone();
    for (name, text) in generated() {
        page = replaced(&page, name, &text);
    }
    if is_update() {
        fs::write(path(), &page).unwrap();
    } else {
        assert!(page == said, "PROTOCOL.md is behind the code; rewrite it: WARIFU_UPDATE=1");
    }
}

fn generated() -> Vec<(&'static str, String)> {
    let deal = Deal::new();
    vec![
        ("messages", message_table(&deal)),
        ("layouts", format!("```text\n{}```\n", layouts(&deal))),
        ("variants", table(&["where", "numbers"], variants(&deal))),
        ("times", time_table()),
        ("states", state_table()),
        ("settlement", settlement_table()),
        ("problems", problem_table()),
        ("fields", field_table()),
        ("field problems", field_problem_table()),
    ]
}

/// The text between the markers of `name`.
pub fn between<'a>(page: &'a str, name: &str) -> &'a str {
    let (begin, end) = (format!("<!-- begin: {name} -->\n"), format!("<!-- end: {name} -->\n"));
    let from = page.find(&begin).unwrap_or_else(|| panic!("no begin of {name}")) + begin.len();
    let to = page.find(&end).unwrap_or_else(|| panic!("no end of {name}"));
    &page[from..to]
}

fn replaced(page: &str, name: &str, text: &str) -> String {
    let old = between(page, name);
    let from = old.as_ptr().addr() - page.as_ptr().addr();
    format!("{}\n{text}\n{}", &page[..from], &page[from + old.len()..])
}

fn table(heads: &[&str], rows: Vec<Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(ToString::to_string).collect();
    let rule = vec!["---".to_string(); heads.len()];
    let mut text = line(&heads) + &line(&rule);
    for row in rows {
        assert_eq!(row.len(), heads.len());
        assert!(row.iter().all(|cell| !cell.contains('|')), "{row:?}");
        text += &line(&row);
    }
    text
}

fn message_table(deal: &Deal) -> String {
    let row = |message: &messages::Spoken| {
        let signed = message.signed.as_ref();
        vec![
            format!("`{}`", message.name),
            format!("{} → {}", message.says, message.hears),
            message.steps.to_string(),
            message.travels.to_string(),
            signed.map_or(String::new(), |form| format!("`{}`", form.label)),
            message.len_max.to_string(),
            signed.map_or(String::new(), |form| form.len_max.to_string()),
        ]
    };
    let rows = messages::all(deal).iter().map(row).collect();
    let heads =
        ["message", "who → whom", "seed step", "travels", "label", "at most, bytes", "signed"];
    table(&heads, rows)
}

fn time_table() -> String {
    let row = |what: &str, span: shared_protocol::Span| {
        vec![what.to_string(), format!("{} s", span.as_millis() / 1000)]
    };
    let rows = vec![
        row("a tally may be acted on, after it was made", ORDER_IDLE),
        row("the order button waits", ORDER_IDLE),
        row("the shopper is warned of it, after", ORDER_IDLE_WARNING),
        row("a Grant may be redeemed", GRANT_LIFETIME),
        row("the confirmation mail may be answered", CONFIRMATION_LIFETIME),
        row("honest clocks may differ by", CLOCK_TOLERANCE),
    ];
    table(&["what", "how long"], rows)
}

fn state_table() -> String {
    let row = |state: &PurchaseState| {
        let after = PurchaseEvent::ALL.into_iter().map(|event| {
            state.apply(event).map_or(String::new(), |next| format!("`{}`", next.name()))
        });
        let yes = |is: bool| String::from(if is { "yes" } else { "" });
        let mut cells = vec![format!("**`{}`**", state.name())];
        cells.extend(after);
        cells.extend([yes(state.is_final()), yes(state.holds_credit())]);
        cells
    };
    let events = PurchaseEvent::ALL.map(|event| format!("`{}`", event.name()));
    let mut heads = vec!["state"];
    heads.extend(events.iter().map(String::as_str));
    heads.extend(["final", "holds credit"]);
    table(&heads, PurchaseState::ALL.iter().map(row).collect())
}

/// Where each word may lead from each state, tried with all sums of a small Grant.
fn settlement_table() -> String {
    let row = |state: SettlementState| {
        let cells = settlements::WORDS.map(|(_, event)| {
            let led = settlements::leads(state, event);
            led.iter().map(|next| format!("`{}`", next.name())).collect::<Vec<_>>().join(" ")
        });
        [vec![format!("**`{}`**", state.name())], cells.to_vec()].concat()
    };
    let heads = settlements::WORDS.map(|(name, _)| format!("`{name}`"));
    let heads: Vec<&str> = ["state"].into_iter().chain(heads.iter().map(String::as_str)).collect();
    table(&heads, SettlementState::ALL.into_iter().map(row).collect())
}

fn problem_table() -> String {
    let row = |problem: &Problem| {
        vec![
            problem.number().to_string(),
            format!("`{}`", problem.code()),
            problem.status().to_string(),
            problem.text(Locale::Ja).to_string(),
            problem.text(Locale::En).to_string(),
            match problem.merchant_view() {
                MerchantView::Nothing => String::new(),
                view => format!("`{}`", view.name()),
            },
            String::from(if problem.may_pass_later() { "yes" } else { "" }),
            format!("`{}`", problem.next_step().name()),
        ]
    };
    let heads = [
        "number",
        "code",
        "status",
        "the shopper reads",
        "in English",
        "the merchant sees",
        "may pass later",
        "next step",
    ];
    table(&heads, Problem::ALL.iter().map(row).collect())
}

fn field_table() -> String {
    let row = |field: &Field| {
        vec![
            format!("`{}`", field.name()),
            field.label(Locale::Ja).to_string(),
            field.label(Locale::En).to_string(),
            format!("`{}`", field.autocomplete()),
            match field.reader() {
                Role::Merchant => "merchant".to_string(),
                Role::Agent => "agent".to_string(),
                other => panic!("{other:?} reads no field"),
            },
            field.chars_max().to_string(),
            String::from(if field.is_required() { "yes" } else { "" }),
        ]
    };
    let heads =
        ["field", "label", "in English", "autocomplete", "seen by", "characters", "required"];
    table(&heads, Field::ALL.iter().map(row).collect())
}

/// Each problem with its texts, at a field where it occurs.
pub fn field_problems() -> Vec<(FieldProblem, Field)> {
    vec![
        (FieldProblem::Missing, Field::ContactName),
        (FieldProblem::TooLong(64), Field::ContactName),
        (FieldProblem::BadCharacter, Field::DeliveryLine1),
        (FieldProblem::WrongDigits(7, 6), Field::DeliveryPostalCode),
        (FieldProblem::NotEmail, Field::ContactEmail),
        (FieldProblem::NotPhone, Field::ContactPhone),
        (FieldProblem::NotKana, Field::ContactKana),
        (FieldProblem::NotAChoice, Field::DeliveryRegion),
        (FieldProblem::NotContractNumber, Field::PaymentContractNumber),
        (FieldProblem::PrefixMissing, Field::PaymentContractNumber),
        (FieldProblem::NotCode, Field::PaymentCode),
        (FieldProblem::CardNumber, Field::PaymentContractNumber),
        (FieldProblem::NotDeliverable, Field::DeliveryRegion),
        (FieldProblem::NotRecognised, Field::PaymentContractNumber),
        (FieldProblem::PlanNotAccepted, Field::PaymentPlan),
    ]
}

fn field_problem_table() -> String {
    let row = |(problem, field): (FieldProblem, Field)| {
        let [ja, en] = [Locale::Ja, Locale::En].map(|locale| problem.text(field, locale));
        vec![format!("`{}`", problem.code()), format!("`{}`", field.name()), ja, en]
    };
    let rows = field_problems().into_iter().map(row).collect();
    table(&["code", "for example at", "the shopper reads", "in English"], rows)
}

#[test]
fn the_page_names_every_claim_of_the_jws_form() {
    let deal = Deal::new();
    let jws = jws::sign(&examples::grant(&deal), &deal.agent);
    let part = |at: usize| -> serde_json::Value {
        use base64::Engine as _;
        let text = jws.split('.').nth(at).unwrap();
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        serde_json::from_slice(&engine.decode(text).unwrap()).unwrap()
    };
    let page = page();
    for (at, count) in [(0, 3), (1, 16)] {
        let part = part(at);
        let names: Vec<&String> = part.as_object().unwrap().keys().collect();
        assert_eq!(names.len(), count, "{names:?}");
        for name in names {
            assert!(page.contains(&format!("| `{name}` |")), "PROTOCOL.md is silent on {name}");
        }
    }
}

#[test]
fn the_page_tells_the_sizes_and_media_types_that_the_code_has() {
    let page = page();
    let sizes = SIZE_CLASSES.map(|size| size.to_string()).join(", ");
    assert!(page.contains(&format!("**{sizes}** bytes")), "{sizes}");
    assert_eq!(Mark::media_type(), "application/vnd.warifu.mark");
    assert!(page.contains("`application/vnd.warifu.<message>`"));
}

#[test]
fn the_page_mentions_every_problem_of_a_field_once() {
    let codes: Vec<_> = field_problems().iter().map(|(problem, _)| problem.code()).collect();
    for (problem, field) in field_problems() {
        assert_eq!(codes.iter().filter(|code| **code == problem.code()).count(), 1);
        assert_eq!(FieldProblem::from_code(problem.code(), field).unwrap().code(), problem.code());
    }
    assert_eq!(codes.len(), 15);
    assert_eq!(FieldProblem::from_code("none", Field::ContactName), None);
}
