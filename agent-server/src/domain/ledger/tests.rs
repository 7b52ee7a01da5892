//! The books under whatever is written into them: always in balance, and never changed unnoticed.

use proptest::prelude::*;
use shared_protocol::{Amount, Digest, PurchaseId, Timestamp};

use super::{Account, Balances, Entry, Head, Kind, Transfer};

fn account() -> impl Strategy<Value = Account> {
    prop_oneof![
        (0..5_i64).prop_map(Account::Receivable),
        (0..5_i64).prop_map(Account::Billed),
        (0..5_i64).prop_map(Account::Deposit),
        (0..5_u8).prop_map(|n| Account::Payable(format!("mrc_{n}").parse().unwrap())),
        Just(Account::MerchantFees),
        Just(Account::PlanFees),
        Just(Account::Bank),
        Just(Account::Suspense),
    ]
}

fn transfer() -> impl Strategy<Value = Transfer> {
    let currency = prop_oneof![Just("JPY"), Just("USD"), Just("KWD")];
    (account(), account(), 1..=Amount::MINOR_MAX, currency).prop_filter_map(
        "an account pays itself",
        |(debit, credit, minor, currency)| {
            let amount = Amount::new(minor, currency.parse().unwrap()).unwrap();
            Transfer::new(debit, credit, amount)
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    let kind = (0..Kind::ALL.len()).prop_map(|at| Kind::ALL[at]);
    let purchase = prop::option::of(any::<[u8; 16]>().prop_map(PurchaseId::new));
    let transfers = prop::collection::vec(transfer(), 1..5);
    (kind, purchase, any::<[u8; 32]>(), transfers).prop_map(|(kind, purchase, word, transfers)| {
        Entry::new(kind, purchase, Digest::new(word), transfers).unwrap()
    })
}

fn journal() -> impl Strategy<Value = Vec<(Entry, Timestamp)>> {
    let at = any::<i64>().prop_map(Timestamp::from_millis);
    prop::collection::vec((entry(), at), 1..12)
}

fn heads(journal: &[(Entry, Timestamp)]) -> Vec<Head> {
    let next = |head: &mut Head, (entry, at): &(Entry, Timestamp)| {
        *head = head.followed_by(entry, *at);
        Some(*head)
    };
    journal.iter().scan(Head::START, next).collect()
}

/// The same entry with something else in one place.
fn changed(entry: &Entry, place: usize, at: usize) -> Entry {
    let (mut kind, mut purchase) = (entry.kind(), entry.purchase());
    let (mut because, mut transfers) = (entry.because(), entry.transfers().to_vec());
    let last = transfers.len() - 1;
    let line = transfers[at % transfers.len()].clone();
    let (debit, credit, amount) = (line.debit().clone(), line.credit().clone(), line.amount());
    let put = |transfers: &mut Vec<Transfer>, line: Option<Transfer>| {
        let here = at % transfers.len();
        transfers[here] = line.unwrap();
    };
    let other = Account::Receivable(77);
    match place {
        0 => kind = Kind::ALL[(kind as usize + 1) % Kind::ALL.len()],
        1 => purchase = purchase.map_or(Some(PurchaseId::new([9; 16])), |_| None),
        2 => because = Digest::new(because.as_bytes().map(|byte| byte ^ 1)),
        3 => put(&mut transfers, Transfer::new(credit, debit, amount)),
        4 => put(&mut transfers, Transfer::new(other, credit, amount)),
        5 => put(&mut transfers, Transfer::new(debit, other, amount)),
        6 => {
            let minor = if amount.minor > 1 { amount.minor - 1 } else { 2 };
            put(&mut transfers, Transfer::new(debit, credit, Amount { minor, ..amount }));
        }
        7 => {
            let currency = "EUR".parse().unwrap();
            put(&mut transfers, Transfer::new(debit, credit, Amount { currency, ..amount }));
        }
        8 => transfers.push(line),
        _ if last > 0 => drop(transfers.pop()),
        _ => because = Digest::new([0; 32]),
    }
    Entry::new(kind, purchase, because, transfers).unwrap()
}

proptest! {
    #[test]
    fn whatever_is_written_adds_up_to_nothing(journal in journal()) {
        let mut balances = Balances::default();
        for (entry, _) in &journal {
            balances.add(entry);
            prop_assert!(balances.totals().values().all(|total| *total == 0));
        }
    }

    #[test]
    fn whatever_is_changed_breaks_the_chain_from_there_on(
        journal in journal(),
        at in any::<prop::sample::Index>(),
        place in 0..10_usize,
        line in 0..5_usize,
    ) {
        let before = heads(&journal);
        let at = at.index(journal.len());
        let mut forged = journal.clone();
        forged[at].0 = changed(&journal[at].0, place, line);
        let after = heads(&forged);
        prop_assert_eq!(&before[..at], &after[..at]);
        for (one, other) in before[at..].iter().zip(&after[at..]) {
            prop_assert_ne!(one.digest, other.digest);
        }
        let mut moved = journal.clone();
        moved[at].1 = Timestamp::from_millis(moved[at].1.as_millis() ^ 1);
        prop_assert_ne!(heads(&moved)[at].digest, before[at].digest);
        let mut shorter = journal.clone();
        shorter.remove(at);
        prop_assert_ne!(heads(&shorter).last().copied(), before.last().copied());
    }

    #[test]
    fn an_account_has_one_name(account in account()) {
        prop_assert_eq!(account.to_string().parse(), Ok(account));
    }
}

#[test]
fn nothing_that_moves_nothing_is_written() {
    let yen = |minor| Amount { minor, currency: "JPY".parse().unwrap() };
    assert_eq!(Transfer::new(Account::Bank, Account::Bank, yen(1)), None);
    assert_eq!(Transfer::new(Account::Bank, Account::Suspense, yen(0)), None);
    let beyond = yen(Amount::MINOR_MAX + 1);
    assert_eq!(Transfer::new(Account::Bank, Account::Suspense, beyond), None);
    assert_eq!(Entry::new(Kind::Claim, None, Digest::new([0; 32]), Vec::new()), None);
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
    }
    for name in ["", "receivable:", "receivable:-1", "receivable:01", "payable:tea", "Bank"] {
        assert!(name.parse::<Account>().is_err(), "{name}");
    }
}

/// Computed by another program: the journal's format does not drift.
#[test]
fn an_entry_is_hashed_as_it_is_written_down() {
    let yen = Amount { minor: 300, currency: "JPY".parse().unwrap() };
    let payable = Account::Payable("mrc_tea".parse().unwrap());
    let transfer = Transfer::new(Account::Receivable(7), payable, yen).unwrap();
    let word = Digest::new([1; 32]);
    let entry = Entry::new(Kind::Claim, None, word, vec![transfer]).unwrap();
    let head = Head::START.followed_by(&entry, Timestamp::from_millis(1000));
    let hex: String = head.digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((head.number, hex.as_str()), (1, EXPECTED));
}

const EXPECTED: &str = "b5eb0492de302c3785940b9ee33641701802637b8f3009072e1ba8165844c3b8";
