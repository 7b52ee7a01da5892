//! The configurations of this system, played with real servers in a real browser.

mod by_hand;
mod market;
mod stand;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::Value;

use super::{
    PURCHASES, Party, Played, Purchase, Shopper,
    misuse::{Tries, Try},
    model::learned,
};
use crate::{
    Browser, Result, Widget, account, authenticator::Authenticator, effort::Effort, seller,
};
use market::{CONTRACT_MAIL, Market};
use stand::Stand;

/// One way in which it can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configuration {
    /// Fig 2, contract number and code; the shopper says yes by mail.
    Direct,
    /// Fig 2, by passkey.
    DirectByPasskey,
    /// Fig 1, contract number and code.
    Relay,
    /// Fig 3: the agent is a bank and sends the money to the sellers' accounts.
    Transfer,
    /// ¶79–80: the sellers have no site, and sell in another's page.
    Window,
    /// Fig 14: the shops have no server of ours; an ordinary form brings the order.
    Form,
    /// ¶18–22 as a service of the agent: a number is given out at its page and read out.
    ByHand,
}

/// A market with a shopper in it.
struct Play<'a> {
    how: Configuration,
    market: &'a Market,
    browser: &'a Browser,
    shopper: &'a Shopper,
    /// What came to somebody past all wires: spoken, opened with a key, told by a frame.
    told: BTreeMap<Party, Vec<u8>>,
    dealt: BTreeSet<Party>,
    typed: usize,
    acts: usize,
    tries: Tries,
}

impl Configuration {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Direct,
        Self::DirectByPasskey,
        Self::Relay,
        Self::Transfer,
        Self::Window,
        Self::Form,
        Self::ByHand,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Direct => "Warifu, direct, by contract number",
            Self::DirectByPasskey => "Warifu, direct, by passkey",
            Self::Relay => "Warifu, through a relay, by contract number",
            Self::Transfer => "Warifu, the agent a bank, by transfer",
            Self::Window => "Warifu, in a borrowed window, by contract number",
            Self::Form => "Warifu, shops without a server of ours, by contract number",
            Self::ByHand => "Warifu, by hand: a number that is read out",
        }
    }

    /// Does the purchases, then what a dishonest seller would.
    ///
    /// # Errors
    /// What stopped a purchase.
    pub async fn play(self) -> Result<Played> {
        let (browser, shopper) = (Browser::open().await?, Shopper::random());
        let market = Market::open(self, &shopper).await?;
        // As everywhere: who has a contract has it, and is signed in where that is of use.
        let device = match self {
            Self::DirectByPasskey => Some(Authenticator::into_window(&browser).await?),
            _ => None,
        };
        if matches!(self, Self::DirectByPasskey | Self::ByHand) {
            account::sign_in(&market.shop, &browser, CONTRACT_MAIL).await?;
        }
        if device.is_some() {
            account::register_passkey(&market.shop, &browser).await?;
        }
        let mut play = Play {
            how: self,
            market: &market,
            browser: &browser,
            shopper: &shopper,
            told: BTreeMap::new(),
            dealt: BTreeSet::new(),
            typed: 0,
            acts: 0,
            tries: Tries::default(),
        };
        for purchase in &PURCHASES {
            play.buy(purchase).await.with_context(|| format!("{self:?}: {purchase:?}"))?;
        }
        let Play { told, dealt, typed, acts, tries, .. } = play;
        browser.close().await?;
        let learned = learned(&market.received(told)?, &shopper);
        let Tries { made, passed, charged } = tries;
        let (tries, done, dealt) = ((passed, made), PURCHASES.len(), dealt.len());
        Ok(Played { system: self.name(), done, learned, charged, tries, typed, dealt, acts })
    }

    fn is_by_mail(self) -> bool {
        !matches!(self, Self::DirectByPasskey | Self::ByHand)
    }
}

impl Play<'_> {
    /// One purchase, until the seller has its money or may claim it, and what comes after it.
    async fn buy(&mut self, purchase: &Purchase) -> Result {
        let (market, stand) = (self.market, self.market.stand(purchase.seller));
        let letters = market.shop.post.letters()?.len();
        self.dealt.insert(Party::Seller);
        match self.how {
            Configuration::ByHand => self.buy_by_hand(stand, purchase).await?,
            _ => self.order(stand, purchase).await?,
        }
        if self.how == Configuration::Window {
            // The seller takes the order up before anybody is asked.
            let opened = stand.open_mailbox()?;
            self.told.entry(Party::Seller).or_default().extend(opened);
        }
        if self.how.is_by_mail() {
            let link = market.shop.post.wait_for(letters + 1).await?.confirm_link()?;
            self.say_yes(&link).await?;
        }
        let order = stand.order(&market.shop)?;
        self.misuse(purchase, &order).await
    }

    /// In the widget on the seller's page, or on its host's.
    async fn order(&mut self, stand: &Stand, purchase: &Purchase) -> Result {
        let page = stand.show(&self.market.shop, purchase.item);
        self.browser.leave_frames().await?;
        self.browser.driver.goto(&page).await?;
        let widget = Widget::enter(self.browser).await?;
        widget.wait_alive().await?;
        widget.wait_for("product").await?;
        // A last press is counted past its page, which may be gone.
        self.browser.script::<()>("delete sessionStorage.effort").await?;
        Effort::watch(self.browser).await?;
        widget.press("order").await?;
        widget.wait_for("details").await?;
        let mut form = self.shopper.order(purchase);
        if self.how != Configuration::DirectByPasskey {
            form.extend(self.shopper.payment());
        }
        for (name, value) in form {
            widget.fill(name, value).await?;
        }
        if self.how == Configuration::Transfer {
            let transfer = "[name='payment.method'][value=bank-transfer]";
            widget.find(transfer).await?.click().await?;
        }
        widget.press("review").await?;
        widget.wait_for("final-check").await?;
        self.count().await?;
        let last = match self.how {
            Configuration::DirectByPasskey => "pay-with-passkey",
            _ => "place-order",
        };
        widget.press(last).await?;
        // The last press, and the gesture for a passkey.
        self.acts += 1 + usize::from(self.how == Configuration::DirectByPasskey);
        match stand {
            Stand::Form(shop) => drop(shop.thanked(self.browser).await?),
            _ => widget.wait_for("thanks").await?,
        }
        if self.how == Configuration::Window {
            self.browser.leave_frames().await?;
            let told: String = self.browser.script("return JSON.stringify(told)").await?;
            self.told.entry(Party::Host).or_default().extend(told.bytes());
        }
        Ok(())
    }

    /// Adds what the shopper's hand did in this widget or page.
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
    async fn misuse(&mut self, purchase: &Purchase, order: &Value) -> Result {
        let (own, other) = self.market.folders(purchase.seller);
        let agent = self.market.shop.agent.url.as_str();
        match self.how {
            Configuration::Transfer => self.market.wait_for_money(purchase.seller, order).await?,
            _ => {
                let paid = seller::claim(agent, &own, order, "price", purchase.price).await?;
                let paid = paid.context("the seller's own claim was refused")?;
                anyhow::ensure!(paid == purchase.price, "claimed {paid}, not {}", purchase.price);
            }
        }
        for what in Try::ALL {
            let by = if what == Try::ByThief { &other } else { &own };
            let name = format!("{what:?}");
            let asked = what.asks(purchase.price);
            let now = seller::claim(agent, by, order, &name, asked).await?;
            self.tries.note(now.map_or(0, |claimed| claimed - purchase.price));
        }
        Ok(())
    }
}
