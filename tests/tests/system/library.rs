//! A shop that is an axum application of its own, with merchant-server in it as a library and its
//! routes nested below a path: prices from its own database, orders into it.

use sqlx::SqlitePool;
use whole_system::{Browser, Client, Result, Shop, Widget, client::good_form, server::http};

#[tokio::test]
async fn a_shop_on_the_library_sells_and_is_told_what_becomes_of_it() -> Result {
    let market = Shop::start().await?;
    let stall = market.open_stall().await?;
    let database = database(&market).await?;
    let browser = Browser::at(&stall.server.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.buy().await?;
    let [order] = &wait_for(&database, "accepted").await?[..] else { panic!("not one order") };
    assert_eq!((order.0.as_str(), order.1, order.2.as_str()), ("SENCHA", 1750, "山田 花子"));
    confirm(&market, 1).await?;
    wait_for(&database, "confirmed").await?;
    browser.close().await
}

#[tokio::test]
async fn the_shops_own_database_has_the_last_word_on_prices() -> Result {
    let market = Shop::start().await?;
    let stall = market.open_stall().await?;
    let database = database(&market).await?;
    let client = client(&market, &stall.server.url).await?;
    let old = client.offer("SENCHA").await?;
    sqlx::query("UPDATE goods SET yen = 1500").execute(&database).await?;
    assert_eq!(client.offer("SENCHA").await?.claimed()?.unit_price.minor, 1500);
    // An Offer that is out is honoured.
    let purchase =
        shared_protocol::PurchaseId::random(&mut whole_system::randomness::Entropy::new());
    let challenge = client.challenge(purchase).await?.expect("a challenge");
    let attempt = client.prepare_with(good_form(), &old, &challenge)?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    client.submit(&attempt, &grant).await?.expect("a good order");
    assert_eq!(wait_for(&database, "accepted").await?[0].1, 1750);
    sqlx::query("DELETE FROM goods").execute(&database).await?;
    assert!(client.offer("SENCHA").await.is_err(), "it is not sold any more");
    Ok(())
}

#[tokio::test]
async fn what_a_shop_cannot_note_is_told_again_also_after_a_crash() -> Result {
    let market = Shop::start().await?;
    let mut stall = market.open_stall().await?;
    let database = database(&market).await?;
    let client = client(&market, &stall.server.url).await?;
    sqlx::query("ALTER TABLE orders RENAME TO away").execute(&database).await?;
    let attempt = client.prepare("SENCHA", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    client.submit(&attempt, &grant).await?.expect("taken all the same");
    confirm(&market, 1).await?;
    stall.server.kill9()?;
    sqlx::query("ALTER TABLE away RENAME TO orders").execute(&database).await?;
    stall.server.start().await?;
    let orders = wait_for(&database, "confirmed").await?;
    assert_eq!(orders.len(), 1, "told more than once, it is one order");
    Ok(())
}

async fn client(market: &Shop, url: &str) -> Result<Client> {
    Client::meet(&market.agent.url, &format!("{url}/stall"), "mrc_stall").await
}

async fn database(market: &Shop) -> Result<SqlitePool> {
    let file = market.folder("stall").join("data").join("stall.sqlite");
    Ok(SqlitePool::connect(&format!("sqlite:{}", file.display())).await?)
}

/// Item, price and name of the stall's orders, once the first is in this state.
async fn wait_for(database: &SqlitePool, state: &str) -> Result<Vec<(String, i64, String)>> {
    for _ in 0..300 {
        let sql = "SELECT item, yen, name, state FROM orders";
        let orders: Vec<(String, i64, String, String)> =
            sqlx::query_as(sql).fetch_all(database).await?;
        if orders.first().is_some_and(|order| order.3 == state) {
            return Ok(orders.into_iter().map(|(item, yen, name, _)| (item, yen, name)).collect());
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    anyhow::bail!("no order became {state}")
}

async fn confirm(market: &Shop, letters: usize) -> Result {
    let link = market.post.wait_for(letters).await?.confirm_link()?;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let said = http()?.post(&link).header(form.0, form.1).body("decision=ok").send().await?;
    anyhow::ensure!(
        said.status().is_success() || said.status().is_redirection(),
        "{}",
        said.status()
    );
    Ok(())
}
