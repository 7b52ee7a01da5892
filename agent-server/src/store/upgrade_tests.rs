//! A database of the first version, brought up to date: nothing that was owed or agreed is lost.

use shared_protocol::{ContractNumber, SecurityCode, Timestamp};
use sqlx::AssertSqlSafe;

use super::{About, Engine, Store, connect, sqlite, tests::fresh, writer::Connection};
use crate::{
    domain::{
        code::{CodeCost, verify},
        contract::Claim,
        objection::Resolution,
    },
    entropy::Entropy,
    keys::AgentKeyring,
    seed,
};

/// What the first version wrote of one contract, one purchase and one letter.
const WRITTEN: &str = "
    INSERT INTO merchants VALUES ('mrc_tea', 'a', 'a', 'a', 'a', '', '', x'00', x'00', 's',
        'active', NULL, 1, 1, 't');
    INSERT INTO contracts VALUES (1, x'01', '42', $CODE, 1000, 0, 'JPY', 'active', NULL, 0,
        'a@example.jp', 'ja', 1, 1, 't');
    INSERT INTO purchases VALUES (2, x'00112233445566778899aabbccddeeff', NULL, 'mrc_tea', 1, x'00',
        'declined', 44, 1, 'JPY', 1, '', '', 'ja', x'00', NULL, NULL, NULL, NULL, 1, NULL, 1, 1,
        't');
    INSERT INTO outbox VALUES (3, 2, 'mail', 'expired', 1, 'dead', 4, 5, NULL, 'no', 6, 7);";

/// A connection to a database as that version left it.
async fn of_version(url: &str, version: usize) -> Connection {
    let place = connect::Place::of(url).unwrap();
    if place.engine == Engine::Sqlite {
        sqlite::create(&sqlite::options(url).unwrap()).await.unwrap();
    }
    let mut connection = place.connect().await.unwrap();
    let mut before = connect::migrations();
    before.migrations.to_mut().truncate(version);
    before.run(&mut connection).await.unwrap();
    connection
}

/// Runs statements; `x'00'` are bytes, as PostgreSQL writes them otherwise.
async fn write(connection: &mut Connection, statements: String) {
    let statements = match connection.backend_name() {
        "PostgreSQL" => statements.replace("x'", "'\\x"),
        _ => statements,
    };
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    AgentKeyring::create_missing(folder.path(), &Entropy::new()).unwrap();
    let keys = AgentKeyring::load(folder.path()).unwrap();
    let number = ContractNumber::new("C123456789042");
    let claim = Claim::of_code(&number, &SecurityCode::new("2468"), &keys);
    let url = fresh(folder.path());
    let mut connection = of_version(&url, 1).await;
    let code: String = claim.code_mac.mac.iter().map(|byte| format!("{byte:02x}")).collect();
    let written = WRITTEN.replace("$CODE", &format!("x'{code}'"));
    write(&mut connection, written).await;
    drop(connection);

    let store = Store::open(&url).await.unwrap();
    let kept = store.outbox("dead", 10).await.unwrap().swap_remove(0);
    assert!(matches!(kept.parcel.about, About::Purchase(_)));
    assert_eq!((kept.parcel.id, kept.parcel.attempts, kept.parcel.sequence), (3, 4, 1));
    assert_eq!(kept.last_fault.as_deref(), Some("no"));
    assert!(store.fresh_id(Timestamp::from_millis(0)) > 3, "keys go on after the newest");

    assert_eq!(store.bare_codes().await.unwrap(), [(1, claim.code_mac.mac)]);
    seed::wrap_bare_codes(&store, CodeCost::LEAST, &Entropy::new()).await.unwrap();
    assert!(store.bare_codes().await.unwrap().is_empty());
    let account = store.account(1).await.unwrap().unwrap();
    let stored = &account.facts.code_hash;
    assert!(verify(&claim.code_mac, Some(stored), stored).is_right(), "nobody types it again");
    assert!(account.number_sealed.is_none(), "which was not kept");
    assert!(store.contract_of_address("A@example.jp").await.unwrap().is_some());
    store.close().await;
}

#[tokio::test]
async fn what_was_objected_to_before_there_were_books_can_still_be_resolved() {
    let folder = tempfile::tempdir().unwrap();
    let url = fresh(folder.path());
    let mut connection = of_version(&url, 5).await;
    // Signed bytes: one of statement, a signature of nothing.
    let written = OBJECTED.replace("$GRANT", &format!("x'010040{}'", "00".repeat(64)));
    let written = written.replace("$DIGEST", &"00".repeat(32));
    write(&mut connection, written).await;
    drop(connection);

    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.objections().await.unwrap().len(), 1);
    let number = "000000000000".parse().unwrap();
    let now = Timestamp::from_millis(9);
    let rejected = store.resolve(number, Resolution::Rejected, now).await.unwrap();
    assert_eq!(rejected, Ok(()));
    assert!(store.balances().await.unwrap().is_empty());
    store.close().await;
}

/// What the fifth version wrote of an objection.
const OBJECTED: &str = "
    INSERT INTO merchants (id, name_ja, name_en, legal_ja, legal_en, origins, server,
        verifying_key, sealing_key, payout_class, status, serial, updated_at, updated_by)
    VALUES ('mrc_tea', 'a', 'a', 'a', 'a', '', '', x'00', x'00', 's', 'active', 1, 1, 't');
    INSERT INTO purchases (id, purchase_id, handling_number, merchant, request_digest, state,
        amount, currency, quantity, item_ja, item_en, locale, tally, events, created_at,
        updated_at, updated_by, grant_signed)
    VALUES (2, x'00112233445566778899aabbccddeeff', '000000000000', 'mrc_tea', x'$DIGEST',
        'granted', 1, 'JPY', 1, '', '', 'ja', x'00', 1, 1, 1, 't', $GRANT);
    INSERT INTO objections VALUES (3, 2, 'other', '', 1);";
