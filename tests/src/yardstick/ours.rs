//! The configurations of this system, played with real servers in a real browser.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use super::{
    PURCHASES, Party, Played, Purchase, Seller, Shopper,
    misuse::{Tries, Try},
    model::learned,
    opened,
};
use crate::{
    Browser, Result, Shop, Widget, account,
    authenticator::Authenticator,
    effort::Effort,
    merchant::{Merchant, POTTERY, TEA},
    relay::{Relay, wire},
    seller,
    shop::Start,
};

/// One way in which it can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configuration {
    /// Fig 2, contract number and code; the shopper says yes by mail.
    Direct,
    /// Fig 2, by passkey.
    DirectByPasskey,
    /// Fig 1, contract number and code.
    Relay,
}

/// A market with a shopper in it.
struct Play<'a> {
    shop: &'a Shop,
    pottery: &'a Merchant,
    browser: &'a Browser,
    shopper: &'a Shopper,
    dealt: BTreeSet<Party>,
    typed: usize,
    acts: usize,
    tries: Tries,
}

impl Configuration {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Direct, Self::DirectByPasskey, Self::Relay];

    fn name(self) -> &'static str {
        match self {
            Self::Direct => "Warifu, direct, by contract number",
            Self::DirectByPasskey => "Warifu, direct, by passkey",
            Self::Relay => "Warifu, through a relay, by contract number",
        }
    }

    /// Does the purchases, then what a dishonest seller would.
    ///
    /// # Errors
    /// What stopped a purchase.
    pub async fn play(self) -> Result<Played> {
        let shop = Shop::start_as(Start::Plain).await?;
        let pottery = shop.open_beside(&POTTERY).await?;
        let relays = match self {
            Self::Relay => vec![
                Relay::open(&shop, false).await?,
                Relay::of(&shop, (POTTERY.id, &pottery.server.url), "second-relay", false).await?,
            ],
            Self::Direct | Self::DirectByPasskey => Vec::new(),
        };
        let (browser, shopper) = (Browser::open().await?, Shopper::random());
        add_contract(&shop, &shopper)?;
        let _device = if self == Self::DirectByPasskey {
            let device = Authenticator::into_window(&browser).await?;
            account::sign_in(&shop, &browser, CONTRACT_MAIL).await?;
            account::register_passkey(&shop, &browser).await?;
            Some(device)
        } else {
            None
        };
        let mut play = Play {
            shop: &shop,
            pottery: &pottery,
            browser: &browser,
            shopper: &shopper,
            dealt: BTreeSet::new(),
            typed: 0,
            acts: 0,
            tries: Tries::default(),
        };
        for purchase in &PURCHASES {
            play.buy(self, purchase).await?;
            play.misuse(purchase).await?;
        }
        let Play { dealt, typed, acts, tries, .. } = play;
        browser.close().await?;
        let mut received = received(&shop, &pottery)?;
        for relay in &relays {
            let all = [relay.memory()?, wire(&relay.tap.kept()).map(|(_, bytes)| bytes).concat()];
            received.entry(Party::Relay).or_default().extend(all.concat());
        }
        let (learned, dealt) = (learned(&received, &shopper), dealt.len());
        let Tries { made, passed, charged } = tries;
        let (tries, done) = ((passed, made), PURCHASES.len());
        Ok(Played { system: self.name(), done, learned, charged, tries, typed, dealt, acts })
    }
}

impl Play<'_> {
    async fn buy(&mut self, how: Configuration, purchase: &Purchase) -> Result {
        let (merchant, host) = match purchase.seller {
            Seller::Tea => (TEA.id, &self.shop.host),
            Seller::Pottery => (POTTERY.id, &self.pottery.host),
        };
        host.show_widget(merchant, &self.shop.agent.url, purchase.item);
        self.browser.leave_frames().await?;
        self.browser.driver.goto(&host.url).await?;
        self.dealt.insert(Party::Seller);
        let widget = Widget::enter(self.browser).await?;
        widget.wait_alive().await?;
        widget.wait_for("product").await?;
        Effort::watch(self.browser).await?;
        widget.press("order").await?;
        widget.wait_for("details").await?;
        let mut form = self.shopper.order(purchase);
        if how != Configuration::DirectByPasskey {
            form.extend(self.shopper.payment());
        }
        for (name, value) in form {
            widget.fill(name, value).await?;
        }
        widget.press("review").await?;
        widget.wait_for("final-check").await?;
        let letters = self.shop.post.letters()?.len();
        if how == Configuration::DirectByPasskey {
            widget.press("pay-with-passkey").await?;
            widget.wait_for("thanks").await?;
            // The gesture that the browser asks for.
            self.acts += 1;
            return self.count().await;
        }
        widget.press("place-order").await?;
        widget.wait_for("thanks").await?;
        self.count().await?;
        let link = self.shop.post.wait_for(letters + 1).await?.confirm_link()?;
        self.say_yes(&link).await
    }

    /// Adds what the shopper's hand did in this widget.
    async fn count(&mut self) -> Result {
        let Effort { fields, presses } = Effort::so_far(self.browser).await?;
        self.typed += fields.len();
        self.acts += presses.len();
        self.browser.script::<()>("delete sessionStorage.effort").await
    }

    /// Opens the letter's link and agrees.
    async fn say_yes(&mut self, link: &str) -> Result {
        self.browser.leave_frames().await?;
        self.browser.driver.goto(link).await?;
        account::press(self.browser, "button[name=decision][value=ok]").await?;
        // Before the agent has heard it, the seller's claim is refused.
        let answered = "return !document.querySelector('[name=decision]')";
        account::wait_for(self.browser, answered).await?;
        self.dealt.insert(Party::Agent);
        self.acts += 2;
        Ok(())
    }

    /// What the seller, and a thief with another seller's contract, say to the agent.
    async fn misuse(&mut self, purchase: &Purchase) -> Result {
        let (tea, pottery) = (self.shop.folder(TEA.folder), self.shop.folder(POTTERY.folder));
        let list = ["orders", "list", "--json"];
        let (own, other, orders) = match purchase.seller {
            Seller::Tea => (tea, pottery, self.shop.merchant_cli(&list)?),
            Seller::Pottery => (pottery, tea, self.pottery.cli(&list)?),
        };
        let order = orders[0].clone();
        let agent = self.shop.agent.url.as_str();
        let paid = seller::claim(agent, &own, &order, "price", purchase.price).await?;
        let paid = paid.context("the seller's own claim was refused")?;
        anyhow::ensure!(paid == purchase.price, "claimed {paid}, not {}", purchase.price);
        for what in Try::ALL {
            let by = if what == Try::ByThief { &other } else { &own };
            let name = format!("{what:?}");
            let asked = what.asks(purchase.price);
            let now = seller::claim(agent, by, &order, &name, asked).await?;
            self.tries.note(now.map_or(0, |claimed| claimed - purchase.price));
        }
        Ok(())
    }
}

/// What reached whom, was opened, stored, answered and logged there.
fn received(shop: &Shop, pottery: &Merchant) -> Result<BTreeMap<Party, Vec<u8>>> {
    let all = |everything: Vec<(String, Vec<u8>)>| {
        everything.into_iter().flat_map(|(_, bytes)| bytes).collect::<Vec<_>>()
    };
    let mut sellers = all(shop.everything("merchant-server")?);
    let kept = pottery.tap.kept();
    sellers.extend([kept.received.concat(), kept.answered.concat()].concat());
    sellers.extend(all(shop.files(POTTERY.folder)?));
    let mut agent = all(shop.everything("agent-server")?);
    let folder = shop.folder("agent-server");
    agent.extend(opened::credentials(&shop.agent_tap.kept().received, &folder)?);
    Ok(BTreeMap::from([(Party::Seller, sellers), (Party::Agent, agent)]))
}

fn add_contract(shop: &Shop, shopper: &Shopper) -> Result {
    let number = shopper.value("payment.contract_number");
    let code = shopper.value("payment.code");
    let contract = ["contracts", "add", "--number", number, "--code", code, "--limit", "100000"];
    let owner = ["--currency", "JPY", "--email", CONTRACT_MAIL, "--locale", "ja", "--json"];
    shop.agent_cli(&[&contract[..], &owner].concat())?;
    Ok(())
}

/// Where the agent writes to: from the contract, not from the purchase.
const CONTRACT_MAIL: &str = "contract@agent.example";
