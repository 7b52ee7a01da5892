//! What the operator and the bank do at night: shops are paid by files, shoppers pay their bills,
//! notices are read twice, late and out of order, and lines that nobody knows find their place.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use shared_protocol::HandlingNumber;
use sqlx::Row as _;
use tempfile::TempDir;
use whole_system::{
    Result, Shop,
    bank::{Line, notice, payments},
    dice::Dice,
    passkey::sign_in,
    server::Server,
};

use super::{
    town::{Town, address},
    trade::{Sale, Step, number},
    wish::Payer,
};

/// The bank, and what was filed with it.
pub struct Bank {
    folder: TempDir,
    dice: Dice,
    /// Each payout that was filed, with its amount.
    pub paid: BTreeMap<i64, u64>,
    /// Payouts that the agent has heard of since last night.
    gone: Vec<i64>,
    /// Payouts that a shop's bank has sent back.
    pub sent_back: BTreeSet<i64>,
    /// What all notices together have said.
    pub account: i64,
    bills: BTreeMap<String, i64>,
    held_back: Option<(String, Vec<Line>)>,
    messages: u32,
    /// How many lines were parked, and how many were known.
    pub odd: (u64, u64),
}

impl Bank {
    pub fn open(dice: Dice) -> Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
            dice,
            paid: BTreeMap::new(),
            gone: Vec::new(),
            sent_back: BTreeSet::new(),
            account: 0,
            bills: BTreeMap::new(),
            held_back: None,
            messages: 0,
            odd: (0, 0),
        })
    }

    /// One night. `all`: every open bill is paid, and no notice is held back.
    pub async fn night(&mut self, town: &Town, all: bool) -> Result {
        let mut lines = self.carry_out(town).await?;
        lines.extend(self.take_in(town, all).await?);
        if !all {
            lines.extend(self.send_back()?);
        }
        let is_odd = !all && self.dice.percent(25);
        if is_odd {
            lines.extend(self.odd_lines());
        }
        self.messages += 1;
        let message = format!("N-{}", self.messages);
        let mut notices = Vec::new();
        if !all && self.held_back.is_none() && self.dice.percent(25) {
            self.held_back = Some((message, lines));
        } else {
            notices.push((message, lines));
            // The older one after the newer.
            notices.extend(self.held_back.take());
        }
        for (message, lines) in notices {
            self.tell(town, &message, &lines).await?;
        }
        self.pay_again(town, all).await?;
        self.resolve(town).await?;
        town.quiet().await?;
        if town.resend().await? > 0 {
            town.quiet().await?;
        }
        Ok(())
    }

    /// Files with payouts until there is nothing left to be filed; each pays at once.
    async fn carry_out(&mut self, town: &Town) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        loop {
            let mut filed = 0;
            for format in ["zengin", "pain001"] {
                let file = self.folder.path().join(format!("{}.out", self.paid.len()));
                let out = file.to_str().context("a plain name")?;
                let typed = ["files", "payouts", "--format", format, "--out", out, "--json"];
                let said = town.agent_cli(&typed).await?;
                if said["payments"] == 0 {
                    continue;
                }
                let found = payments(&fs::read(&file)?)?;
                let sum: u64 = found.values().sum();
                ensure!(said["minor"] == sum && said["payments"] == found.len(), "{said}: {sum}");
                filed += found.len();
                for (row, minor) in found {
                    let twice = self.paid.insert(row, minor);
                    ensure!(twice.is_none(), "payout {row} was filed before");
                    let minor = -i64::try_from(minor)?;
                    lines.push(Line {
                        key: format!("P{row}"),
                        minor,
                        told: format!("PAYOUT-{row}"),
                    });
                }
            }
            if filed == 0 {
                return Ok(lines);
            }
        }
    }

    /// Shops' banks send some payouts back, each at most once.
    fn send_back(&mut self) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        for row in std::mem::take(&mut self.gone) {
            if !self.dice.percent(25) {
                continue;
            }
            self.sent_back.insert(row);
            let minor = i64::try_from(self.paid[&row])?;
            lines.push(Line { key: format!("R{row}"), minor, told: format!("PAYOUT-{row}") });
        }
        Ok(lines)
    }

    /// The operator has asked the shops whose payouts came back: some answer at once.
    async fn pay_again(&mut self, town: &Town, all: bool) -> Result {
        let said = town.agent_cli(&["files", "returned", "--limit", "1000", "--json"]).await?;
        for back in said["returned"].as_array().context("a list")? {
            if back["held"] == true && (all || self.dice.percent(50)) {
                let row = back["payout"].as_str().context("a row")?;
                town.agent_cli(&["files", "pay-again", row, "--json"]).await?;
            }
        }
        Ok(())
    }

    /// Shoppers pay some of their bills; what they are owed is paid back.
    async fn take_in(&mut self, town: &Town, all: bool) -> Result<Vec<Line>> {
        let rows = sqlx::query(
            "SELECT p.handling_number, b.number, b.amount FROM bills b
             JOIN purchases p ON p.id = b.purchase WHERE b.payment IS NULL
             ORDER BY b.entry",
        );
        let mut lines = Vec::new();
        for row in rows.fetch_all(&town.books).await? {
            let (of, bill): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            let minor: i64 = row.try_get(2)?;
            let told = format!("BILL-{of}-{bill}");
            if self.bills.contains_key(&told) || !(all || self.dice.percent(70)) {
                continue;
            }
            self.bills.insert(told.clone(), minor);
            // Some pay in two parts.
            let part = if minor > 1 && self.dice.percent(20) { minor / 2 } else { 0 };
            if part > 0 {
                lines.push(Line { key: format!("{told}-part"), minor: part, told: told.clone() });
            }
            lines.push(Line { key: told.clone(), minor: minor - part, told });
        }
        Ok(lines)
    }

    /// A charge of the bank's, and a deposit that is taken back the same day.
    fn odd_lines(&self) -> [Line; 3] {
        let line = |name: &str, minor, told: &str| {
            let key = format!("{name}{}", self.messages);
            Line { key, minor, told: told.into() }
        };
        [
            line("CHARGE", -330, "monthly charge"),
            line("WRONG", 4321, "BILL-00000000000G-1"),
            line("BACK", -4321, "by mistake"),
        ]
    }

    /// Sends a notice; some come twice, and some lines in two of them.
    async fn tell(&mut self, town: &Town, message: &str, lines: &[Line]) -> Result {
        let said = self.read(town, message, lines).await?;
        let count = |name: &str| said[name].as_u64().unwrap_or_default();
        let sum = count("bills") + count("payouts") + count("returns") + count("parked");
        ensure!(sum == lines.len() as u64 && count("known") == 0, "{said} of {}", lines.len());
        self.odd.0 += count("parked");
        self.account += lines.iter().map(|line| line.minor).sum::<i64>();
        let went = lines.iter().filter(|line| line.minor < 0);
        let rows = went.filter_map(|line| line.told.strip_prefix("PAYOUT-"));
        self.gone.extend(rows.filter_map(|row| row.parse::<i64>().ok()));
        if self.dice.percent(30) {
            let again = self.read(town, message, lines).await;
            ensure!(again.is_err(), "a notice was read twice: {again:?}");
        }
        if self.dice.percent(30) {
            let said = self.read(town, &format!("{message}-again"), lines).await?;
            ensure!(said["known"] == lines.len(), "{said} of {}", lines.len());
            self.odd.1 += lines.len() as u64;
        }
        Ok(())
    }

    async fn read(&self, town: &Town, message: &str, lines: &[Line]) -> Result<Value> {
        let file = self.folder.path().join("notice.xml");
        fs::write(&file, notice(message, lines))?;
        let file = file.to_str().context("a plain name")?;
        town.agent_cli(&["files", "statement", file, "--json"]).await
    }

    /// The operator finds out what parked lines are.
    async fn resolve(&self, town: &Town) -> Result {
        let said = town.agent_cli(&["files", "parked", "--json"]).await?;
        let parked = said["parked"].as_array().context("a list")?;
        let row = |line: &Value| line["line"].as_str().unwrap_or_default().to_owned();
        let starts = |line: &Value, with: &str| {
            line["bank"].as_str().is_some_and(|name| name.starts_with(with))
        };
        for line in parked {
            if starts(line, "CHARGE") {
                town.agent_cli(&["files", "resolve", &row(line), "--charge", "--json"]).await?;
            } else if starts(line, "WRONG") {
                let name = line["bank"].as_str().unwrap_or_default().replace("WRONG", "BACK");
                let other = parked.iter().find(|other| other["bank"] == name.as_str());
                let other = row(other.context("the other half")?);
                let typed = ["files", "resolve", &row(line), "--against", &other, "--json"];
                town.agent_cli(&typed).await?;
            } else {
                ensure!(starts(line, "BACK"), "{line}");
            }
        }
        Ok(())
    }
}

impl Town {
    /// The rest of the day passes: what lapses has lapsed, and the next day is settled; now and
    /// then the agent is killed over it.
    pub async fn sleep(&self, agent: &mut Server, days: u64, killed: Option<u64>) -> Result {
        self.quiet().await?;
        self.time.advance(20 * 60).await?;
        const GRANTED: &str = "SELECT COUNT(*) FROM purchases WHERE state = 'granted'";
        for _ in 0..2_400 {
            if self.count(GRANTED).await? == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        ensure!(self.count(GRANTED).await? == 0, "a Grant never lapses");
        self.quiet().await?;
        const SETTLED: &str = "SELECT COUNT(*) FROM settlement_days";
        let before = self.count(SETTLED).await?;
        self.time.advance(days * 24 * 3600 - 20 * 60).await?;
        if let Some(millis) = killed {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            agent.kill9()?;
            self.time.start(agent).await?;
        }
        for round in 0..2_400 {
            if self.count(SETTLED).await? > before {
                return self.quiet().await;
            }
            // Whoever settled may have died over it, and holds it for a while.
            if round % 40 == 39 {
                self.time.advance(61).await?;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        bail!("the day is never settled")
    }

    /// Shoppers object on their own pages; the operator looks into it.
    pub async fn objections(
        &self,
        shop: &Shop,
        steps: &[(usize, Step)],
        sales: &mut [Sale],
    ) -> Result {
        let mut cookies: BTreeMap<String, String> = BTreeMap::new();
        for (at, step) in steps {
            match step {
                Step::Object => {
                    let sale = &sales[*at];
                    let address = match sale.wish.payer {
                        Payer::Code(n) => address(n),
                        Payer::Passkey(n) => format!("passkey{n}@example.jp"),
                    };
                    if !cookies.contains_key(&address) {
                        let cookie = sign_in(shop, &self.http, &address).await?;
                        cookies.insert(address.clone(), cookie);
                    }
                    self.object(sale, &cookies[&address]).await?;
                }
                Step::Resolve(rightly) => {
                    let found = if *rightly { "upheld" } else { "rejected" };
                    let number = number(&sales[*at]);
                    self.agent_cli(&["purchases", "resolve", &number, found, "--json"]).await?;
                    sales[*at].upheld = *rightly;
                }
                Step::AnswerLate => self.answer_late(&sales[*at]).await?,
                Step::Say(..) => {}
            }
        }
        Ok(())
    }

    async fn object(&self, sale: &Sale, cookie: &str) -> Result {
        let agent = self.shops[0].client.agent();
        let number: HandlingNumber =
            number(sale).parse().map_err(|_| anyhow::anyhow!("no number"))?;
        let page = format!("{agent}/me/purchases/{number}");
        let text = self.http.get(&page).header("cookie", cookie).send().await?.text().await?;
        let token = text.split("name=\"form_token\" value=\"").nth(1);
        let token = token.and_then(|at| at.split('"').next()).context("no form on the page")?;
        let request = self.http.post(format!("{page}/objection")).header("cookie", cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let form = format!("form_token={token}&reason=not-received&words=");
        let said = request.body(form).send().await?;
        ensure!(said.status().is_redirection(), "{}", said.status());
        Ok(())
    }

    /// What was given up while a shop took no webhooks is sent again.
    pub async fn resend_dead(&self, shop: &str) -> Result<usize> {
        self.agent_cli(&["merchants", "webhook", "enable", shop, "--json"]).await?;
        self.resend().await
    }

    /// Webhooks that were given up are sent again: those of what was typed by hand are soon, for
    /// commands have the machine's clock, on which what they did is weeks ago.
    async fn resend(&self) -> Result<usize> {
        let dead = sqlx::query("SELECT id FROM outbox WHERE state = 'dead' AND kind = 'webhook'");
        let dead = dead.fetch_all(&self.books).await?;
        for row in &dead {
            let event = format!("evt_{}", row.try_get::<i64, _>(0)?);
            self.agent_cli(&["events", "resend", &event, "--json"]).await?;
        }
        Ok(dead.len())
    }
}
