//! By hand: the shopper gets a number for this shop and this amount at the agent's page, and reads
//! it out with the order. What is said on the telephone reaches the seller as words.

use super::{Play, stand::Stand};
use crate::{
    OwnPages, Result, account,
    effort::Effort,
    merchant::{POTTERY, TEA},
    yardstick::{Party, Purchase, Seller},
};

impl Play<'_> {
    pub(super) async fn buy_by_hand(&mut self, stand: &Stand, purchase: &Purchase) -> Result {
        // The seller says what it costs, as in (5), steps b and c.
        self.acts += 1;
        let number = self.number(purchase).await?;
        // The order, said or written: as many answers as the seller's own form has fields.
        let order = self.shopper.order(purchase);
        self.typed += order.len() + 1;
        self.acts += 1;
        let spoken = order.iter().map(|(_, value)| *value).chain([purchase.item, &number]);
        let spoken = spoken.collect::<Vec<_>>().join("\n");
        self.told.entry(Party::Seller).or_default().extend(spoken.bytes());
        let (amount, reference) = (purchase.price.to_string(), format!("TEL-{}", self.tries.made));
        let redeem = ["by-hand", "redeem", &number, "--amount", &amount];
        let named = ["--order-ref", &reference, "--json"];
        let taken = stand.cli(&self.market.shop, &[&redeem[..], &named].concat())?;
        anyhow::ensure!(taken["state"] == "confirmed", "{taken}");
        Ok(())
    }

    /// At the agent's page.
    async fn number(&mut self, purchase: &Purchase) -> Result<String> {
        let pages = OwnPages::new(&self.market.shop, self.browser);
        pages.open("/me/by-hand").await?;
        pages.wait_for("by-hand").await?;
        Effort::watch(self.browser).await?;
        self.dealt.insert(Party::Agent);
        self.acts += 1;
        let seller = match purchase.seller {
            Seller::Tea => TEA.id,
            Seller::Pottery => POTTERY.id,
        };
        account::press(self.browser, &format!("#merchant option[value={seller}]")).await?;
        let (amount, code) = (purchase.price.to_string(), self.shopper.value("payment.code"));
        pages.send(&[("amount", &amount), ("code", code)]).await?;
        pages.wait_for("purchase").await?;
        self.count().await?;
        pages.text("[data-test=\"by-hand\"] .num").await
    }
}
