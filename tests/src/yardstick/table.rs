//! The one table, in Markdown: a row a system.

use std::collections::BTreeSet;

use super::{Datum, PURCHASES, Party, Played};

/// All rows under their heading.
pub fn table(played: &[Played]) -> String {
    let mut table = String::from(HEAD);
    for one in played {
        table.push_str(&row(one));
    }
    table
}

fn row(played: &Played) -> String {
    let Played { system, done, charged, tries: (passed, made), typed, dealt, acts, .. } = played;
    let (seller, settles) = (what(played, &[Party::Seller]), what(played, SETTLE));
    let others = what(played, OTHERS);
    let all = PURCHASES.len();
    format!(
        "| {system} | {done} of {all} | {seller} | {settles} | {others} | \
         ¥{charged} ({passed} of {made} tries) | {typed} | {dealt} | {acts} |\n"
    )
}

/// What was found with any of these.
fn what(played: &Played, parties: &[Party]) -> String {
    let with = parties.iter().filter_map(|party| played.learned.get(party));
    let known: BTreeSet<Datum> = with.flatten().copied().collect();
    if known.is_empty() {
        return "–".into();
    }
    known.into_iter().map(word).collect::<Vec<_>>().join(", ")
}

fn word(datum: Datum) -> &'static str {
    match datum {
        Datum::Name => "name",
        Datum::Address => "address",
        Datum::Telephone => "telephone",
        Datum::Mail => "e-mail",
        Datum::Goods => "goods",
        Datum::Number => "**number**",
        Datum::Secret => "**secret**",
    }
}

const SETTLE: &[Party] = &[Party::Agent, Party::Bank];
const OTHERS: &[Party] = &[Party::Carrier, Party::Relay, Party::Host];

const HEAD: &str = "| system | purchases done | the seller learned | who settles learned | \
    others learned | charged without consent | fields typed | parties dealt with | acts |\n\
    | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
