//! T11: two shops put their databases together, and all that ever came to them: purchases by the
//! same 100 shoppers, by code and by passkey, at once and by plans. 1,000 of them, as servers that
//! were built for tests are slow, or as many as `WARIFU_PURCHASES` says: 10,000 for a release.
//! Nothing tells whose two purchases are, beyond what was typed for the shop itself, which here is
//! different each time, and what a shop is told on purpose: how the purchase was approved, and the
//! plan's class.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::bail;
use shared_protocol::{
    Acceptance, Amount, Confirmation, Currency, Delivery, Form, Grant, GrantProof, Message, Offer,
    Personal, Plan, PlanClass, PlanInquiry, PlanQuote, PlanQuotes, PurchaseId, Signed, SignedTally,
    decode, encode,
};
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _, sqlite::SqliteRow};
use tokio::sync::Mutex;
use whole_system::{
    Client, Result, Shop,
    client::{Answer, form_by_passkey, form_with},
    join::{Lists, random_below},
    merchant::POTTERY,
    passkey::Passkey,
    randomness::Entropy,
};

const SHOPPERS: u16 = 100;
/// The first of them have passkeys too.
const WITH_PASSKEY: u16 = 25;
/// At both shops together, unless the environment says otherwise.
const PURCHASES: usize = 1_000;
/// So many are in stock at each shop, the goods that plans can pay.
const TEAPOTS: usize = 2_000;
/// So many buy at the same time.
const BUYERS: usize = 16;

struct Shopper {
    contract: String,
    passkey: Option<Passkey>,
    /// They like always the same.
    instalments: u8,
}

/// One of the two shops.
struct Side {
    list: usize,
    client: Client,
    origin: String,
    tea: Signed<Offer>,
    teapot: Signed<Offer>,
    /// For every number of instalments.
    quotes: Vec<Signed<PlanQuote>>,
}

/// What a shop has seen, and of which purchase.
#[derive(Default)]
struct Seen {
    lists: Lists,
    rows: [HashMap<String, (usize, u16)>; 2],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_shops_together_do_not_recognise_a_shopper() -> Result {
    let mut shop = Shop::start().await?;
    let mut other = shop.open_beside(&POTTERY).await?;
    let each = purchases()? / 2;
    let shoppers = Arc::new(shoppers(&shop).await?);
    // Straight to the servers: a tap would keep it all.
    let agent = format!("http://{}", shop.agent.listens_on());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let servers = [(&shop.merchant, "mrc_tea"), (&other.server, POTTERY.id)];
    for (list, (server, id)) in servers.into_iter().enumerate() {
        let direct = format!("http://{}", server.listens_on());
        let client = Client::meet(&agent, &direct, id).await?;
        let side = Arc::new(Side {
            list,
            origin: server.url.clone(),
            tea: client.offer("SENCHA-01").await?,
            teapot: client.offer("TEAPOT-01").await?,
            quotes: quotes(&client, &agent).await?,
            client,
        });
        let mut buyers = Vec::new();
        for first in 0..BUYERS {
            let (side, shoppers, seen) = (side.clone(), shoppers.clone(), seen.clone());
            buyers.push(tokio::spawn(async move {
                for number in (first..each).step_by(BUYERS) {
                    buy(&side, &shoppers, number, &seen).await?;
                }
                anyhow::Ok(())
            }));
        }
        for buyer in buyers {
            buyer.await??;
        }
    }
    shop.merchant.stop().await?;
    other.server.stop().await?;
    shop.agent.stop().await?;
    let mut seen = Arc::into_inner(seen).expect("all have bought").into_inner();
    for (list, folder) in ["merchant-server", POTTERY.folder].into_iter().enumerate() {
        seen.read(list, &shop.folder(folder).join("data")).await?;
    }
    let looked_at = seen.lists.names();
    for name in
        ["orders.tally/order", "orders.grant_proof/handling_number", "sent/order/ciphertext length"]
    {
        assert!(looked_at.contains(&name), "{looked_at:#?}");
    }
    assert_eq!(seen.lists.keys(), [""; 0]);
    seen.plant();
    assert_eq!(seen.lists.keys(), ["planted", "planted size length"]);
    Ok(())
}

fn purchases() -> Result<usize> {
    let said = std::env::var("WARIFU_PURCHASES").ok();
    Ok(said.map(|number| number.parse()).transpose()?.unwrap_or(PURCHASES))
}

async fn shoppers(shop: &Shop) -> Result<Vec<Shopper>> {
    let mut all = Vec::new();
    for n in 0..SHOPPERS {
        let (contract, email) = (format!("C7777{n:08}"), format!("shopper{n}@agent.example"));
        let terms = ["--code", "2468", "--limit", "9000000000", "--currency", "JPY", "--json"];
        let who = ["contracts", "add", "--number", &contract, "--email", &email];
        shop.agent_cli(&[&who[..], &terms].concat())?;
        let passkey = match n < WITH_PASSKEY {
            true => Some(Passkey::register(shop, &email).await?),
            false => None,
        };
        let instalments = [3, 5, 6, 10, 12, 15, 18, 20, 24, 30][usize::from(n % 10)];
        all.push(Shopper { contract, passkey, instalments });
    }
    Ok(all)
}

async fn buy(side: &Side, shoppers: &[Shopper], number: usize, seen: &Mutex<Seen>) -> Result {
    let who = random_below(shoppers.len());
    let shopper = &shoppers[who];
    let passkey = shopper.passkey.as_ref().filter(|_| random_below(3) > 0);
    let mut form = match passkey {
        Some(_) => form_by_passkey(),
        None => form_with(&shopper.contract, "2468"),
    };
    address(&mut form);
    let by_plan = number.is_multiple_of(3) && number / 3 < TEAPOTS;
    let offer = if by_plan { &side.teapot } else { &side.tea };
    if by_plan {
        form.plan = Plan::Instalments(shopper.instalments);
        let quoted =
            |quote: &&Signed<PlanQuote>| quote.claimed().is_ok_and(|q| q.plan == form.plan);
        form.quote = side.quotes.iter().find(quoted).cloned();
    }
    let purchase = PurchaseId::random(&mut Entropy::new());
    let challenge = side.client.challenge(purchase).await?.expect("a challenge");
    let mut attempt = side.client.prepare_with(form, offer, &challenge)?;
    if let Some(passkey) = passkey {
        let said = passkey.approve(attempt.sealed.passkey_challenge(), &side.origin)?;
        attempt = side.client.with_passkey(attempt, offer, &challenge, &said)?;
    }
    let grant = loop {
        if let Some(grant) = settled(side.client.grant(&attempt).await?).await? {
            break grant;
        }
    };
    let sent = attempt.sealed.order_submission(GrantProof::Signed(grant.clone()));
    let word = loop {
        if let Some(word) = settled(side.client.submit(&attempt, &grant).await?).await? {
            break word;
        }
    };
    while settled(side.client.forward(&attempt, &word).await?).await?.is_none() {}

    let class = u8::from(passkey.is_some()) * 2 + u8::from(by_plan);
    let mut seen = seen.lock().await;
    let row = seen.lists.enter(side.list, who as u16, class);
    seen.lists.add(side.list, row, "sent", &encode(&sent));
    seen.lists.add_message(side.list, row, "sent", &sent)?;
    seen.rows[side.list].insert(purchase.to_string(), (row, who as u16));
    Ok(())
}

/// What was answered; nothing yet, after a while, where a server that has much to do says "later".
async fn settled<T>(answer: Answer<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(refused) if refused.problem.may_pass_later() => {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(None)
        }
        Err(refused) => bail!("refused: {refused:?}"),
    }
}

/// Sends it to somebody else each time.
fn address(form: &mut Form) {
    let digits = |n: usize| (0..n).map(|_| char::from(b'1' + random_below(9) as u8));
    let digits = |n: usize| digits(n).collect::<String>();
    form.contact.name = Personal::new(format!("名{}", digits(6)));
    form.contact.email = Personal::new(format!("m{}@example.jp", digits(9)));
    form.contact.phone = Personal::new(format!("090{}", digits(8)));
    if let Delivery::Physical(to) = &mut form.delivery {
        to.name = Personal::new(format!("宛{}", digits(6)));
        to.postal_code = Personal::new(format!("1{}", digits(6)));
        to.line1 = Personal::new(format!("町{}", digits(5)));
        to.line2 = Personal::new(format!("館{}", digits(5)));
        to.phone = Personal::new(format!("090{}", digits(8)));
    }
}

/// What a teapot in Tokyo costs by instalments.
async fn quotes(client: &Client, agent: &str) -> Result<Vec<Signed<PlanQuote>>> {
    let merchant = client.signed_mark().claimed()?.merchant.clone();
    let amount = Amount { minor: 3850, currency: Currency::JPY };
    let inquiry = PlanInquiry { merchant, amount, accepted: vec![PlanClass::Instalments] };
    let url = format!("{agent}/v1/plans");
    let quotes: PlanQuotes = client.send("POST", &url, &inquiry).await?.expect("plans are quoted");
    Ok(quotes.0)
}

impl Seen {
    /// All that stands in the shop's database of each purchase.
    async fn read(&mut self, list: usize, data: &std::path::Path) -> Result {
        let file = data.join("merchant.sqlite");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", file.display())).await?;
        let names: HashMap<i64, String> = sqlx::query_as("SELECT id, purchase_id FROM orders")
            .fetch_all(&pool)
            .await?
            .into_iter()
            .collect();
        assert_eq!(names.len(), self.rows[list].len());
        for (table, key) in TABLES {
            let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT * FROM {table}")));
            for row in rows.fetch_all(&pool).await? {
                let (at, _) = self.rows[list][&names[&row.try_get::<i64, _>(key)?]];
                for column in row.columns() {
                    if let Some(value) = value(&row, column.ordinal())? {
                        let name = format!("{table}.{}", column.name());
                        self.lists.add(list, at, &name, &value);
                        self.open(list, at, &name, &value)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds what is inside a message that the database has.
    fn open(&mut self, list: usize, row: usize, name: &str, value: &[u8]) -> Result {
        let lists = &mut self.lists;
        match name {
            "orders.grant_proof" => {
                let grant: Signed<Grant> = read(value)?;
                lists.add_message(list, row, name, &grant.claimed()?)
            }
            "orders.tally" => {
                let tally: SignedTally = read(value)?;
                lists.add_message(list, row, name, &tally.tally.claimed()?)
            }
            "orders.acceptance" => {
                let acceptance: Signed<Acceptance> = read(value)?;
                lists.add_message(list, row, name, &acceptance.claimed()?)
            }
            "orders.confirmation" => {
                let confirmation: Signed<Confirmation> = read(value)?;
                lists.add_message(list, row, name, &confirmation.claimed()?)
            }
            _ => Ok(()),
        }
    }

    /// What a careless agent could have done: a customer number, and an envelope whose size
    /// depends on the shopper.
    fn plant(&mut self) {
        for list in [0, 1] {
            for (row, shopper) in self.rows[list].values() {
                self.lists.add(
                    list,
                    *row,
                    "planted",
                    &[b"cus_", &shopper.to_be_bytes()[..]].concat(),
                );
                let mut envelope = vec![0; 512 + usize::from(shopper % 2) * 16];
                rand_core::TryRng::try_fill_bytes(&mut Entropy::new(), &mut envelope)
                    .expect("random");
                self.lists.add(list, *row, "planted size", &envelope);
            }
        }
    }
}

fn read<M: Message>(bytes: &[u8]) -> Result<M> {
    decode(bytes).map_err(|problem| anyhow::anyhow!("{problem:?}"))
}

fn value(row: &SqliteRow, at: usize) -> Result<Option<Vec<u8>>> {
    let raw = row.try_get_raw(at)?;
    Ok(match raw.type_info().name() {
        _ if raw.is_null() => None,
        "INTEGER" => Some(row.try_get::<i64, _>(at)?.to_be_bytes().to_vec()),
        "TEXT" => Some(row.try_get::<String, _>(at)?.into_bytes()),
        _ => Some(row.try_get::<Vec<u8>, _>(at)?),
    })
}

/// Every table that has something of a purchase, and by which column.
const TABLES: [(&str, &str); 4] = [
    ("orders", "id"),
    ("deliveries", "order_id"),
    ("order_events", "order_id"),
    ("outbox", "order_id"),
];
