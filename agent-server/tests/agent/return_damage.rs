//! Damage to payouts that came back and to bills that were paid in parts. The audit names each row.

use agent_server::{
    files::{Format, Reference},
    store::Brought,
};

use crate::{
    bank_files::in_japan,
    damage::{Way, ways},
    market::{Market, yen},
    naming::each_is_named,
};

/// The payout of `r` came back and is paid again with that of `s`; the bill of `r` was paid in two
/// parts, of `s` a part.
pub const WAYS: &[Way] = ways! {
    Returned "payout_returns " "3735 JPY" "none"
        "DELETE FROM statement_lines WHERE matched = 'returned'";
    Returned "payout_returns " "3735 JPY" "3736 JPY"
        "UPDATE statement_lines SET amount = 3736 WHERE matched = 'returned'";
    Returned "payout_returns " "held" "paid again" "UPDATE payout_returns SET released_at = NULL";
    PayoutAmount "payouts " "970" "4705" "UPDATE payout_returns SET again = NULL";
    PayoutMissing "payout_returns " "payouts 5" "none" "UPDATE payout_returns SET again = 5";
    EntryUnexplained "journal " "a reason" "none" "DELETE FROM payout_returns";
    LineAgainst "statement_lines " "3735 JPY" "none" "DELETE FROM payout_returns";
    LineAgainst "statement_lines " "3735 JPY" "1 JPY" "UPDATE payouts SET amount = 1";
    Orphan "payout_returns " "" "" "DELETE FROM payouts";
    BillPart "bill_parts {r} 1 2" "1" "2"
        "DELETE FROM bill_parts WHERE purchase = {r} AND number = 1";
    BillPart "bill_parts {r} 1 2" "journal" "open"
        "UPDATE bills SET payment = NULL WHERE purchase = {r}";
    BillPart "bill_parts {r} 1 2" "at most 3850" "10999"
        "UPDATE bill_parts SET amount = 9999 WHERE purchase = {r} AND number = 2";
    BillPart "bill_parts {s} 1 1" "open" "journal"
        "UPDATE bills SET payment = entry WHERE purchase = {s}";
    BillPart "bill_parts {s} 7 1" "its bill" "none"
        "UPDATE bill_parts SET bill = 7 WHERE purchase = {s}";
    Paid "purchases {s}" "400" "401" "UPDATE settlements SET paid = 401 WHERE purchase = {s}";
    LineBill "statement_lines " "400 JPY" "none" "DELETE FROM bill_parts WHERE purchase = {s}";
    LineBill "statement_lines " "401 JPY" "400 JPY"
        "UPDATE statement_lines SET amount = 401 WHERE purchase = {s}";
    EntryAmount "transfers " "401 JPY" "400 JPY"
        "UPDATE bill_parts SET amount = 401 WHERE purchase = {s}";
    EntryAmount "transfers " "151 JPY" "150 JPY"
        "UPDATE statement_lines SET amount = 151 WHERE parked = 'overpaid'";
    Orphan "bill_parts {s}" "" "" "DELETE FROM purchases WHERE id = {s}";
};

#[tokio::test]
async fn every_damage_to_a_return_or_a_part_is_named_with_its_row() {
    let market = Market::open().await;
    market.bank_of_merchant(in_japan()).await;
    let r = market.sale().await;
    r.claim("C", 3850).await.unwrap();
    market.days(1).await;
    let payout = market.file(Format::Zengin).await.file.unwrap().payouts[0];
    let told = Reference::Payout(payout).to_string();
    market.bank_says("N-1", &[("A", -3735, told.as_str())]).await.unwrap();
    assert_eq!(market.bank_sends_back("R-1", 3735, &told).await.returns, 1);
    market.bank_of_merchant(in_japan()).await;
    let s = market.sale().await;
    s.claim("C", 1000).await.unwrap();
    market.days(80).await;
    let last = market.agent.app.store.payouts(1).await.unwrap().swap_remove(0);
    assert_eq!(last.amount, yen(3735 + 970));
    let bill = |sale: &crate::sale::Sale<'_>| {
        Reference::Bill(sale.grant.claimed().unwrap().handling_number, 1).to_string()
    };
    let (of_r, of_s) = (bill(&r), bill(&s));
    let parts = [("P", 1000, of_r.as_str()), ("Q", 3000, &of_r), ("S", 400, &of_s)];
    let brought = market.bank_says("N-2", &parts).await.unwrap();
    assert_eq!(brought, Brought { bills: 3, parked: 1, ..Brought::default() });
    let store = &market.agent.app.store;
    let row = async |id| store.purchase(&id).await.unwrap().unwrap().row;
    let rows = [("r", row(r.id()).await), ("s", row(s.id()).await)];
    each_is_named(market, &rows, WAYS).await;
}
