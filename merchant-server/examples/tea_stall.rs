//! A small shop on the library: its own axum application, its own database with prices and orders,
//! and Warifu's routes nested in it below `/stall`. Run it with the name of a `merchant.toml`;
//! register `…/stall` at the agent as the merchant's server.

use axum::{Router, extract::State, response::Html, routing::get};
use merchant_server::{HookError, Merchant, NewOrder, OrderUpdate, catalogue::Catalogue};
use merchant_server::{catalogue::Item, config::Config, drive, router};
use shared_protocol::{
    Amount, BasisPoints, Currency, Delivery, DeliveryTerms, Localized, MerchantId, Offer,
    PlanClass, QuantityLimits, ShippingZone, Span, Timestamp,
};
use sqlx::{Row as _, SqlitePool, sqlite::SqliteConnectOptions};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let file = std::env::args().nth(1).unwrap_or("merchant.toml".into());
    let config = Config::load(file.as_ref())?;
    let stall = Stall::open(&config).await?;
    let (prices, orders, updates) = (stall.clone(), stall.clone(), stall.clone());
    let warifu = Merchant::new(config.clone())
        .catalogue(move || prices.clone().catalogue())
        .on_order(move |order| orders.clone().save(order))
        .on_update(move |update| updates.clone().note(update))
        .open()
        .await?;
    let app = Router::new()
        .route("/", get(page))
        .route("/readyz", get(async || "ready"))
        .with_state(stall)
        .nest("/stall", router(warifu.clone()));
    let listener = TcpListener::bind(config.listen).await?;
    let driver = tokio::spawn(drive(warifu, stopped()));
    axum::serve(listener, app).with_graceful_shutdown(stopped()).await?;
    Ok(driver.await?)
}

async fn stopped() {
    let terminate = tokio::signal::unix::SignalKind::terminate();
    let mut terminated = tokio::signal::unix::signal(terminate).expect("signals can be heard");
    terminated.recv().await;
}

/// The shop's own side: what it charges, and what was ordered.
#[derive(Clone)]
struct Stall {
    merchant: MerchantId,
    agent: String,
    database: SqlitePool,
}

impl Stall {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let file = config.data_dir.relative().join("stall.sqlite");
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let database = SqlitePool::connect_with(options).await?;
        for sql in SCHEMA {
            sqlx::query(sql).execute(&database).await?;
        }
        let agent = config.agent.url.as_str().to_owned();
        Ok(Self { merchant: config.merchant_id.clone(), agent, database })
    }

    /// Prices are the database's word: change one, and the next Offer says so.
    async fn catalogue(self) -> Catalogue {
        let rows = sqlx::query("SELECT item, ja, en, yen, stock FROM goods")
            .fetch_all(&self.database)
            .await
            .unwrap_or_default();
        Catalogue::of(rows.iter().filter_map(|row| {
            let name = Localized::new(row.get::<&str, _>("ja"), row.get::<&str, _>("en"));
            let price = u64::try_from(row.get::<i64, _>("yen")).ok()?;
            let offer = self.offer(row.get("item"), name, price)?;
            Item::new(offer, u32::try_from(row.get::<i64, _>("stock")).ok()).ok()
        }))
    }

    fn offer(&self, item: &str, name: Localized, price: u64) -> Option<Offer> {
        let yen = |minor| Amount::new(minor, Currency::JPY);
        let zone = ShippingZone { regions: vec!["JP".parse().ok()?], fee: yen(550)? };
        let now = Timestamp::from_millis(0);
        Some(Offer {
            merchant: self.merchant.clone(),
            item: item.parse().ok()?,
            name,
            description: Localized::default(),
            specification: Localized::default(),
            how_to_use: Localized::default(),
            image: None,
            quantity: QuantityLimits { min: 1, max: 5 },
            unit_price: yen(price)?,
            tax_rate: BasisPoints(1000),
            delivery: DeliveryTerms::Physical { zones: vec![zone], free_from: None },
            payment_terms: Localized::new("ご契約のとおり", "As your contract says"),
            plans: vec![PlanClass::Single],
            delivery_time: Localized::new("ご承認から3日以内に発送", "Sent within 3 days"),
            application_period: Localized::new("在庫のある限り", "While stocks last"),
            withdrawal_terms: Localized::new("到着から8日以内", "Within 8 days of arrival"),
            issued: now,
            expires: now.plus(Span::hours(24)),
        })
    }

    /// The purchase is unique: told twice, it is one order.
    async fn save(self, order: NewOrder) -> Result<(), HookError> {
        let place = match &order.delivery {
            Delivery::Physical(place) => place.line1.expose(),
            Delivery::Intangible => "",
        };
        let sql =
            "INSERT INTO orders (purchase, reference, item, quantity, yen, name, place, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'accepted') ON CONFLICT (purchase) DO NOTHING";
        sqlx::query(sql)
            .bind(order.purchase.to_string())
            .bind(order.reference.as_str())
            .bind(order.item.as_str())
            .bind(order.quantity)
            .bind(i64::try_from(order.amount.minor)?)
            .bind(order.contact.name.expose())
            .bind(place)
            .execute(&self.database)
            .await?;
        Ok(())
    }

    /// An update says how the order stands: said twice, it is the same.
    async fn note(self, update: OrderUpdate) -> Result<(), HookError> {
        sqlx::query("UPDATE orders SET state = $1 WHERE purchase = $2")
            .bind(update.state.name())
            .bind(update.purchase.to_string())
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

async fn page(State(stall): State<Stall>) -> Html<String> {
    let (agent, merchant) = (&stall.agent, &stall.merchant);
    Html(format!(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>茶の屋台</title>\
         <script src=\"{agent}/v1/warifu.js\" async></script>\
         <warifu-checkout merchant=\"{merchant}\" item=\"SENCHA\"></warifu-checkout>"
    ))
}

const SCHEMA: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS goods (item TEXT PRIMARY KEY, ja TEXT NOT NULL, en TEXT NOT NULL,
        yen BIGINT NOT NULL, stock BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS orders (purchase TEXT PRIMARY KEY, reference TEXT NOT NULL,
        item TEXT NOT NULL, quantity BIGINT NOT NULL, yen BIGINT NOT NULL, name TEXT NOT NULL,
        place TEXT NOT NULL, state TEXT NOT NULL)",
    "INSERT INTO goods VALUES ('SENCHA', '煎茶 100g', 'Sencha 100 g', 1200, 50) \
        ON CONFLICT (item) DO NOTHING",
];
