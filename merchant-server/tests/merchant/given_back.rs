//! What an order had taken comes back to the stock once, and only what has not gone: whatever
//! happens to it, in whatever order, with words that are lost, said again or refused.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use merchant_server::domain::{Order, Parcel, Step};
use merchant_server::driver::{Unsaid, settle, ship};
use merchant_server::keys::Keyring;
use shared_protocol::{
    Amount, Channel, Digest, Grant, Outcome, PurchaseId, PurchaseState, Receipt, Settlement,
    SettlementEvent, ShippingNotice, Signed, Timestamp, Void, decode, encode,
};

use crate::market::{Market, form};

/// An agent that books words of what is not over, unless it is silent.
#[derive(Clone, Default)]
struct Books {
    over: Arc<Mutex<BTreeSet<String>>>,
    is_silent: Arc<Mutex<bool>>,
}

impl Books {
    fn answer(&self, keys: &Keyring, said: &[u8]) -> (u16, Vec<u8>) {
        if *self.is_silent.lock().unwrap() {
            return (503, Vec::new());
        }
        let void = decode::<Signed<Void>>(said).unwrap();
        if let (word, Ok(void)) = (void.digest(), void.claimed()) {
            let key = format!("{} {}", void.purchase, void.void.as_str());
            let mut over = self.over.lock().unwrap();
            if over.contains(&void.purchase.to_string()) && !over.contains(&key) {
                return closed();
            }
            over.extend([void.purchase.to_string(), key]);
            let event = SettlementEvent::Voided(void.amount);
            let sums = Settlement::of(void.amount).apply(event).unwrap();
            let parties = (void.agent, void.merchant, void.purchase, void.voided);
            return (200, receipt(keys, parties, word, sums));
        }
        let notice: Signed<ShippingNotice> = decode(said).unwrap();
        let (word, notice) = (notice.digest(), notice.claimed().unwrap());
        let key = format!("{} {}", notice.purchase, notice.shipment.as_str());
        let mut over = self.over.lock().unwrap();
        if over.contains(&notice.purchase.to_string()) && !over.contains(&key) {
            return closed();
        }
        over.insert(key);
        let sums = Settlement::of(Amount { minor: 1, currency: shared_protocol::Currency::JPY });
        let parties = (notice.agent, notice.merchant, notice.purchase, notice.shipped);
        (200, receipt(keys, parties, word, sums))
    }
}

fn closed() -> (u16, Vec<u8>) {
    let document = serde_json::json!({ "code": "purchase_closed", "status": 409 });
    (409, document.to_string().into_bytes())
}

type Parties = (shared_protocol::AgentId, shared_protocol::MerchantId, PurchaseId, Timestamp);

fn receipt(keys: &Keyring, of: Parties, word: Digest, sums: Settlement) -> Vec<u8> {
    let (agent, merchant, purchase, booked) = of;
    let receipt = Receipt {
        agent,
        merchant,
        purchase,
        word,
        standing: sums.state(),
        granted: sums.granted(),
        claimed: sums.claimed(),
        voided: sums.voided(),
        refunded: sums.refunded(),
        entry: 1,
        journal: Digest::new([1; 32]),
        booked,
    };
    encode(&Signed::sign(&receipt, keys))
}

/// What can happen to an order of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    /// One goes, under a name of its own; its name is said again if that was in vain before.
    Ships,
    /// One goes, and the agent is silent.
    ShipsUnheard,
    /// All is let go; the same again is the same.
    LetsGo,
    /// The same, and the agent is silent.
    LetsGoUnheard,
    /// The bank's money comes back.
    ComesBack,
    /// The shopper's yes, once more.
    Confirmed,
}

use Happens::{ComesBack, Confirmed, LetsGo, LetsGoUnheard, Ships, ShipsUnheard};

const ALL: [Happens; 6] = [Ships, ShipsUnheard, LetsGo, LetsGoUnheard, ComesBack, Confirmed];

struct Shop {
    market: Market,
    books: Books,
}

impl Shop {
    async fn open() -> Self {
        let market = Market::start().await;
        let books = Books::default();
        let keys = Keyring::load(&market.folder.path().join("agent-keys")).unwrap();
        let agent = books.clone();
        market.agent.will_book(move |said| agent.answer(&keys, said));
        Self { market, books }
    }

    /// Three teapots, confirmed.
    async fn sold(&self) -> (Order, Grant) {
        let three = shared_protocol::Form { quantity: 3, ..form() };
        let attempt = self.market.prepare_form("TEAPOT-01", three).await;
        let grant = self.market.grant(&attempt);
        let answer = self.market.submit(&attempt, self.market.signed(&grant)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.market.tell(&grant, Outcome::Confirmed).await;
        (self.market.order(attempt.purchase).await.unwrap(), grant)
    }

    async fn ships(&self, order: &Order, name: &str) {
        let app = &self.market.running().app;
        let parcel = Parcel::new(1, "", "");
        // Whether it can go, the agent says, or the shop itself.
        let _: Result<_, Unsaid> = ship(app, order, &name.parse().unwrap(), &parcel).await;
    }

    async fn happens(&self, what: Happens, (order, grant): (&Order, &Grant), at: usize) {
        let app = &self.market.running().app;
        let is_unheard = matches!(what, ShipsUnheard | LetsGoUnheard);
        *self.books.is_silent.lock().unwrap() = is_unheard;
        match what {
            Ships | ShipsUnheard => self.ships(order, &format!("S-{at}")).await,
            LetsGo | LetsGoUnheard => {
                let whole = order.deal.as_ref().unwrap().amount;
                let name = "V-1".parse().unwrap();
                let _: Result<_, Unsaid> = settle(app, order, &name, &Step::Void(whole)).await;
            }
            ComesBack => {
                let said = self.market.agent.confirmation(grant, Outcome::Cancelled, order.created);
                let said = shared_protocol::Confirmation { channel: Channel::Bank, ..said };
                let said = Signed::sign(&said, &self.market.agent.keys);
                self.books.over.lock().unwrap().insert(order.purchase.to_string());
                self.market.notify("purchase.cancelled", order.purchase, Some(&said)).await;
            }
            Confirmed => {
                self.market.tell(grant, Outcome::Confirmed).await;
            }
        }
        *self.books.is_silent.lock().unwrap() = false;
    }

    /// How many this order holds of the stock: all it took, or what has gone of it.
    async fn holds(&self, order: &Order) -> u32 {
        let store = self.market.running().app.store();
        let now = self.market.order(order.purchase).await.unwrap();
        let parcels = store.parcels(order.id).await.unwrap();
        match now.state {
            PurchaseState::Confirmed => 3,
            PurchaseState::Cancelled => parcels.iter().map(|(_, parcel)| parcel.quantity).sum(),
            other => panic!("{other:?}"),
        }
    }

    async fn taken(&self) -> u32 {
        let item = "TEAPOT-01".parse().unwrap();
        self.market.running().app.store().stock_taken(&item).await.unwrap()
    }
}

#[tokio::test]
async fn whatever_happens_what_has_not_gone_comes_back_once() {
    let shop = Shop::open().await;
    let mut before = 0;
    let orders = ALL.iter().flat_map(|a| ALL.iter().flat_map(move |b| ALL.map(|c| [*a, *b, c])));
    for happens in orders {
        let (order, grant) = shop.sold().await;
        for (at, what) in happens.into_iter().enumerate() {
            shop.happens(what, (&order, &grant), at).await;
            let held = shop.holds(&order).await;
            assert_eq!(shop.taken().await - before, held, "{happens:?} up to {at}");
        }
        // What was unheard is said again, and heard.
        for (at, what) in happens.into_iter().enumerate() {
            match what {
                ShipsUnheard => shop.ships(&order, &format!("S-{at}")).await,
                LetsGoUnheard => shop.happens(LetsGo, (&order, &grant), at).await,
                Ships | LetsGo | ComesBack | Confirmed => {}
            }
        }
        let held = shop.holds(&order).await;
        assert_eq!(shop.taken().await - before, held, "{happens:?}, all heard");
        before += held;
    }
}

#[tokio::test]
async fn a_whole_void_gives_everything_back_and_what_went_stays_gone() {
    let shop = Shop::open().await;
    for (happens, left) in [
        (vec![LetsGo], 0),
        (vec![LetsGo, LetsGo, LetsGo], 0),
        (vec![LetsGoUnheard, LetsGo], 0),
        (vec![Ships, Ships, LetsGo, LetsGo], 2),
        (vec![ShipsUnheard, LetsGo], 1),
        (vec![LetsGo, Ships, ComesBack], 0),
        (vec![Ships, ComesBack, LetsGo], 1),
    ] {
        let before = shop.taken().await;
        let (order, grant) = shop.sold().await;
        for (at, what) in happens.iter().enumerate() {
            shop.happens(*what, (&order, &grant), at).await;
        }
        assert_eq!(shop.taken().await - before, left, "{happens:?}");
    }
}
