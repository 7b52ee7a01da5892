//! What operators' own programs read as JSON, by their token: what the console shows to the same
//! role, page by page, and nothing that it does not. Every role and every part of the console at
//! every address is let in or not as declared here (TRUST.md T37).

use agent_server::{
    domain::{
        bearer::TokenDigest,
        objection::Reason,
        operator::{OperatorToken, Role, Section},
    },
    entropy::Entropy,
    store::NewToken,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared_protocol::{Problem, Span};

use crate::{
    bank_files::{in_japan, own},
    market::{Market, answer},
    sale::Sale,
    shopper::Order,
};

/// Who may: viewer, support, finance, admin; of which part of the console it is; the page that
/// shows the same.
const DECLARED: &str = "
vsfa today       /v1/operator/today                 /console
vsfa purchases   /v1/operator/purchases             /console/purchases
vsfa purchases   /v1/operator/purchases/{id}        /console/purchases/{id}
vsfa merchants   /v1/operator/merchants             /console/merchants
vsfa merchants   /v1/operator/merchants/{merchant}  /console/merchants/mrc_tea
vsfa contracts   /v1/operator/contracts             /console/contracts
vsfa deliveries  /v1/operator/webhooks              /console/deliveries
vsfa deliveries  /v1/operator/webhooks/{event}      /console/deliveries/{event}
vsfa deliveries  /v1/operator/letters               /console/letters
vsfa settlements /v1/operator/settlements           /console/settlements
vsfa settlements /v1/operator/bills                 /console/bills
vsfa settlements /v1/operator/lines                 /console/lines
vsfa settlements /v1/operator/objections            /console/objections
vsfa proposals   /v1/operator/proposals             /console/proposals
vsfa proposals   /v1/operator/proposals/{proposal}  /console/proposals/{proposal}
vsfa audit       /v1/operator/audits                /console/audit
vsfa audit       /v1/operator/record                /console/record
";

/// Role letters, section, address, page.
fn declared() -> Vec<[&'static str; 4]> {
    let words = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
    DECLARED.lines().filter_map(|line| words(line).try_into().ok()).collect()
}

impl Market {
    /// A token of this operator's for these parts of the console.
    async fn token_for(&self, operator: &str, sections: &[Section]) -> (String, i64) {
        let token = OperatorToken::random(&Entropy::new());
        let digest: TokenDigest = token.digest();
        let (operator, sections) = (operator.to_owned(), sections.to_vec());
        let new = NewToken { operator, label: "watch".into(), sections, digest };
        let row = self.agent.app.store.add_operator_token(new, self.now()).await.unwrap();
        (token.expose().to_string(), row.expect("there is such an operator"))
    }

    async fn reads(&self, token: &str, path: &str) -> Result<Value, Problem> {
        let sent = self.http.get(self.url(path)).bearer_auth(token).send().await.unwrap();
        answer(sent).await.map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }
}

/// The example of what is there.
fn at(path: &str, there: &[(&str, String)]) -> String {
    let filled = there
        .iter()
        .fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
    let filled = filled.replace("{merchant}", "mrc_tea");
    if filled.ends_with("/bills") { format!("{filled}?number={}", there[3].1) } else { filled }
}

/// A market in which there is one of each, and the names of what is there.
async fn busy() -> (Market, Vec<(&'static str, String)>) {
    let market = Market::open_with(|config| config.bank = own()).await;
    market.bank_of_merchant(in_japan()).await;
    market.paid_out().await;
    let sale = market.sale().await;
    sale.ship("s-1").await.unwrap();
    sale.claim("c-1", 3000).await.unwrap();
    let declined = Order { contract: "C900000000002", ..market.order().await }.seal();
    market.grant(&declined).await.unwrap_err();
    let store = &market.agent.app.store;
    let row = store.purchase(&sale.id()).await.unwrap().unwrap().row;
    store.object(row, Reason::NotReceived, "where is it".into(), market.now()).await.unwrap();
    market.bank_says("M-1", &[("L-1", -9, "")]).await.unwrap();
    let mut clerk = market.clerk("clerk", Role::Finance).await;
    let form = [("movement", "file"), ("format", "zengin"), ("currency", "JPY"), ("day", "")];
    let proposal = clerk.drafts(&form).await;
    clerk.signs(&proposal).await;
    let proposal = proposal.rsplit('/').next().unwrap().to_owned();
    let event = store.events_before_last(0).await.unwrap();
    let there = vec![
        ("id", sale.id().to_string()),
        ("event", format!("evt_{event}")),
        ("proposal", proposal),
        ("number", number(&sale)),
    ];
    (market, there)
}

fn number(sale: &Sale<'_>) -> String {
    sale.grant.claimed().unwrap().handling_number.to_string()
}

#[tokio::test]
async fn every_role_and_section_reads_at_every_address_as_declared() {
    let (market, there) = busy().await;
    let document = market.http.get(market.url("/openapi.json")).send().await.unwrap();
    let document: Value = serde_json::from_slice(&document.bytes().await.unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut known: Vec<_> = paths.keys().filter(|path| path.contains("/operator/")).collect();
    let mut said: Vec<_> = declared().into_iter().map(|[.., path, _]| path).collect();
    known.sort();
    said.sort_unstable();
    assert_eq!(known, said, "an address is not declared, or is there no more");
    let mut tried = 0;
    for (role, letter) in Role::ALL.into_iter().zip(['v', 's', 'f', 'a']) {
        market.clerk(role.name(), role).await;
        let (all, _) = market.token_for(role.name(), &Section::ALL).await;
        for section in Section::ALL {
            let (one, _) = market.token_for(role.name(), &[section]).await;
            for [who, of, path, _] in declared() {
                let path = at(path, &there);
                let read = market.reads(&all, &path).await;
                assert_eq!(read.is_ok(), who.contains(letter), "{letter} at {path}: {read:?}");
                let read = market.reads(&one, &path).await;
                let may = who.contains(letter) && of == section.name();
                assert_eq!(read.is_ok(), may, "{letter} with {of} alone at {path}: {read:?}");
                let refused = (!may).then_some(Problem::RoleNotAllowed);
                assert_eq!(read.err(), refused, "{letter} with {of} alone at {path}");
                tried += 2;
            }
        }
    }
    println!("  {tried} cells");
}

#[tokio::test]
async fn what_is_read_holds_nothing_that_the_page_of_the_same_does_not_show() {
    let (market, there) = busy().await;
    let clerk = market.clerk("viewer", Role::Viewer).await;
    let (token, _) = market.token_for("viewer", &Section::ALL).await;
    for [.., path, page] in declared() {
        let json = market.reads(&token, &at(path, &there)).await.unwrap();
        let page = clerk.page(&at(page, &there)).await;
        let text = json.to_string();
        for account in ["7654321", "0005-123"] {
            assert!(!text.contains(account) || page.contains(account), "{account} in {path}");
        }
        for secret in ["900000000001", "C9000", "2468", "@example.jp"] {
            assert!(!text.contains(secret), "{secret} in {path}: {text}");
        }
    }
}

#[tokio::test]
async fn purchases_are_found_page_by_page_and_told_in_steps() {
    let (market, there) = busy().await;
    market.clerk("viewer", Role::Viewer).await;
    let (token, _) = market.token_for("viewer", &[Section::Purchases]).await;
    let finds = async |query: &str| {
        let said = market.reads(&token, &format!("/v1/operator/purchases?{query}")).await?;
        Ok::<_, Problem>(said["purchases"].as_array().unwrap().clone())
    };
    let all = finds("").await.unwrap();
    assert_eq!(all.len(), 4);
    let (own, number) = (&there[0].1, &there[3].1);
    let by_number = finds(&format!("number={number}")).await.unwrap();
    assert_eq!((by_number.len(), &by_number[0]["id"]), (1, &json!(own)));
    assert_eq!(finds("state=declined").await.unwrap()[0]["handling_number"], Value::Null);
    assert_eq!(finds("merchant=mrc_other").await.unwrap().len(), 0);
    assert_eq!(finds("from=2020-01-01&to=2099-12-31").await.unwrap().len(), 4);
    assert_eq!(finds("to=2020-01-01").await.unwrap().len(), 0);
    assert_eq!(finds("before=1").await.unwrap().len(), 0);
    for wrong in ["number=hanako", "merchant=x", "state=eaten", "from=tomorrow", "before=x"] {
        assert_eq!(finds(wrong).await, Err(Problem::MalformedMessage), "{wrong}");
    }
    let told = market.reads(&token, &format!("/v1/operator/purchases/{own}")).await.unwrap();
    let steps = told["steps"].as_array().unwrap();
    let claimed = steps.iter().find(|step| step["what"] == "claimed").unwrap();
    assert_eq!((&claimed["number"], &claimed["amount"]), (&json!("66"), &json!(3000)));
    assert_eq!(steps[0]["what"], "asked");
    assert!(told["messages"].as_array().unwrap().iter().any(|one| one["name"] == "tally"));
    let declined = finds("state=declined").await.unwrap()[0]["id"].as_str().unwrap().to_owned();
    let told = market.reads(&token, &format!("/v1/operator/purchases/{declined}")).await.unwrap();
    assert_eq!(told["problem"], "contract_lapsed");
    let none = market.reads(&token, "/v1/operator/purchases/pur_x").await;
    assert_eq!(none, Err(Problem::PurchaseUnknown));
}

#[tokio::test]
async fn a_token_counts_until_it_or_its_operator_is_taken_away() {
    let market = Market::open().await;
    market.clerk("ops", Role::Support).await;
    let (store, now) = (&market.agent.app.store, market.now());
    let (first, row) = market.token_for("ops", &Section::ALL).await;
    let (second, _) = market.token_for("ops", &Section::ALL).await;
    const TODAY: &str = "/v1/operator/today";
    let no = Err(Problem::TokenInvalid);
    assert_eq!(market.reads(&first, TODAY).await.unwrap()["asked"], 0);
    let bare = market.http.get(market.url(TODAY)).send().await.unwrap();
    assert_eq!(bare.headers()["www-authenticate"], "Bearer");
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    for wrong in ["wot_x", "wmt_x", &first[4..], &format!("{first}x")] {
        assert_eq!(market.reads(wrong, TODAY).await, no, "{wrong}");
    }
    assert!(!store.revoke_operator_token("nobody".into(), row, now).await.unwrap());
    assert!(store.revoke_operator_token("ops".into(), row, now).await.unwrap());
    assert_eq!(market.reads(&first, TODAY).await, no);
    assert!(market.reads(&second, TODAY).await.is_ok());
    let acts = store.acts(i64::MAX, 9).await.unwrap();
    let about = format!("otk_{row}");
    assert!(acts.iter().any(|act| act.act == "token-revoked" && act.about == about));
    // A session's cookie is no token, and a token no cookie.
    let clerk = market.clerk("other", Role::Admin).await;
    let ask = market.http.get(market.url(TODAY)).header("cookie", &clerk.cookie);
    assert_eq!(ask.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let page = market.http.get(market.url("/console")).bearer_auth(&second).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::SEE_OTHER, "to the page where operators sign in");
    market.advance(Span::hours(24));
    assert!(store.remove_operator("ops".into(), market.now()).await.unwrap());
    assert_eq!(market.reads(&second, TODAY).await, no);
}
