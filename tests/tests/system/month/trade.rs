//! A day in town: shoppers buy and answer letters, shops ship, claim, let go and give back.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use shared_protocol::{
    Amount, Destination, Grant, Offer, Plan, PlanClass, PlanInquiry, PlanQuote, PlanQuotes,
    Problem, PurchaseId, PurchaseState, SettlementState, Signed,
};
use whole_system::{
    Result,
    client::{Attempt, form_by_passkey, form_with},
    mail::Post,
    randomness::Entropy,
    till::Word,
};

use super::{
    town::{Town, again, needs_quote},
    wish::{Course, Fate, Payer, Sequel, Wish},
};

/// A purchase that was made.
#[derive(Clone)]
pub struct Sale {
    pub wish: Wish,
    pub purchase: PurchaseId,
    /// What the agent granted; `None` where it did not.
    pub grant: Option<Grant>,
    /// The link in the letter that asked.
    pub link: Option<String>,
    /// What the shop has said of it, each under its name.
    pub said: Vec<(String, Word)>,
    /// Whether an objection to it was found to be right.
    pub upheld: bool,
}

/// Something that is going to happen to a sale.
#[derive(Clone, Debug)]
pub enum Step {
    Say(String, Word),
    AnswerLate,
    Object,
    Resolve(bool),
}

/// What is going to happen on which day, to which sale.
pub type Agenda = BTreeMap<u32, Vec<(usize, Step)>>;

impl Sale {
    /// How it must stand in the end, on both sides.
    pub fn end(&self) -> PurchaseState {
        match (self.wish.fate, self.wish.course) {
            (Fate::Yes, Course::Nothing) | (Fate::No, _) => PurchaseState::Cancelled,
            (Fate::Yes, _) => PurchaseState::Confirmed,
            (Fate::Late | Fate::Never | Fate::Lapses, _) => PurchaseState::Expired,
            (Fate::WrongCode, _) => PurchaseState::Declined,
            (Fate::SoldOut, _) => PurchaseState::Refused,
        }
    }

    /// Whether a letter asks for it.
    fn is_asked(&self) -> bool {
        let is_taken = matches!(self.wish.fate, Fate::Yes | Fate::No | Fate::Late | Fate::Never);
        is_taken && matches!(self.wish.payer, Payer::Code(_))
    }

    fn amount(&self) -> Amount {
        self.grant.as_ref().expect("it was granted").amount
    }

    /// Writes down what is going to happen to it.
    pub fn plan(&self, at: usize, today: u32, agenda: &mut Agenda) {
        let mut on = |day: u32, step: Step| agenda.entry(day).or_default().push((at, step));
        if self.wish.fate == Fate::Late {
            return on(today + 4, Step::AnswerLate);
        }
        if self.wish.fate != Fate::Yes {
            return;
        }
        let spread = u32::from(self.purchase.as_bytes()[0]);
        let first = today + 1 + spread % 3;
        let all = self.amount();
        let part = |minor| Amount { minor, ..all };
        let (some, rest) = (part(all.minor / 3), part(all.minor - all.minor / 3));
        let say = |name: &str, word| Step::Say(name.into(), word);
        let (last, claimed) = match self.wish.course {
            Course::Forgets => return,
            Course::Nothing => return on(first, say("V-1", Word::Void(all))),
            Course::Whole => {
                on(first, say("S-1", Word::Ship));
                on(first, say("C-1", Word::Claim(all, Some("S-1".into()))));
                (first, all)
            }
            Course::Parts => {
                on(first, say("S-1", Word::Ship));
                on(first, say("C-1", Word::Claim(some, Some("S-1".into()))));
                on(first + 2, say("S-2", Word::Ship));
                on(first + 2, say("C-2", Word::Claim(rest, Some("S-2".into()))));
                (first + 2, all)
            }
            Course::Part => {
                on(first, say("C-1", Word::Claim(some, None)));
                on(first + 3, say("V-1", Word::Void(rest)));
                (first + 3, some)
            }
        };
        let later = last + 1 + spread / 3 % 9;
        match self.wish.sequel {
            Sequel::Kept => {}
            Sequel::PartBack => on(later, say("R-1", Word::Refund(part(claimed.minor / 2)))),
            Sequel::AllBack => on(later, say("R-1", Word::Refund(claimed))),
            Sequel::Objects(rightly) => {
                on(later, Step::Object);
                on(later + 2, Step::Resolve(rightly));
            }
        }
    }
}

impl Town {
    /// All of a day's purchases, some of them at the same time.
    pub async fn buy_all(&self, wishes: Vec<Wish>) -> Result<Vec<Sale>> {
        let buys = wishes.into_iter().map(|wish| self.buy(wish));
        stream::iter(buys).buffered(AT_ONCE).try_collect().await
    }

    async fn buy(&self, wish: Wish) -> Result<Sale> {
        let client = &self.shops[wish.shop].client;
        let attempt = self.attempt(&wish).await?;
        let purchase = attempt.purchase;
        let mut sale =
            Sale { wish, purchase, grant: None, link: None, said: Vec::new(), upheld: false };
        let granted = again(|| client.grant(&attempt)).await?;
        if sale.wish.fate == Fate::WrongCode {
            let problem = granted.err().context("a wrong code pays")?.problem;
            let is_told =
                matches!(problem, Problem::ContractNotRecognised | Problem::ContractLocked);
            ensure!(is_told, "{problem:?}");
            return Ok(sale);
        }
        let grant = granted.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        sale.grant = Some(grant.verify(client.agent_key())?.into_inner());
        if sale.wish.fate == Fate::Lapses {
            return Ok(sale);
        }
        let word = again(|| client.submit(&attempt, &grant)).await?;
        match word {
            Err(refused) => {
                ensure!(sale.wish.fate == Fate::SoldOut, "{:?}: {refused:?}", sale.wish);
                ensure!(refused.problem == Problem::OrderRefused, "{refused:?}");
            }
            Ok(word) if sale.wish.forwards => {
                let told = again(|| client.forward(&attempt, &word)).await?;
                told.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
            }
            Ok(_) => {}
        }
        Ok(sale)
    }

    async fn attempt(&self, wish: &Wish) -> Result<Attempt> {
        let shop = &self.shops[wish.shop];
        let client = &shop.client;
        let offer = self.offer(wish).await?;
        let purchase = PurchaseId::random(&mut Entropy::new());
        let challenge = again(|| client.challenge(purchase)).await?;
        let challenge = challenge.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        let form = match wish.payer {
            Payer::Passkey(_) => form_by_passkey(),
            Payer::Code(_) if wish.fate == Fate::WrongCode => form_with("C444400000000", "1357"),
            Payer::Code(n) => form_with(&self.contracts[n], "2468"),
        };
        let quote = match needs_quote(wish.plan) {
            true => Some(self.quote(wish, &offer).await?),
            false => None,
        };
        let (quantity, plan) = (wish.quantity, wish.plan);
        let form = shared_protocol::Form { quantity, plan, quote, ..form };
        let attempt = client.prepare_with(form, &offer, &challenge)?;
        let Payer::Passkey(n) = wish.payer else { return Ok(attempt) };
        let said = self.passkeys[n].approve(attempt.sealed.passkey_challenge(), &shop.page)?;
        client.with_passkey(attempt, &offer, &challenge, &said)
    }

    async fn offer(&self, wish: &Wish) -> Result<Signed<Offer>> {
        let client = &self.shops[wish.shop].client;
        let offer = again(|| async { Ok(Ok(client.offer(wish.item).await?)) }).await?;
        offer.map_err(|refused| anyhow::anyhow!("{refused:?}"))
    }

    async fn quote(&self, wish: &Wish, offer: &Signed<Offer>) -> Result<Signed<PlanQuote>> {
        let client = &self.shops[wish.shop].client;
        let tokyo = "JP-13".parse().expect("Tokyo's code");
        let total = offer.claimed()?.total(wish.quantity, Destination::Region(&tokyo))?;
        let inquiry = PlanInquiry {
            merchant: client.merchant_id().clone(),
            amount: total.total,
            accepted: PlanClass::ALL.into(),
        };
        let url = format!("{}/v1/plans", client.agent());
        let quotes = again(|| client.send::<_, PlanQuotes>("POST", &url, &inquiry)).await?;
        let quotes = quotes.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        let is_it = |quote: &Signed<PlanQuote>| plan_of(quote) == Some(wish.plan);
        quotes.0.into_iter().find(is_it).with_context(|| format!("{} is not offered", wish.plan))
    }

    /// Waits for the letters that ask about these sales, and answers them.
    pub async fn answer_letters(
        &self,
        post: &Post,
        seen: &mut Option<PathBuf>,
        sales: &mut [Sale],
    ) -> Result {
        let asked = sales.iter().enumerate().filter(|(_, sale)| sale.is_asked());
        let mut waits: HashMap<String, usize> =
            asked.map(|(at, sale)| (number(sale), at)).collect();
        for round in 1.. {
            let mut answers = Vec::new();
            for letter in post.letters_since(seen)? {
                let text = letter.text();
                let numbers = text.split(|c: char| c != '-' && !c.is_ascii_alphanumeric());
                let Some(at) = numbers.filter_map(|number| waits.remove(number)).next() else {
                    continue;
                };
                let link = letter.confirm_link()?;
                let decision = match sales[at].wish.fate {
                    Fate::Yes => Some("ok"),
                    Fate::No => Some("cancel"),
                    _ => None,
                };
                sales[at].link = Some(link.clone());
                answers.extend(decision.map(|decision| (link, decision)));
            }
            let answers = answers.into_iter().map(|(link, decision)| self.decide(link, decision));
            stream::iter(answers).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
            if waits.is_empty() {
                return Ok(());
            }
            ensure!(round < 2_000, "{} letters never come", waits.len());
            // What a killed server was about to send is sent by the next one a little later.
            if round % 40 == 0 {
                self.time.advance(16).await?;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Ok(())
    }

    /// Presses the button on the page of a letter.
    async fn decide(&self, link: String, decision: &str) -> Result {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let pressed = again(|| async {
            let request = self.http.post(&link).header(form.0, form.1);
            let answer = request.body(format!("decision={decision}")).send().await?;
            ensure!(answer.status().is_redirection(), "{}", answer.status());
            Ok(Ok(()))
        });
        pressed.await?.map_err(|refused| anyhow::anyhow!("{refused:?}"))
    }

    /// What the shops have to say today, in the order of each sale.
    pub async fn say_all(&self, steps: &[(usize, Step)], sales: &mut [Sale]) -> Result {
        let mut of_sale: BTreeMap<usize, Vec<(String, Word)>> = BTreeMap::new();
        for (at, step) in steps {
            if let Step::Say(name, word) = step {
                of_sale.entry(*at).or_default().push((name.clone(), word.clone()));
            }
        }
        let all: &[Sale] = sales;
        let says = of_sale.iter().map(|(at, words)| async move {
            for (name, word) in words {
                self.say(&all[*at], name, word).await.with_context(|| format!("{word:?}"))?;
            }
            anyhow::Ok(())
        });
        stream::iter(says).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
        for (at, words) in of_sale {
            sales[at].said.extend(words);
        }
        Ok(())
    }

    /// By the shop's own program, or by hand at its server.
    async fn say(&self, sale: &Sale, name: &str, word: &Word) -> Result {
        let shop = &self.shops[sale.wish.shop];
        let grant = sale.grant.as_ref().context("it was granted")?;
        let is_last = sale.wish.course == Course::Nothing;
        if is_last || sale.purchase.as_bytes()[1].is_multiple_of(16) {
            let typed = by_hand(sale, name, word);
            let said = self.shop_cli(sale.wish.shop, &typed).await?;
            ensure!(said["granted"] == grant.amount.minor, "{said}");
            return Ok(());
        }
        let said = again(|| shop.till.say(&shop.client, grant, name, word, grant.issued)).await?;
        let receipt = said.map_err(|refused| anyhow::anyhow!("{name}: {refused:?}"))?;
        let receipt = receipt.verify(shop.client.agent_key())?;
        let is_open = receipt.standing != SettlementState::Voided;
        ensure!(is_open && receipt.purchase == sale.purchase, "{receipt:?}");
        Ok(())
    }

    /// The letter is opened when it is too late.
    pub async fn answer_late(&self, sale: &Sale) -> Result {
        let link = sale.link.clone().context("a letter had come")?;
        self.decide(link, "ok").await?;
        let state = self.shops[sale.wish.shop].client.status(sale.purchase).await?.state;
        ensure!(state == PurchaseState::Expired, "it is {state:?} after a late yes");
        Ok(())
    }
}

/// As somebody types it.
fn by_hand(sale: &Sale, name: &str, word: &Word) -> Vec<String> {
    let mut typed = vec!["orders".to_owned()];
    typed.push(if *word == Word::Ship { "ship" } else { word.kind() }.into());
    typed.push(sale.purchase.to_string());
    typed.extend(["--name".into(), name.into(), "--json".into()]);
    if let Word::Claim(amount, _) | Word::Void(amount) | Word::Refund(amount) = word {
        typed.extend(["--amount".into(), amount.minor.to_string()]);
    }
    if let Word::Claim(_, Some(shipment)) = word {
        typed.extend(["--shipment".into(), shipment.clone()]);
    }
    typed
}

/// Its handling number as people read it.
pub fn number(sale: &Sale) -> String {
    sale.grant.as_ref().map(|grant| grant.handling_number.to_string()).unwrap_or_default()
}

fn plan_of(quote: &Signed<PlanQuote>) -> Option<Plan> {
    quote.claimed().ok().map(|quote| quote.plan)
}

/// So much happens at the same time.
const AT_ONCE: usize = 8;
