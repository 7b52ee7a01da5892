//! The mailbox of a seller who has no server: what is put in waits, sealed, for that seller alone;
//! what nobody takes out in time lapses, and the shopper is told. `mrc_tea` has no server here.

use agent_server::{
    domain::{Merchant, picture::Picture},
    entropy::Entropy,
};
use reqwest::Method;
use shared_protocol::{
    Contact, Delivery, Deposit, GrantProof, Locale, Mailbox, MailboxVisit, Offer, OrderHalf,
    OrderSubmission, Personal, Problem, PurchaseId, PurchaseState, Salt, Sealed, Signed,
    Signer as _, Span, Timestamp, encode,
};

use crate::{
    market::{Market, read, signed, yen},
    merchant::Key,
    shopper::{Attempt, id},
};

/// A market whose merchant has nothing but a mailbox.
pub async fn with_mailbox() -> Market {
    let market = Market::open().await;
    let seller = Merchant { server: String::new(), ..market.merchant.registration() };
    market.agent.app.store.put_merchant(seller, market.now()).await.unwrap();
    market
}

/// A granted purchase, and what hands it in.
struct Sold {
    purchase: PurchaseId,
    submission: OrderSubmission,
}

impl Market {
    async fn sell(&self) -> Sold {
        let attempt = self.order().await.seal();
        let grant = self.grant(&attempt).await.unwrap();
        Sold {
            purchase: id(&grant),
            submission: self.submission(&attempt, GrantProof::Signed(grant)),
        }
    }

    fn submission(&self, attempt: &Attempt, grant: GrantProof) -> OrderSubmission {
        let context = attempt.request.context().unwrap();
        let text = |text: &str| Personal::new(text);
        let half = OrderHalf {
            purchase: attempt.purchase,
            offer: attempt.request.tally.tally.claimed().unwrap().offer,
            quantity: 1,
            contact: Contact {
                name: text(CANARY),
                kana: text(""),
                email: text("canary@example.jp"),
                phone: text("0312345678"),
            },
            delivery: Delivery::Intangible,
            locale: Locale::Ja,
            salt: Salt::random(&mut Entropy::new()),
        };
        let key = self.merchant.registration().sealing_key;
        let order = Sealed::seal(&half, &context, &key, &mut Entropy::new()).unwrap();
        OrderSubmission { grant, tally: attempt.request.tally.clone(), order }
    }

    async fn deposit(&self, sold: &Sold) -> Result<Vec<u8>, Problem> {
        let path = format!("/v1/mailbox/{}", sold.purchase);
        self.ask(Method::PUT, &path, &sold.submission).await
    }

    /// A visit to the mailbox of `mrc_tea`, signed with this key.
    fn visiting(&self, purchase: Option<PurchaseId>, visited: Timestamp) -> MailboxVisit {
        let (merchant, agent) = ("mrc_tea".parse().unwrap(), "agt_demo".parse().unwrap());
        MailboxVisit { merchant, agent, purchase, after: 0, visited }
    }

    async fn visit(&self, said: &Signed<MailboxVisit>) -> Result<Mailbox, Problem> {
        self.ask(Method::POST, "/v1/mailbox", said).await.map(|bytes| read(&bytes))
    }

    /// The seller looks, now.
    async fn look(&self, purchase: Option<PurchaseId>) -> Mailbox {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let said = Signed::sign(&self.visiting(purchase, self.now()), &self.merchant.key);
        self.visit(&said).await.unwrap()
    }

    async fn publish(&self, offer: &Offer, key: &Key) -> Result<(), Problem> {
        let signed = Signed::sign(offer, key);
        let path = "/v1/offers/mrc_tea/TEAPOT-01";
        self.ask(Method::PUT, path, &signed).await.map(drop)
    }
}

#[tokio::test]
async fn an_order_waits_until_its_seller_takes_it() {
    let market = with_mailbox().await;
    let sold = market.sell().await;
    let first = market.deposit(&sold).await.unwrap();
    let said: Signed<Deposit> = signed(&first);
    let said = said.verify(&market.agent.app.keys.verifying_key()).unwrap();
    assert_eq!(said.purchase, sold.purchase);
    let hours = said.deadline.since(market.now()).as_millis() / 3_600_000;
    assert!((47..=48).contains(&hours), "{hours}");
    assert_eq!(market.deposit(&sold).await.unwrap(), first, "the same again, the same answer");
    market.advance(Span::hours(30));
    let mailbox = market.look(None).await;
    assert_eq!(mailbox.entries.len(), 1);
    let entry = &mailbox.entries[0];
    assert_eq!((&entry.submission, entry.state), (&sold.submission, PurchaseState::Granted));
    let GrantProof::Signed(grant) = &entry.submission.grant else { panic!("a signed Grant") };
    let word = market.merchant.accept(grant, market.now());
    market.tell(grant, "acceptance", &word).await.unwrap();
    assert_eq!(market.state(&sold.purchase).await, PurchaseState::Accepted);
    assert!(market.letters(1).await[0].link.is_some(), "the shopper is asked");
    assert_eq!(market.look(None).await.entries[0].state, PurchaseState::Accepted);
    assert!(market.merchant.shop.notices.lock().unwrap().is_empty(), "nobody is there to hear it");
}

#[tokio::test]
async fn only_what_was_granted_is_put_in_and_only_once() {
    let market = with_mailbox().await;
    let (one, other) = (market.sell().await, market.sell().await);
    let with = |grant: &GrantProof, of: &Sold| OrderSubmission {
        grant: grant.clone(),
        ..of.submission.clone()
    };
    let put = async |submission: OrderSubmission| {
        market.deposit(&Sold { purchase: one.purchase, submission }).await.map(drop)
    };
    let swapped = put(with(&other.submission.grant, &one)).await;
    assert_eq!(swapped, Err(Problem::GrantInvalid), "another's Grant");
    let swapped = put(with(&one.submission.grant, &other)).await;
    assert_eq!(swapped, Err(Problem::HalfMismatch), "another's tally");
    let jws = GrantProof::Jws("a.b.c".into());
    assert_eq!(put(with(&jws, &one)).await, Err(Problem::GrantInvalid));
    put(one.submission.clone()).await.unwrap();
    let resealed = OrderSubmission { order: other.submission.order, ..one.submission.clone() };
    assert_eq!(put(resealed).await, Err(Problem::PurchaseConflict), "other bytes");
    let unknown = Sold { purchase: PurchaseId::new([9; 16]), submission: one.submission };
    assert_eq!(market.deposit(&unknown).await, Err(Problem::PurchaseUnknown));
}

#[tokio::test]
async fn a_merchant_with_a_server_has_no_mailbox() {
    let market = Market::open().await;
    let sold = market.sell().await;
    assert_eq!(market.deposit(&sold).await, Err(Problem::WrongRecipient));
    let offer = market.merchant.teapot(market.now());
    let left = market.publish(&offer, &market.merchant.key).await;
    assert_eq!(left, Err(Problem::WrongRecipient));
}

#[tokio::test]
async fn nobody_but_the_seller_looks_in_and_no_visit_is_made_twice() {
    let market = with_mailbox().await;
    let sold = market.sell().await;
    market.deposit(&sold).await.unwrap();
    let stranger = Key::random();
    let visit = market.visiting(None, market.now());
    let forged = Signed::sign(&visit, &stranger);
    assert_eq!(market.visit(&forged).await, Err(Problem::VisitInvalid), "another's key");
    let mut other = market.merchant.registration();
    (other.id, other.verifying_key) = ("mrc_other".parse().unwrap(), stranger.verifying_key());
    market.agent.app.store.put_merchant(other, market.now()).await.unwrap();
    let own = MailboxVisit { merchant: "mrc_other".parse().unwrap(), ..visit.clone() };
    let only = MailboxVisit { purchase: Some(sold.purchase), ..own.clone() };
    let later = |visit: &MailboxVisit, millis| MailboxVisit {
        visited: visit.visited.plus(Span::millis(millis)),
        ..visit.clone()
    };
    for (visit, what) in [(own.clone(), "its own is empty"), (later(&only, 1), "by name too")] {
        let seen = market.visit(&Signed::sign(&visit, &stranger)).await.unwrap();
        assert!(seen.entries.is_empty(), "{what}");
    }
    let good = Signed::sign(&visit, &market.merchant.key);
    assert_eq!(market.visit(&good).await.unwrap().entries.len(), 1);
    assert_eq!(market.visit(&good).await, Err(Problem::VisitInvalid), "the same again");
    let before = Signed::sign(&later(&visit, -1), &market.merchant.key);
    assert_eq!(market.visit(&before).await, Err(Problem::VisitInvalid), "an earlier one");
    let future = Signed::sign(&later(&visit, 3_600_000), &market.merchant.key);
    assert_eq!(market.visit(&future).await, Err(Problem::VisitInvalid), "from the future");
    let agent = MailboxVisit { agent: "agt_other".parse().unwrap(), ..later(&visit, 1) };
    let elsewhere = market.visit(&Signed::sign(&agent, &market.merchant.key)).await;
    assert_eq!(elsewhere, Err(Problem::WrongRecipient), "meant for another agent");
}

#[tokio::test]
async fn a_silent_seller_lets_it_lapse_and_the_shopper_is_told() {
    let market = with_mailbox().await;
    let sold = market.sell().await;
    market.deposit(&sold).await.unwrap();
    market.advance(Span::hours(47));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(market.state(&sold.purchase).await, PurchaseState::Granted);
    assert_eq!(market.reserved("01").await, 3850);
    market.advance(Span::hours(2));
    market.wait_for_state(&sold.purchase, PurchaseState::Expired).await;
    assert_eq!(market.reserved("01").await, 0, "the credit is free");
    let letter = &market.letters(1).await[0];
    let told = "Yamada Tea did not accept the order in time";
    assert!(letter.text.contains(told) && letter.link.is_none(), "{}", letter.text);
    let GrantProof::Signed(grant) = &sold.submission.grant else { panic!("a signed Grant") };
    let late = market.merchant.accept(grant, market.now().minus(Span::hours(3)));
    assert_eq!(market.tell(grant, "acceptance", &late).await, Err(Problem::NotConfirmed));
}

#[tokio::test]
async fn what_never_reached_the_mailbox_lapses_as_soon_as_any_other() {
    let market = with_mailbox().await;
    let sold = market.sell().await;
    market.advance(Span::minutes(12));
    market.wait_for_state(&sold.purchase, PurchaseState::Expired).await;
    assert_eq!(market.reserved("01").await, 0);
    assert_eq!(market.deposit(&sold).await, Err(Problem::NotConfirmed), "too late");
    let mailbox = &market.agent.app.demo.as_ref().unwrap().mailbox;
    assert!(mailbox.newest_first().is_empty(), "the screen has said so");
}

#[tokio::test]
async fn a_refusal_is_told_to_the_shopper_whose_screen_is_gone() {
    let market = with_mailbox().await;
    let sold = market.sell().await;
    market.deposit(&sold).await.unwrap();
    let GrantProof::Signed(grant) = &sold.submission.grant else { panic!("a signed Grant") };
    let word = market.merchant.refuse(grant, market.now());
    for _ in 0..2 {
        market.tell(grant, "refusal", &word).await.unwrap();
    }
    assert_eq!(market.state(&sold.purchase).await, PurchaseState::Refused);
    assert_eq!(market.reserved("01").await, 0);
    let letters = market.letters(1).await;
    assert!(letters[0].text.contains("could not accept the order"), "{}", letters[0].text);
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(market.letters(1).await.len(), 1, "once");
}

#[tokio::test]
async fn what_was_read_or_can_no_longer_be_taken_is_thrown_away_in_time() {
    let market = with_mailbox().await;
    let (read, unread) = (market.sell().await, market.sell().await);
    for sold in [&read, &unread] {
        market.deposit(sold).await.unwrap();
    }
    assert_eq!(market.look(Some(read.purchase)).await.entries.len(), 1);
    market.advance(Span::hours(14 * 24 + 2));
    let is_left = async |count: usize| {
        for _ in 0..2400 {
            if market.look(None).await.entries.len() == count {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        false
    };
    assert!(is_left(1).await, "two weeks after it was read");
    assert_eq!(market.look(None).await.entries[0].submission, unread.submission);
    market.advance(Span::hours(50));
    assert!(is_left(0).await, "two weeks after it lapsed");
}

#[tokio::test]
async fn nothing_that_the_agent_keeps_says_who_ordered() {
    let market = with_mailbox().await;
    let sold = market.sell().await;
    market.deposit(&sold).await.unwrap();
    let classes: Vec<_> =
        market.look(None).await.entries.iter().map(|e| e.submission.order.size()).collect();
    assert_eq!(classes, [1024], "one of four sizes");
    let mut searched = 0;
    for (place, bytes) in crate::sessions::kept(market.folder.path()) {
        searched += bytes.len();
        for canary in [CANARY, "canary@example.jp", "0312345678"] {
            let found = bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
            assert!(!found, "{canary} in {place}");
        }
    }
    assert!(searched > 10_000, "only {searched} bytes");
}

#[tokio::test]
async fn a_picture_is_taken_and_shown_as_the_signed_offer_names_it() {
    let market = with_mailbox().await;
    let picture = include_bytes!("../../../docs/demo.png").to_vec();
    let put = async |path: &str, bytes: &[u8]| {
        let sent = market.http.put(market.url(path)).body(bytes.to_vec());
        let sent = sent.header("content-type", "application/octet-stream").send().await.unwrap();
        crate::market::answer(sent).await.map(drop)
    };
    let path = "/v1/offers/mrc_tea/TEAPOT-01/picture";
    assert_eq!(put(path, &picture).await, Err(Problem::UnknownItem), "no Offer is here");
    let mut offer = market.merchant.teapot(market.now());
    offer.image = None;
    market.publish(&offer, &market.merchant.key).await.unwrap();
    assert_eq!(put(path, &picture).await, Err(Problem::OfferInvalid), "it names none");
    let name = Picture::read(picture.clone()).unwrap().name();
    offer.image = Some(format!("/v1/pictures/{name}"));
    offer.issued = offer.issued.plus(Span::millis(1));
    market.publish(&offer, &market.merchant.key).await.unwrap();
    let other = [&picture[..], b" "].concat();
    assert_eq!(put(path, &other).await, Err(Problem::OfferInvalid), "it names another");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
    assert_eq!(put(path, svg).await, Err(Problem::MalformedMessage));
    assert_eq!(put(path, &vec![0; 205_000]).await, Err(Problem::MessageTooLarge));
    let shown = format!("/v1/pictures/{name}");
    let get = async || market.http.get(market.url(&shown)).send().await.unwrap();
    assert_eq!(get().await.status(), 404, "it is not here yet");
    put(path, &picture).await.unwrap();
    put(path, &picture).await.unwrap();
    let answer = get().await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(header("cache-control").contains("immutable"));
    assert_eq!(answer.bytes().await.unwrap(), picture);
}

#[tokio::test]
async fn the_newest_offer_of_the_sellers_own_is_shown() {
    let market = with_mailbox().await;
    let market = &market;
    let get = async || {
        let url = market.url("/v1/offers/mrc_tea/TEAPOT-01");
        crate::market::answer(market.http.get(url).send().await.unwrap()).await
    };
    assert_eq!(get().await, Err(Problem::UnknownItem));
    let first = market.merchant.teapot(market.now());
    let key = &market.merchant.key;
    market.publish(&first, key).await.unwrap();
    market.publish(&first, key).await.unwrap();
    let mut dearer = first.clone();
    dearer.unit_price = yen(3400);
    let sold = market.publish(&dearer, key).await;
    assert_eq!(sold, Err(Problem::OfferInvalid), "as old, and another");
    dearer.issued = dearer.issued.plus(Span::millis(1));
    assert_eq!(market.publish(&dearer, &Key::random()).await, Err(Problem::OfferInvalid));
    market.publish(&dearer, key).await.unwrap();
    assert_eq!(get().await.unwrap(), encode(&Signed::sign(&dearer, key)));
    let replayed = market.publish(&first, key).await;
    assert_eq!(replayed, Err(Problem::OfferInvalid), "an older one again");
    market.advance(Span::hours(25));
    assert_eq!(get().await, Err(Problem::OfferExpired));
}

const CANARY: &str = "canary-of-the-order-half";
