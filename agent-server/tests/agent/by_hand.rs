//! A number to read out (prior art (5), kept for telephone and paper): bound to shop and amount,
//! limited, expiring, single-use, and an ordinary purchase from then on (T21).

use agent_server::entropy::Entropy;
use reqwest::{Method, StatusCode};
use shared_protocol::{
    Amount, Grant, HandlingNumber, Problem, PurchaseId, PurchaseState, Redemption, Signed,
    Signer as _, Span,
};

use crate::{
    market::{Market, signed, yen},
    merchant::Key,
    sale::Sale,
    visitor::Visitor,
};

const NUMBER: &str = "C100000000042";
const ADDRESS: &str = "someone@example.jp";

async fn open() -> Market {
    let market = Market::open().await;
    market.add_contract(NUMBER, 20_000, None).await;
    market
}

const WISH: [(&str, &str); 3] = [("merchant", "mrc_tea"), ("amount", "3,850"), ("code", "2468")];

/// Asks for a number on the shopper's own page; what it says.
async fn ask(visitor: &mut Visitor<'_>) -> HandlingNumber {
    let given = visitor.submit("/me/by-hand", "/me/by-hand", &WISH).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.html);
    let to = given.header("location").to_owned();
    to.rsplit('/').next().unwrap().parse().unwrap()
}

impl Market {
    /// What the merchant hands in.
    fn handing_in(&self, number: HandlingNumber, amount: Amount, name: &str) -> Redemption {
        Redemption {
            merchant: "mrc_tea".parse().unwrap(),
            agent: self.agent.app.config.agent_id.clone(),
            redemption: name.parse().unwrap(),
            handling_number: number,
            amount,
            redeemed: self.now(),
        }
    }

    async fn hand_in_as(&self, said: &Redemption, key: &Key) -> Result<Signed<Grant>, Problem> {
        let word = Signed::sign(said, key);
        let answer = self.ask(Method::POST, "/v1/by-hand/redemptions", &word).await;
        answer.map(|bytes| signed(&bytes))
    }

    async fn redeem(&self, number: HandlingNumber, name: &str) -> Result<Signed<Grant>, Problem> {
        let said = self.handing_in(number, yen(3850), name);
        self.hand_in_as(&said, &self.merchant.key).await
    }

    async fn purchase_called(&self, number: &HandlingNumber) -> (PurchaseId, PurchaseState) {
        let found = self.agent.app.store.purchase_of_number(number).await.unwrap().unwrap();
        (found.purchase.id, found.purchase.state)
    }
}

#[tokio::test]
async fn a_number_that_was_read_out_becomes_an_ordinary_purchase() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let form = visitor.get("/me/by-hand").await;
    assert!(form.has("Yamada Tea (mrc_tea)") && form.has("within 24 hours"));
    let number = ask(&mut visitor).await;
    let page = visitor.get(&format!("/me/purchases/{number}")).await;
    assert!(page.has(&number.to_string()) && page.has("data-test=\"by-hand\""));
    let first = number.compact().chars().next().unwrap();
    let said = format!("<li><b>{first}</b>");
    assert!(page.has(&said) && page.has("¥3,850") && page.has("value=\"cancel\""));
    assert_eq!(market.reserved("42").await, 3850);

    let grant = market.redeem(number, "TEL-1").await.unwrap();
    let promised = grant.verify(&market.agent.app.keys.verifying_key()).unwrap();
    assert_eq!((promised.handling_number, promised.amount), (number, yen(3850)));
    assert!(!promised.provisional);
    let word = market.merchant.accept(&grant, market.now());
    market.tell(&grant, "acceptance", &word).await.unwrap();
    let (purchase, state) = market.purchase_called(&number).await;
    assert_eq!(state, PurchaseState::Confirmed);
    let said = market.status(&purchase).await.confirmation.unwrap().claimed().unwrap();
    assert_eq!(said.channel, shared_protocol::Channel::Page);
    let letters = market.letters(2).await;
    assert!(letters.iter().all(|letter| letter.link.is_none()), "a receipt, no question");
    let page = visitor.get(&format!("/me/purchases/{number}")).await;
    assert!(!page.has("data-test=\"by-hand\""), "nothing is left to read out");

    let sale = Sale { market: &market, grant };
    sale.ship("S-1").await.unwrap();
    sale.say("C-1", &sale.claiming("C-1", 3850, Some("S-1"))).await.unwrap();
    sale.refund("R-1", 850).await.unwrap();
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_number_is_handed_in_once_under_one_name() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let number = ask(&mut visitor).await;
    let first = market.redeem(number, "TEL-1").await.unwrap();
    assert_eq!(market.redeem(number, "TEL-1").await, Ok(first.clone()), "the same again");
    assert_eq!(market.redeem(number, "TEL-2").await, Err(Problem::GrantUsed));
    let word = market.merchant.accept(&first, market.now());
    market.tell(&first, "acceptance", &word).await.unwrap();
    market.tell(&first, "acceptance", &word).await.unwrap();
    market.advance(Span::hours(48));
    assert_eq!(market.redeem(number, "TEL-1").await, Ok(first), "whenever it is asked");
    assert_eq!(market.reserved("42").await, 3850, "once");
}

#[tokio::test]
async fn a_number_is_bound_to_shop_amount_and_currency() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let number = ask(&mut visitor).await;
    let good = market.handing_in(number, yen(3850), "TEL-1");
    let stranger = Key::random();
    let mut other = market.merchant.registration();
    other.id = "mrc_other".parse().unwrap();
    other.verifying_key = stranger.verifying_key();
    market.agent.app.store.put_merchant(other, market.now()).await.unwrap();
    let dollars = Amount::new(3850, "USD".parse().unwrap()).unwrap();
    for (said, key, problem) in [
        (Redemption { amount: yen(3851), ..good.clone() }, None, Problem::AmountMismatch),
        (Redemption { amount: yen(1), ..good.clone() }, None, Problem::AmountMismatch),
        (Redemption { amount: dollars, ..good.clone() }, None, Problem::AmountMismatch),
        (
            Redemption { merchant: "mrc_other".parse().unwrap(), ..good.clone() },
            Some(&stranger),
            Problem::NumberUnknown,
        ),
        (good.clone(), Some(&stranger), Problem::SettlementInvalid),
        (
            Redemption { agent: "agt_other".parse().unwrap(), ..good.clone() },
            None,
            Problem::SettlementInvalid,
        ),
        (
            Redemption { merchant: "mrc_none".parse().unwrap(), ..good.clone() },
            None,
            Problem::UnknownMerchant,
        ),
    ] {
        let told = market.hand_in_as(&said, key.unwrap_or(&market.merchant.key)).await;
        assert_eq!(told, Err(problem), "{said:?}");
    }
    // An ordinary purchase's number is no number to be read out.
    let browser = market.granted().await.claimed().unwrap().handling_number;
    assert_eq!(market.redeem(browser, "TEL-2").await, Err(Problem::NumberUnknown));
    market.redeem(number, "TEL-1").await.unwrap();
}

#[tokio::test]
async fn guessing_numbers_locks_the_merchant_out() {
    let market = Market::open_with(|config| config.guessing.numbers_of_merchant = 5).await;
    market.add_contract(NUMBER, 20_000, None).await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let number = ask(&mut visitor).await;
    let mut rng = Entropy::new();
    for _ in 0..5 {
        let guess = HandlingNumber::random(&mut rng);
        assert_eq!(market.redeem(guess, "GUESS").await, Err(Problem::NumberUnknown));
    }
    assert_eq!(market.redeem(number, "TEL-1").await, Err(Problem::TooManyRequests));
    market.advance(Span::hours(1));
    market.redeem(number, "TEL-1").await.unwrap();
}

#[tokio::test]
async fn what_is_not_handed_in_expires_or_is_cancelled_and_frees_the_credit() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let cancelled = ask(&mut visitor).await;
    let path = format!("/me/purchases/{cancelled}");
    let form = [("decision", "cancel")];
    let done = visitor.submit(&path, &format!("{path}/decision"), &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(market.reserved("42").await, 0);
    assert_eq!(market.redeem(cancelled, "TEL-1").await, Err(Problem::CancelledByShopper));

    let late = ask(&mut visitor).await;
    assert_eq!(market.reserved("42").await, 3850);
    market.advance(Span::hours(25));
    let (purchase, _) = market.purchase_called(&late).await;
    market.wait_for_state(&purchase, PurchaseState::Expired).await;
    assert_eq!(market.reserved("42").await, 0);
    assert_eq!(market.redeem(late, "TEL-2").await, Err(Problem::GrantExpired));
    let told = market.merchant.shop.notices.lock().unwrap().clone();
    let lapsed = told.iter().filter(|notice| notice.json()["type"] == "purchase.lapsed").count();
    assert_eq!(lapsed, 0, "the shop never heard of it");
}

#[tokio::test]
async fn the_page_says_what_is_wrong_and_forgets_only_the_code() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    for (merchant, amount, code, says) in [
        ("", "3850", "2468", "merchant-error"),
        ("mrc_none", "3850", "2468", "merchant-error"),
        ("mrc_tea", "", "2468", "amount-error"),
        ("mrc_tea", "-5", "2468", "amount-error"),
        ("mrc_tea", "0", "2468", "amount-error"),
        ("mrc_tea", "20001", "2468", "amount-error"),
        ("mrc_tea", "3850", "1357", "code-error"),
        ("mrc_tea", "3850", "", "code-error"),
    ] {
        let form = [("merchant", merchant), ("amount", amount), ("code", code)];
        let page = visitor.submit("/me/by-hand", "/me/by-hand", &form).await;
        assert!(page.status.is_client_error(), "{form:?}: {}", page.status);
        assert!(page.has(&format!("id=\"{says}\"")), "{form:?}: {}", page.html);
        let kept = format!("autocomplete=\"off\" value=\"{amount}\"");
        assert!(page.has(&kept), "{form:?}: {}", page.html);
        assert!(code.is_empty() || !page.has(&format!("value=\"{code}\"")));
    }
    assert_eq!(market.reserved("42").await, 0);
    for _ in 0..5 {
        ask(&mut visitor).await;
    }
    let page = visitor.submit("/me/by-hand", "/me/by-hand", &WISH).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.has("role=\"alert\"") && page.has("no shop has redeemed"));
    let mut nobody = market.visitor();
    assert_eq!(nobody.get("/me/by-hand").await.status, StatusCode::SEE_OTHER);
    let japanese = visitor.get("/me/by-hand?locale=ja").await;
    assert!(japanese.has("お店に伝える取扱番号") && japanese.has("山田茶舗"));
}
