//! The bank's notices: what bears our reference and agrees in all is booked, once; anything else is
//! parked in suspense until somebody resolves it; the books are in balance and the audit is clean
//! after each (TRUST.md F16).

use agent_server::{
    domain::{
        bank::Parked,
        bank_files::{FileFault, Wanted, read_file},
    },
    files::{Format, NoticeFault, Reference},
    store::{Brought, NotSo, NoticeRefusal, TurnedOut},
};
use shared_protocol::{HandlingNumber, Plan};

use crate::{
    bank_files::{in_japan, own, wanted},
    market::Market,
};

/// A notice of these movements: name, amount, and what is written beside it.
pub fn notice(message: &str, lines: &[(&str, i64, &str)]) -> String {
    let entries: String = lines
        .iter()
        .map(|(key, minor, told)| {
            let direction = if *minor > 0 { "CRDT" } else { "DBIT" };
            format!(
                "<Ntry><Amt Ccy=\"JPY\">{}</Amt><CdtDbtInd>{direction}</CdtDbtInd>\
                 <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-12-28</Dt></BookgDt>\
                 <AcctSvcrRef>{key}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{told}\
                 </EndToEndId></Refs></TxDtls></NtryDtls></Ntry>",
                minor.abs()
            )
        })
        .collect();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\">\
         <BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>{message}</MsgId></GrpHdr><Ntfctn><Acct><Id><Othr>\
         <Id>0010011234567</Id></Othr></Id></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn>\
         </Document>"
    )
}

impl Market {
    pub async fn bank_says(
        &self,
        message: &str,
        lines: &[(&str, i64, &str)],
    ) -> Result<Brought, FileFault> {
        let text = notice(message, lines);
        read_file(&self.agent.app.store, &own(), text.as_bytes(), self.now()).await
    }

    async fn resolve(&self, line: i64, turned_out: TurnedOut) -> Result<(), NotSo> {
        let store = &self.agent.app.store;
        store.resolve_line(line, turned_out, self.now()).await.unwrap()
    }

    /// The rows of all parked lines, why, and what the bank calls them.
    async fn parked(&self) -> Vec<(i64, Parked, String)> {
        let lines = self.agent.app.store.parked_lines().await.unwrap();
        lines.into_iter().map(|line| (line.id, line.why, line.bank_key)).collect()
    }

    /// What an account holds, after the audit found nothing.
    async fn held(&self, account: &str) -> i128 {
        self.audit_is_clean().await;
        self.holds().await.get(account).copied().unwrap_or_default()
    }
}

/// A purchase in three payments, all of them billed; the number and the bills' amounts.
async fn billed(market: &Market) -> (HandlingNumber, Vec<i64>) {
    let sale = market.sale_by(Plan::Instalments(3)).await;
    sale.claim("C", 17_050).await.unwrap();
    market.days(130).await;
    let number = sale.grant.claimed().unwrap().handling_number;
    let bills = market.agent.app.store.bills(&number).await.unwrap();
    (number, bills.iter().map(|bill| bill.minor).collect())
}

#[tokio::test]
async fn what_agrees_is_booked_once_and_a_file_read_twice_changes_nothing() {
    let market = Market::open().await;
    market.bank_of_merchant(in_japan()).await;
    let (number, amounts) = billed(&market).await;
    let file = market.file(Format::Zengin).await.file.unwrap();
    let payout = Reference::Payout(file.payouts[0]).to_string();
    let sum = i64::try_from(file.total.minor).unwrap();
    let bill = |of| Reference::Bill(number, of).to_string();
    let before = market.held("bank").await;
    let lines = [("A", amounts[0], bill(1)), ("B", -sum, payout), ("C", amounts[1], bill(2))];
    let lines: Vec<_> = lines.iter().map(|(k, m, t)| (*k, *m, t.as_str())).collect();
    let brought = market.bank_says("M-1", &lines).await.unwrap();
    assert_eq!(brought, Brought { bills: 2, payouts: 1, ..Brought::default() });
    let paid = i128::from(amounts[0] + amounts[1]);
    assert_eq!(market.held("bank").await, before + paid, "the payout was booked when it was made");
    assert_eq!(market.held("billed").await, i128::from(amounts[2]));
    assert_eq!(market.held("suspense").await, 0);
    let refused = market.bank_says("M-1", &lines).await.unwrap_err();
    assert!(matches!(refused, FileFault::Refused(NoticeRefusal::Known)), "{refused}");
    let refused = market.bank_says("M-1", &lines[..1]).await.unwrap_err();
    assert!(matches!(refused, FileFault::Refused(NoticeRefusal::OtherFile(_))), "{refused}");
    let again = market.bank_says("M-2", &lines).await.unwrap();
    assert_eq!(again, Brought { known: 3, ..Brought::default() }, "other file, same movements");
    let other = [("A", amounts[0] + 1, "x")];
    let refused = market.bank_says("M-3", &other).await.unwrap_err();
    assert!(matches!(refused, FileFault::Refused(NoticeRefusal::OtherLine(_))), "{refused}");
    assert_eq!(market.held("bank").await, before + paid);
    assert!(market.parked().await.is_empty());
}

#[tokio::test]
async fn what_does_not_agree_is_parked_and_resolved_by_hand() {
    let market = Market::open().await;
    market.bank_of_merchant(in_japan()).await;
    let (number, amounts) = billed(&market).await;
    let payout = market.agent.app.store.payouts(1).await.unwrap().swap_remove(0);
    let sum = i64::try_from(payout.amount.minor).unwrap();
    let (bill, out) = (Reference::Bill(number, 1).to_string(), Reference::Payout(payout.id));
    let (unknown, out) = (Reference::Payout(1).to_string(), out.to_string());
    let before = market.held("bank").await;
    let lines = [
        ("A", amounts[0], ""),
        ("B", -sum - 1, out.as_str()),
        ("C", -amounts[0], bill.as_str()),
        ("D", -7, unknown.as_str()),
        ("E", sum, out.as_str()),
        ("F", -sum, "by hand"),
    ];
    let brought = market.bank_says("M-1", &lines).await.unwrap();
    assert_eq!(brought, Brought { parked: 6, ..Brought::default() });
    let parked = market.parked().await;
    let why: Vec<_> = parked.iter().map(|(_, why, _)| *why).collect();
    use Parked::{NoReference, OtherAmount, OtherDirection, Unknown};
    let expected = [NoReference, OtherAmount, OtherDirection, Unknown, OtherDirection, NoReference];
    assert_eq!(why, expected);
    let in_suspense = i128::from(-sum - 1 - 7);
    assert_eq!(market.held("suspense").await, -in_suspense, "nothing is lost meanwhile");
    assert_eq!(market.held("bank").await, before + in_suspense);

    let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|at: usize| parked[at].0);
    let wrong = market.resolve(b, TurnedOut::Payout(payout.id)).await;
    assert_eq!(wrong, Err(NotSo::Disagrees(OtherAmount)));
    let wrong = market.resolve(a, TurnedOut::Against(b)).await;
    assert_eq!(wrong, Err(NotSo::Disagrees(OtherAmount)));
    let wrong = market.resolve(a, TurnedOut::Against(a)).await;
    assert_eq!(wrong, Err(NotSo::Disagrees(OtherAmount)), "nothing undoes itself");
    assert_eq!(market.resolve(f, TurnedOut::Payout(1)).await, Err(NotSo::Disagrees(Unknown)));
    assert_eq!(market.held("suspense").await, -in_suspense);

    assert_eq!(market.resolve(a, TurnedOut::Bill(number, 1)).await, Ok(()));
    assert_eq!(market.resolve(a, TurnedOut::Charge).await, Err(NotSo::NotParked), "once");
    assert_eq!(market.held("billed").await, i128::from(amounts[1] + amounts[2]));
    assert_eq!(market.resolve(d, TurnedOut::Charge).await, Ok(()));
    assert_eq!(market.held("fees:bank").await, 7);
    assert_eq!(market.resolve(f, TurnedOut::Payout(payout.id)).await, Ok(()));
    let twice = market.resolve(e, TurnedOut::Payout(payout.id)).await;
    assert_eq!(twice, Err(NotSo::Disagrees(OtherDirection)));
    let back =
        market.bank_says("M-2", &[("G", -sum, ""), ("H", -sum, out.as_str())]).await.unwrap();
    assert_eq!(back.parked, 2, "it was confirmed before");
    let g = market.parked().await.iter().find(|line| line.2 == "G/1").unwrap().0;
    assert_eq!(market.resolve(g, TurnedOut::Against(e)).await, Ok(()));
    let h = market.parked().await.iter().find(|line| line.2 == "H/1").unwrap().clone();
    assert_eq!(h.1, Parked::PaidBefore);
    let twice = market.resolve(h.0, TurnedOut::Payout(payout.id)).await;
    assert_eq!(twice, Err(NotSo::Disagrees(Parked::PaidBefore)));
    let left = market.parked().await;
    assert_eq!(left.iter().map(|line| line.0).collect::<Vec<_>>(), [b, c, h.0]);
    let left = -sum - 1 - amounts[0] - sum;
    assert_eq!(market.held("suspense").await, -i128::from(left));
}

/// TRUST.md F16: of three payouts in one file the bank returns one. Two are confirmed, the money of
/// the third is in suspense, also when the bank says all of it once more and the other way round.
#[tokio::test]
async fn of_three_payouts_the_one_that_the_bank_returns_is_parked() {
    let market = Market::open().await;
    market.bank_of_merchant(in_japan()).await;
    for _ in 0..3 {
        market.paid_out().await;
    }
    let store = &market.agent.app.store;
    let last = store.payouts(1).await.unwrap()[0].pay_on;
    let wanted = Wanted { day: Some(last), ..wanted(Format::Pain001) };
    let file = market.file_as(wanted).await.unwrap().file.unwrap();
    assert_eq!(file.payouts.len(), 3);
    let sum = i64::try_from(file.total.minor).unwrap() / 3;
    let told: Vec<_> = file.payouts.iter().map(|id| Reference::Payout(*id).to_string()).collect();
    let mut lines = vec![
        ("A", -sum, told[0].as_str()),
        ("B", -sum, told[1].as_str()),
        ("C", -sum, told[2].as_str()),
        ("D", sum, told[1].as_str()),
    ];
    let before = market.held("bank").await;
    // What was returned before what was paid.
    lines.reverse();
    let brought = market.bank_says("M-1", &lines).await.unwrap();
    assert_eq!(brought, Brought { payouts: 3, parked: 1, ..Brought::default() });
    lines.reverse();
    let again = market.bank_says("M-2", &lines).await.unwrap();
    assert_eq!(again, Brought { known: 4, ..Brought::default() });
    let parked = market.parked().await;
    let why: Vec<_> = parked.iter().map(|(_, why, key)| (*why, key.as_str())).collect();
    assert_eq!(why, [(Parked::OtherDirection, "D/1")]);
    assert_eq!(market.held("suspense").await, -i128::from(sum));
    assert_eq!(market.held("bank").await, before + i128::from(sum));
    let twice = market.file_as(wanted).await.unwrap();
    assert!(twice.file.is_none(), "nobody pays it again by itself");
}

#[tokio::test]
async fn a_bill_that_somebody_said_was_paid_is_not_paid_again() {
    let market = Market::open().await;
    let (number, amounts) = billed(&market).await;
    let store = &market.agent.app.store;
    let bill = store.bills(&number).await.unwrap().swap_remove(0);
    store.pay_bill(bill.purchase, bill.number, market.now()).await.unwrap().unwrap();
    let bank = market.held("bank").await;
    let reference = Reference::Bill(number, 1).to_string();
    let lines = [("A", amounts[0], reference.as_str()), ("B", amounts[0], reference.as_str())];
    assert_eq!(market.bank_says("M-1", &lines).await.unwrap().parked, 2);
    let parked = market.parked().await;
    assert_eq!(market.resolve(parked[0].0, TurnedOut::Bill(number, 1)).await, Ok(()));
    let again = market.resolve(parked[1].0, TurnedOut::Bill(number, 1)).await;
    assert_eq!(again, Err(NotSo::Disagrees(Parked::PaidBefore)));
    assert_eq!(market.held("bank").await, bank + i128::from(amounts[0]), "one of them is parked");
    assert_eq!(market.held("suspense").await, -i128::from(amounts[0]));
}

#[tokio::test]
async fn another_banks_account_and_a_file_cut_off_change_nothing() {
    let market = Market::open().await;
    let good = notice("M-1", &[("A", 5, "")]);
    let store = &market.agent.app.store;
    let other = good.replace("0010011234567", "0010017654321");
    let refused = read_file(store, &own(), other.as_bytes(), market.now()).await.unwrap_err();
    assert!(matches!(refused, FileFault::Notice(NoticeFault::OtherAccount)));
    let half = &good.as_bytes()[..good.len() / 2];
    let refused = read_file(store, &own(), half, market.now()).await.unwrap_err();
    assert!(matches!(refused, FileFault::Notice(NoticeFault::Xml(_))));
    assert!(market.parked().await.is_empty() && store.balances().await.unwrap().is_empty());
    let own = own();
    let all = futures_util::future::join_all(
        (0..20).map(|_| read_file(store, &own, good.as_bytes(), market.now())),
    );
    let taken = async { all.await.iter().filter(|read| read.is_ok()).count() };
    assert_eq!(taken.await, 1, "of twenty at the same time one reads it");
    assert_eq!(market.held("suspense").await, -5);
}
