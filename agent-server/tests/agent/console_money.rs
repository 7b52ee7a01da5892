//! Money is moved from the console by two operators, each by a passkey over exactly what is moved:
//! never by one alone, never later than a day, never anything that has changed meanwhile.

use agent_server::domain::{
    objection::{Reason, Resolution},
    operator::Role,
};
use reqwest::StatusCode;
use serde_json::json;
use shared_protocol::{Plan, Problem, Span};

use crate::{
    bank_files::{in_japan, own},
    bank_notices::notice,
    clerk::Clerk,
    market::Market,
    sale::Sale,
};

/// A market with our own bank account, and one payout that is in no file.
async fn open() -> Market {
    let market = Market::open_with(|config| config.bank = own()).await;
    market.bank_of_merchant(in_japan()).await;
    market.paid_out().await;
    market
}

async fn two(market: &Market) -> (Clerk<'_>, Clerk<'_>) {
    (market.clerk("hanako", Role::Finance).await, market.clerk("taro", Role::Admin).await)
}

const FILE: [(&str, &str); 4] =
    [("movement", "file"), ("format", "zengin"), ("currency", "JPY"), ("day", "")];

#[tokio::test]
async fn a_file_for_the_bank_is_made_by_two_and_fetched_once_it_is_let_out() {
    let market = open().await;
    let store = &market.agent.app.store;
    let (mut hanako, mut taro) = two(&market).await;
    let proposal = hanako.drafts(&FILE).await;
    let page = taro.page(&proposal).await;
    for text in ["¥5,190", "0005-123", "7654321", "mrc_tea"] {
        assert!(page.contains(text), "{text} in {page}");
    }
    assert!(!page.contains("data-passkey"), "nobody else can sign before the proposer");
    assert_eq!(taro.signs(&proposal).await, "closed");
    assert_eq!(hanako.standing(&proposal).await, "unsigned");
    assert_eq!(hanako.signs(&proposal).await, "proposed");
    assert_eq!(hanako.standing(&proposal).await, "waiting");
    assert_eq!(hanako.signs(&proposal).await, "own", "never the same operator");
    assert!(store.payout_files(10).await.unwrap().is_empty());
    assert_eq!(taro.signs(&proposal).await, "approved");
    assert_eq!(taro.standing(&proposal).await, "done");
    assert_eq!(taro.signs(&proposal).await, "closed", "once");

    let file = store.payout_files(10).await.unwrap().swap_remove(0);
    let path = format!("/console/files/{}", file.message);
    assert!(hanako.page(&path).await.starts_with("121"), "the head of such a file");
    let viewer = market.clerk("v", Role::Viewer).await;
    assert_eq!(viewer.get(&path).await.status, StatusCode::FORBIDDEN);
    let acts = store.acts(i64::MAX, 50).await.unwrap();
    let did = |name: &str| {
        let by = acts.iter().rev().filter(|act| act.name == name);
        by.map(|act| act.act.as_str()).collect::<Vec<_>>()
    };
    let start = ["added", "passkey-added", "signed-in"];
    assert_eq!(did("hanako"), [&start[..], &["drafted", "proposed", "file-fetched"]].concat());
    assert_eq!(did("taro"), [&start[..], &["approved", "carried-out"]].concat());
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_file_of_the_command_line_is_let_out_by_two() {
    let market = open().await;
    let made = market.file(agent_server::files::Format::Zengin).await.file.unwrap();
    let (mut hanako, mut taro) = two(&market).await;
    let path = format!("/console/files/{}", made.message);
    assert_eq!(hanako.get(&path).await.status, StatusCode::FORBIDDEN);
    let form = [("movement", "release"), ("message", made.message.as_str())];
    let proposal = taro.drafts(&form).await;
    taro.signs(&proposal).await;
    assert_eq!(hanako.get(&path).await.status, StatusCode::FORBIDDEN);
    assert_eq!(hanako.signs(&proposal).await, "approved");
    assert_eq!(hanako.get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_signature_counts_for_one_operator_one_proposal_and_five_minutes() {
    let market = open().await;
    let (mut hanako, mut taro) = two(&market).await;
    let first = hanako.drafts(&FILE).await;
    let second = hanako.drafts(&FILE).await;
    let status = |status| StatusCode::from_u16(status).unwrap();
    let of_first = hanako.challenge(&first).await;
    let refused = hanako.sends(&second, &of_first).await;
    assert_eq!(refused.status, status(Problem::ChallengeInvalid.status()), "of another proposal");
    let of_hanako = hanako.challenge(&first).await;
    let refused = taro.sends(&first, &of_hanako).await;
    assert_eq!(refused.status, status(Problem::ChallengeInvalid.status()), "of another operator");
    let late = hanako.challenge(&first).await;
    market.advance(Span::minutes(5));
    let refused = hanako.sends(&first, &late).await;
    assert_eq!(refused.status, status(Problem::ChallengeExpired.status()));
    let again = hanako.challenge(&first).await;
    assert_eq!(hanako.sends(&first, &again).await.status, StatusCode::OK);
    let replayed = hanako.sends(&first, &again).await;
    assert_eq!(replayed.status, status(Problem::ChallengeInvalid.status()), "answered before");
    // Somebody else's passkey in one's own session, and a copy of one's own.
    let own = taro.challenge(&first).await;
    std::mem::swap(&mut hanako.passkey, &mut taro.passkey);
    let borrowed = taro.sends(&first, &own).await;
    assert_eq!(borrowed.status, status(Problem::PasskeyUnknown.status()));
    std::mem::swap(&mut hanako.passkey, &mut taro.passkey);
    assert_eq!(taro.signs(&first).await, "approved");
    taro.counter -= 1;
    let own = taro.challenge(&second).await;
    let copied = taro.sends(&second, &own).await;
    assert_eq!(copied.status, status(Problem::PasskeyCloned.status()));
    let nothing = hanako.post_json(&second, json!({})).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_has_changed_since_it_was_signed_is_not_done() {
    let market = open().await;
    let store = &market.agent.app.store;
    let (mut hanako, mut taro) = two(&market).await;
    let proposal = hanako.drafts(&FILE).await;
    hanako.signs(&proposal).await;
    // The thief's account in place of the merchant's, between proposal and approval.
    let thief = agent_server::files::IbanAccount::new("DE89370400440532013000", None, "Thief");
    market.bank_of_merchant(agent_server::files::BankAccount::Iban(thief.unwrap())).await;
    assert_eq!(taro.signs(&proposal).await, "approved");
    assert_eq!(taro.standing(&proposal).await, "approved", "and not done");
    assert!(store.payout_files(10).await.unwrap().is_empty());
    let again = taro.post(&format!("{proposal}/again"), &[]).await;
    assert!(again.to.ends_with("said=changed"), "{}", again.to);
    market.bank_of_merchant(in_japan()).await;
    let again = hanako.post(&format!("{proposal}/again"), &[]).await;
    assert!(again.to.ends_with("said=approved"), "{}", again.to);
    assert_eq!(store.payout_files(10).await.unwrap().len(), 1);
    let over = hanako.post(&format!("{proposal}/again"), &[]).await;
    assert!(over.to.ends_with("said=closed"), "once");
    assert_eq!(store.payout_files(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_proposal_lapses_and_can_be_refused() {
    let market = open().await;
    let (mut hanako, mut taro) = two(&market).await;
    let refused = hanako.drafts(&FILE).await;
    hanako.signs(&refused).await;
    let no = taro.post(&format!("{refused}/refusal"), &[]).await;
    assert!(no.to.ends_with("said=refused"), "{}", no.to);
    assert_eq!(taro.signs(&refused).await, "closed");
    assert_eq!(taro.standing(&refused).await, "refused");
    let store = &market.agent.app.store;
    let demoted = hanako.drafts(&FILE).await;
    hanako.signs(&demoted).await;
    assert!(store.set_role("hanako".into(), Role::Support, market.now()).await.unwrap());
    assert_eq!(taro.signs(&demoted).await, "closed", "who proposed it may not any more");
    assert_eq!(hanako.get(&refused).await.status, StatusCode::OK, "but look");
    assert!(store.set_role("hanako".into(), Role::Finance, market.now()).await.unwrap());
    let lapsing = hanako.drafts(&FILE).await;
    hanako.signs(&lapsing).await;
    market.advance(Span::hours(24));
    hanako.signs_in().await;
    taro.signs_in().await;
    assert_eq!(taro.signs(&lapsing).await, "closed");
    assert_eq!(taro.standing(&lapsing).await, "lapsed");
    assert!(store.payout_files(10).await.unwrap().is_empty());
}

/// Proposes, and has the other approve; how it stands then.
async fn done(market: &Market, form: &[(&str, &str)]) -> String {
    let (mut hanako, mut taro) = two(market).await;
    let proposal = hanako.drafts(form).await;
    hanako.signs(&proposal).await;
    taro.signs(&proposal).await;
    let standing = taro.standing(&proposal).await;
    let store = &market.agent.app.store;
    for name in ["hanako", "taro"] {
        store.remove_operator(name.into(), market.now()).await.unwrap();
    }
    standing
}

#[tokio::test]
async fn a_bill_is_paid_and_a_line_resolved_by_two() {
    let market = Market::open_with(|config| config.bank = own()).await;
    let store = &market.agent.app.store;
    let sale = market.sale_by(Plan::Instalments(3)).await;
    sale.claim("C-1", 17_050).await.unwrap();
    market.days(100).await;
    let number = number(&sale);
    let form = [("movement", "bill"), ("number", number.as_str()), ("bill", "1")];
    assert_eq!(done(&market, &form).await, "done");
    assert!(store.bills(&number.parse().unwrap()).await.unwrap()[0].is_paid);
    let finance = market.clerk("finance", Role::Finance).await;
    let again = finance.post("/console/proposals", &form).await;
    assert!(again.to.ends_with("/console/bills?said=nothing"), "{}", again.to);

    market.bank_says("M-1", &[("L-1", -9, "")]).await.unwrap();
    let line = store.parked_lines().await.unwrap()[0].id.to_string();
    for (wrong, said) in [("payout", "unlike"), ("eaten", "unlike")] {
        let form = [("movement", "line"), ("line", line.as_str()), ("what", wrong)];
        let answer = finance.post("/console/proposals", &form).await;
        assert!(answer.to.ends_with(&format!("/console/lines?said={said}")), "{}", answer.to);
    }
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_payout_that_came_back_is_paid_again_by_two() {
    let market = Market::open_with(|config| config.bank = own()).await;
    let (payout, told) = market.paid_by_the_bank().await;
    market.bank_sends_back("R-1", 5190, &told).await;
    let finance = market.clerk("finance", Role::Finance).await;
    let page = finance.page("/console/settlements?locale=en").await;
    for text in ["AC04", "Held", "Money at the bank", "Fees from shops", "−¥"] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    let row = payout.to_string();
    let form = [("movement", "again"), ("other", row.as_str())];
    assert_eq!(done(&market, &form).await, "done");
    let page = finance.page("/console/settlements?locale=en").await;
    assert!(page.contains("Paid again with the next payout"), "{page}");
    let again = finance.post("/console/proposals", &form).await;
    assert!(again.to.ends_with("/console/settlements?said=nothing"), "{}", again.to);
    market.days(1).await;
    let next = market.agent.app.store.payouts(1).await.unwrap().swap_remove(0);
    assert_eq!(i64::try_from(next.amount.minor).unwrap(), 5190);
    market.audit_is_clean().await;
}

#[tokio::test]
async fn an_objection_is_resolved_by_two() {
    let market = Market::open().await;
    let store = &market.agent.app.store;
    let sale = market.sale().await;
    sale.claim("C-1", 3850).await.unwrap();
    let row = store.purchase(&sale.id()).await.unwrap().unwrap().row;
    store.object(row, Reason::NotReceived, "where is it".into(), market.now()).await.unwrap();
    let viewer = market.clerk("viewer", Role::Viewer).await;
    let page = viewer.page("/console/objections").await;
    assert!(page.contains("where is it") && page.contains("¥3,850"));
    assert!(!page.contains("<form method=\"post\" action=\"/console/proposals\""));
    let number = number(&sale);
    let form =
        |what| [("movement", "objection"), ("number", number.as_str()), ("resolution", what)];
    assert_eq!(done(&market, &form(Resolution::Upheld.name())).await, "done");
    assert!(store.objected_to(&number.parse().unwrap()).await.unwrap().is_none());
    let page = viewer.page("/console/objections").await;
    assert!(page.contains("Resolved"));
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_notice_of_the_banks_is_read_by_two_and_once() {
    let market = open().await;
    let store = &market.agent.app.store;
    let (mut hanako, mut taro) = two(&market).await;
    let notice = notice("M-7", &[("L-1", -9, "charge"), ("L-2", 5, "&lt;i&gt;")]);
    let token = hanako.token().await;
    let spoilt = hanako.uploads("/console/notices", "x", "notice", &notice).await;
    assert_eq!(spoilt.status, StatusCode::FORBIDDEN, "no token of this session");
    for (name, file) in [("notice", "<Document/>"), ("notice", ""), ("other", notice.as_str())] {
        let wrong = hanako.uploads("/console/notices", &token, name, file).await;
        assert_eq!(wrong.to, "/console/lines?said=no-notice", "{name} {file}");
    }
    let large = "x".repeat(17 << 20);
    let large = hanako.uploads("/console/notices", &token, "notice", &large).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let drafted = hanako.uploads("/console/notices", &token, "notice", &notice).await;
    let proposal = drafted.to.split('?').next().unwrap().to_owned();
    let page = taro.page(&proposal).await;
    for text in ["M-7", "−¥9", "¥5", "charge", "data-test=\"noticed\""] {
        assert!(page.contains(text), "{text} in {page}");
    }
    assert!(!page.contains("<i>"), "what the bank writes is text");
    assert_eq!(hanako.signs(&proposal).await, "proposed");
    assert_eq!(hanako.signs(&proposal).await, "own", "never the same operator");
    assert!(store.parked_lines().await.unwrap().is_empty(), "nothing is read yet");
    assert_eq!(taro.signs(&proposal).await, "approved");
    assert!(taro.page(&proposal).await.contains("parked 2"));
    assert_eq!(store.parked_lines().await.unwrap().len(), 2);
    assert_eq!(taro.signs(&proposal).await, "closed", "once");
    let again = hanako.uploads("/console/notices", &token, "notice", &notice).await;
    assert_eq!(again.to, "/console/lines?said=known-notice");
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_notice_that_was_read_meanwhile_is_not_read_again() {
    let market = open().await;
    let store = &market.agent.app.store;
    let (mut hanako, mut taro) = two(&market).await;
    let (lines, token) = ([("L-1", -9, "charge")], hanako.token().await);
    let text = notice("M-8", &lines);
    let drafted = hanako.uploads("/console/notices", &token, "notice", &text).await;
    let proposal = drafted.to.split('?').next().unwrap().to_owned();
    hanako.signs(&proposal).await;
    market.bank_says("M-8", &lines).await.unwrap();
    assert_eq!(taro.signs(&proposal).await, "approved");
    assert_eq!(taro.standing(&proposal).await, "approved", "and not done");
    assert_eq!(store.parked_lines().await.unwrap().len(), 1);
    market.audit_is_clean().await;
}

fn number(sale: &Sale<'_>) -> String {
    sale.grant.claimed().unwrap().handling_number.to_string()
}
