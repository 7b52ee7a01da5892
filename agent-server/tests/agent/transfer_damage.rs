//! Damage to what belongs to transfers: accounts, what was paid into them, what left them, and what
//! merchants were told. The audit names each row.

use shared_protocol::Outcome;

use crate::{
    damage::{Way, ways},
    market::Market,
    naming::each_is_named,
    shopper::id,
};

/// `s` was sent, `h` is held, `w` waits for the bank to open, `p` was paid by file.
pub const WAYS: &[Way] = ways! {
    TransferState "remittances {s}" "confirmed" "held"
        "UPDATE remittances SET state = 'held', entry = NULL WHERE purchase = {s}";
    TransferState "remittances {h}" "accepted" "released"
        "UPDATE remittances SET state = 'released' WHERE purchase = {h}";
    DepositBalance "deposits " "" "5" "UPDATE deposits SET balance = 5 WHERE contract =
        (SELECT contract FROM remittances WHERE purchase = {s})";
    DepositBalance "deposits " "" "" "UPDATE remittances SET state = 'held' WHERE purchase = {s}";
    DepositHeld "deposits " "3850" "0" "UPDATE deposits SET held = 0 WHERE contract =
        (SELECT contract FROM remittances WHERE purchase = {w})";
    RemittanceOther "remittances {w}" "" "remittance_invalid"
        "flip purchases.remittance where id = {w}";
    RemittanceOther "remittances {s}" "received" "nothing"
        "UPDATE purchases SET remittance = NULL WHERE id = {s}";
    RemittanceOther "remittances {s}" "" "" "UPDATE purchases SET remittance =
        (SELECT remittance FROM purchases WHERE id = {p}) WHERE id = {s}";
    EntryUnexplained "journal " "a reason" "none"
        "UPDATE remittances SET entry = NULL WHERE purchase = {s}";
    EntryUnexplained "journal 1" "a reason" "none" "DELETE FROM deposit_payments WHERE entry = 1";
    EntryAmount "transfers 1" "7 JPY" "1000000 JPY"
        "UPDATE deposit_payments SET amount = 7 WHERE entry = 1";
    EntryAccount "transfers " "deposit" "deposit:9" "UPDATE transfers SET debit = 'deposit:9'
        WHERE entry = (SELECT entry FROM remittances WHERE purchase = {s})";
    PayoutAmount "payouts " "0" "3850" "UPDATE remittances SET payout = NULL WHERE purchase = {p}";
    PayoutAmount "payouts " "3850" "1" "UPDATE payouts SET amount = 1";
    Orphan "remittances " "" "" "DELETE FROM deposits WHERE contract =
        (SELECT contract FROM remittances WHERE purchase = {s})";
};

#[tokio::test]
async fn every_damage_to_a_transfer_is_named_with_its_row() {
    let market = Market::at_the_bank().await;
    let accepted = async |contract| {
        let grant = market.grant(&market.transfer(contract).await.seal()).await.unwrap();
        market.accept(&grant).await;
        grant
    };
    let paid = accepted("C900000000008").await;
    market.answer(&paid, Outcome::Confirmed).await.unwrap();
    market.advance(shared_protocol::Span::hours(24 * 14));
    market.paid_by_file(&id(&paid)).await;
    let sent = accepted("C900000000001").await;
    market.answer(&sent, Outcome::Confirmed).await.unwrap();
    let held = accepted("C900000000001").await;
    let waits = accepted("C900000000008").await;
    market.answer(&waits, Outcome::Confirmed).await.unwrap();
    let mut rows = Vec::new();
    for (name, grant) in [("p", &paid), ("s", &sent), ("h", &held), ("w", &waits)] {
        let purchase = market.agent.app.store.purchase(&id(grant)).await.unwrap().unwrap();
        rows.push((name, purchase.row));
    }
    each_is_named(market, &rows, WAYS).await;
}
