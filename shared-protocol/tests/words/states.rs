//! The states of a purchase against the table that PROTOCOL.md prints: every pair of state and
//! event, one by one.

use std::collections::{BTreeMap, BTreeSet};

use shared_protocol::{IllegalEvent, PurchaseEvent as E, PurchaseState as S};

use crate::page;

/// The printed table: for each state what its row says under each head.
fn printed() -> BTreeMap<String, BTreeMap<String, String>> {
    let page = page::page();
    let mut rows = page::between(&page, "states").lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim_start_matches("| ").trim_end_matches('|');
        inner.split(" |").map(|cell| cell.trim().trim_matches(['*', '`']).to_string()).collect()
    };
    let heads = cells(rows.next().unwrap());
    let table: BTreeMap<_, _> = rows
        .skip(1)
        .map(|row| {
            let row = cells(row);
            (row[0].clone(), heads.iter().cloned().zip(row).skip(1).collect())
        })
        .collect();
    assert_eq!(table.len(), S::ALL.len());
    table
}

#[test]
fn every_state_and_event_do_what_the_page_prints() {
    let table = printed();
    let mut pairs = 0;
    for state in S::ALL {
        let row = &table[state.name()];
        assert_eq!(row.len(), E::ALL.len() + 2, "{}", state.name());
        for event in E::ALL {
            let expected = match row[event.name()].as_str() {
                "" => Err(IllegalEvent { state, event }),
                name => Ok(S::from_name(name).expect("a state's name")),
            };
            assert_eq!(state.apply(event), expected, "{} {}", state.name(), event.name());
            pairs += 1;
        }
        assert_eq!(row["final"] == "yes", state.is_final(), "{}", state.name());
        assert_eq!(row["holds credit"] == "yes", state.holds_credit(), "{}", state.name());
    }
    assert_eq!(pairs, 117);
}

/// The same rules from the seed's text, not from the code or the page: who may say what when.
#[test]
fn the_transitions_are_those_of_the_seed() {
    let lawful = [
        (S::Started, E::OrderChecked, S::Checked),
        (S::Started, E::GrantIssued, S::Granted),
        (S::Started, E::GrantDeclined, S::Declined),
        (S::Started, E::TimedOut, S::Expired),
        (S::Checked, E::OrderChecked, S::Checked),
        (S::Checked, E::GrantIssued, S::Granted),
        (S::Checked, E::GrantDeclined, S::Declined),
        (S::Checked, E::TimedOut, S::Expired),
        (S::Granted, E::OrderAccepted, S::Accepted),
        (S::Granted, E::OrderRefused, S::Refused),
        (S::Granted, E::ShopperCancelled, S::Cancelled),
        (S::Granted, E::TimedOut, S::Expired),
        (S::Accepted, E::ShopperConfirmed, S::Confirmed),
        (S::Accepted, E::ShopperCancelled, S::Cancelled),
        (S::Accepted, E::TimedOut, S::Expired),
        (S::Accepted, E::TransferScheduled, S::Accepted),
        (S::Accepted, E::TransferReceived, S::Confirmed),
        (S::Accepted, E::TransferFailed, S::Cancelled),
        (S::Confirmed, E::ShopperWithdrew, S::Cancelled),
        (S::Confirmed, E::MerchantVoided, S::Cancelled),
        (S::Confirmed, E::TransferFailed, S::Cancelled),
    ];
    let of_code: BTreeSet<_> = S::ALL
        .into_iter()
        .flat_map(|state| E::ALL.map(|event| (state, event)))
        .filter_map(|(state, event)| state.apply(event).ok().map(|next| (state, event, next)))
        .collect();
    assert_eq!(of_code, BTreeSet::from(lawful));
}

#[test]
fn no_event_leaves_a_final_state_and_every_other_state_can_end() {
    for state in S::ALL {
        let leaves = E::ALL.into_iter().any(|event| state.apply(event).is_ok());
        assert_eq!(leaves, !state.is_final(), "{}", state.name());
        // What was agreed by all three does not run out: shopper or merchant takes it back.
        if !state.is_final() && state != S::Confirmed {
            assert_eq!(state.apply(E::TimedOut), Ok(S::Expired), "{}", state.name());
        }
    }
}

#[test]
fn credit_is_held_from_the_grant_until_it_is_called_off() {
    for (state, event) in S::ALL.into_iter().flat_map(|s| E::ALL.map(|e| (s, e))) {
        if let Ok(next) = state.apply(event) {
            let expected = match event {
                E::GrantIssued
                | E::OrderAccepted
                | E::ShopperConfirmed
                | E::TransferScheduled
                | E::TransferReceived => true,
                E::OrderChecked
                | E::GrantDeclined
                | E::OrderRefused
                | E::ShopperCancelled
                | E::ShopperWithdrew
                | E::MerchantVoided
                | E::TransferFailed
                | E::TimedOut => false,
            };
            assert_eq!(next.holds_credit(), expected, "{} {}", state.name(), event.name());
        }
    }
}

#[test]
fn goods_may_go_only_where_grant_acceptance_and_consent_came_in_order() {
    // Every path of up to ten events that ends confirmed holds the three in this order.
    let mut paths = vec![(S::Started, Vec::new())];
    let mut confirmed = 0;
    for _ in 0..10 {
        let mut longer = Vec::new();
        for (state, path) in &paths {
            for event in E::ALL {
                // Asking the merchant again changes nothing: once is enough to try.
                if event == E::OrderChecked && *state == S::Checked {
                    continue;
                }
                // So does another day for the same transfer.
                if event == E::TransferScheduled && path.contains(&event) {
                    continue;
                }
                if let Ok(next) = state.apply(event) {
                    let mut path: Vec<E> = path.clone();
                    path.push(event);
                    if next == S::Confirmed {
                        let steps: Vec<E> =
                            path.iter().copied().filter(|e| *e != E::TransferScheduled).collect();
                        let end = &steps[steps.len() - 3..];
                        assert_eq!(end[..2], [E::GrantIssued, E::OrderAccepted]);
                        assert!([E::ShopperConfirmed, E::TransferReceived].contains(&end[2]));
                        confirmed += 1;
                    }
                    longer.push((next, path));
                }
            }
        }
        paths = longer;
    }
    assert_eq!((confirmed, paths.len()), (8, 0), "checked first or not; every path ends");
}

#[test]
fn names_are_read_again_and_are_all_different() {
    let states: BTreeSet<_> = S::ALL.into_iter().map(S::name).collect();
    let events: BTreeSet<_> = E::ALL.into_iter().map(E::name).collect();
    assert_eq!((states.len(), events.len()), (9, 13));
    for state in S::ALL {
        assert_eq!(S::from_name(state.name()), Some(state));
    }
    assert_eq!(S::from_name("shipped"), None);
}
