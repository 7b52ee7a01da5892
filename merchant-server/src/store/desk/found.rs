//! Orders by search, what was said of one, and what a report counts.

use shared_protocol::{HandlingNumber, Timestamp};

use crate::domain::desk::{Counted, What};
use crate::domain::{Order, OrderId, amount_in};
use crate::store::row::{self, OrderRow};
use crate::store::{Fault, Store};

/// Which orders.
#[derive(Clone, Debug, Default)]
pub struct Find {
    /// A reference, a number, an item, or a part of who ordered; empty: any.
    pub text: String,
    /// A state by its name, or `to-ship`; empty: any.
    pub state: String,
    /// Only older ones than this.
    pub before: Option<OrderId>,
}

/// Something that was said to the agent of an order.
#[derive(Clone, Debug)]
pub struct KeptWord {
    /// `shipment`, `claim`, `void` or `refund`.
    pub kind: String,
    /// The shop's own name for it.
    pub name: String,
    /// Signed, as it was sent.
    pub said: Vec<u8>,
    /// When it was said.
    pub at: Timestamp,
    /// The agent's receipt, as it came; `None`: not yet.
    pub receipt: Option<Vec<u8>>,
}

impl Store {
    /// Orders, newest first, at most so many. An order is to be shipped while it is confirmed and
    /// fewer of it went than were ordered; a shipment without a parcel is all of it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn find_orders(&self, find: &Find, at_most: u32) -> Result<Vec<Order>, Fault> {
        let sql = "SELECT o.* FROM orders o LEFT JOIN deliveries d ON d.order_id = o.id
            WHERE o.handling_number IS NOT NULL AND o.id < $1
                AND ($2 = '' OR o.order_reference = $2 OR o.purchase_id = $2 OR o.item = $2
                    OR o.handling_number = $3 OR d.contact_name LIKE $4 ESCAPE '!'
                    OR d.contact_kana LIKE $4 ESCAPE '!' OR d.contact_email LIKE $4 ESCAPE '!'
                    OR d.contact_phone LIKE $4 ESCAPE '!' OR d.name LIKE $4 ESCAPE '!')
                AND ($5 = '' OR o.state = $5 OR ($5 = 'to-ship' AND o.state = 'confirmed'
                    AND o.quantity > (SELECT COALESCE(SUM(p.quantity), 0) FROM parcels p
                        WHERE p.order_id = o.id)
                    AND NOT EXISTS (SELECT 1 FROM settlement_words w
                        WHERE w.order_id = o.id AND w.kind = 'shipment' AND NOT EXISTS (
                            SELECT 1 FROM parcels p WHERE p.order_id = o.id AND p.name = w.name))))
            ORDER BY o.id DESC LIMIT $6";
        let text = find.text.trim();
        let number: Option<HandlingNumber> = text.parse().ok();
        let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let rows: Vec<OrderRow> = sqlx::query_as(sql)
            .bind(find.before.map_or(i64::MAX, |order| order.0))
            .bind(text)
            .bind(number.map(|number| number.compact()))
            .bind(format!("%{escaped}%"))
            .bind(&find.state)
            .bind(i64::from(at_most))
            .fetch_all(&self.0.reading)
            .await?;
        rows.into_iter().map(OrderRow::order).collect()
    }

    /// What was said of an order, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn words(&self, order: OrderId) -> Result<Vec<KeptWord>, Fault> {
        let sql = "SELECT kind, name, said, said_at, receipt FROM settlement_words
            WHERE order_id = $1 ORDER BY said_at, kind DESC, name";
        let rows: Vec<WordRow> =
            sqlx::query_as(sql).bind(order.0).fetch_all(&self.0.reading).await?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// What happened from one moment on and before another: orders that were taken, claims and
    /// refunds that the agent has booked.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn counted(
        &self,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<Counted>, Fault> {
        let sql = "SELECT amount, currency, created_at FROM orders
            WHERE acceptance IS NOT NULL AND created_at >= $1 AND created_at < $2";
        let orders: Vec<(Option<i64>, Option<String>, i64)> = sqlx::query_as(sql)
            .bind(from.as_millis())
            .bind(until.as_millis())
            .fetch_all(&self.0.reading)
            .await?;
        let sql = "SELECT kind, name, said, said_at, receipt FROM settlement_words
            WHERE receipt IS NOT NULL AND kind IN ('claim', 'refund')
                AND said_at >= $1 AND said_at < $2";
        let words: Vec<WordRow> = sqlx::query_as(sql)
            .bind(from.as_millis())
            .bind(until.as_millis())
            .fetch_all(&self.0.reading)
            .await?;
        let order = |(minor, currency, at)| {
            let at = Timestamp::from_millis(at);
            Ok(Counted { what: What::Ordered, at, amount: row::amount(minor, currency)? })
        };
        let word = |row| {
            let KeptWord { kind, said, at, .. } = read(row);
            let what = if kind == "claim" { What::Claimed } else { What::GaveBack };
            let amount = amount_in(&kind, &said).ok_or(Fault::Damaged("said"))?;
            Ok(Counted { what, at, amount })
        };
        orders.into_iter().map(order).chain(words.into_iter().map(word)).collect()
    }
}

type WordRow = (String, String, Vec<u8>, i64, Option<Vec<u8>>);

fn read((kind, name, said, at, receipt): WordRow) -> KeptWord {
    KeptWord { kind, name, said, at: Timestamp::from_millis(at), receipt }
}
