//! A live database is damaged in every way that we can name, and the audit names each: which row,
//! what it must say, what it says (TRUST.md §5; I1, I3, I6, I7, I8, I11).

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use agent_server::{
    domain::{
        audit::{Damage, Report, audit},
        confirm,
        objection::{Reason, Resolution},
        operator::Movement,
        settlement::settle_day,
    },
    files::{Format, Reference},
    keys::AgentKeyring,
    store::{Brought, NewProposal, Store, TurnedOut},
};
use shared_protocol::{Outcome, Plan, Signer as _, Span};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::{
    bank_files::in_japan,
    market::{Market, database_url},
    sale::Sale,
    shopper::{Order, id},
};

/// Everything that can happen to purchases: `a` in parts and paid, `b` by plan, `c` refused, `d`
/// cancelled, `e` declined, `f` objected to, `g` let go, `h` just confirmed.
async fn traded() -> (Market, Vec<(&'static str, i64)>) {
    let market = Market::open().await;
    let a = market.sale().await;
    a.ship("S-1").await.unwrap();
    a.say("C-1", &a.claiming("C-1", 3000, Some("S-1"))).await.unwrap();
    a.claim("C-2", 800).await.unwrap();
    a.void("V-1", 50).await.unwrap();
    a.refund("R-1", 1300).await.unwrap();
    let b = market.sale_by(Plan::Instalments(3)).await;
    b.claim("C-1", 17_050).await.unwrap();
    let c = Sale { market: &market, grant: market.granted().await };
    let word = market.merchant.refuse(&c.grant, market.now());
    market.tell(&c.grant, "refusal", &word).await.unwrap();
    let d = Sale { market: &market, grant: market.accepted().await };
    let app = &market.agent.app;
    let token = agent_server::domain::ConfirmationToken::of(&d.id(), &app.keys).expose();
    confirm::decide(app, &token, Outcome::Cancelled, market.now()).await.unwrap();
    let e = Order { contract: "C900000000003", ..market.order().await }.seal();
    market.grant(&e).await.unwrap_err();
    let f = market.sale().await;
    f.claim("C-1", 2000).await.unwrap();
    let g = market.sale().await;
    g.void("V-1", 3850).await.unwrap();
    let row = async |id| app.store.purchase(&id).await.unwrap().unwrap().row;
    let h = market.sale().await;
    let i = market.sale().await;
    market.advance(Span::hours(24 * 100));
    settle_day(app, market.now()).await.unwrap();
    bank(&market, &a).await;
    for bill in app.store.bills_of(market.contract("01").await, 100).await.unwrap() {
        app.store.pay_bill(bill.purchase, bill.number, market.now()).await.unwrap().unwrap();
    }
    propose(&market).await;
    let number = f.grant.claimed().unwrap().handling_number;
    let at = market.now();
    app.store.object(row(f.id()).await, Reason::NotMine, String::new(), at).await.unwrap();
    app.store.resolve(number, Resolution::Upheld, at).await.unwrap().unwrap();
    i.claim("C-1", 100).await.unwrap();
    let mut rows = Vec::new();
    for (name, purchase) in [
        ("a", a.id()),
        ("b", b.id()),
        ("c", c.id()),
        ("d", d.id()),
        ("e", e.purchase),
        ("f", f.id()),
        ("g", g.id()),
        ("h", id(&h.grant)),
        ("i", i.id()),
    ] {
        rows.push((name, row(purchase).await));
    }
    (market, rows)
}

/// An operator's proposal.
async fn propose(market: &Market) {
    let (store, now) = (&market.agent.app.store, market.now());
    let (by, what) = (store.operators().await.unwrap()[0].id, "{}".to_owned());
    let (digest, lapses_at) = (Movement::digest(&what), now.plus(Span::hours(1)));
    let proposal = NewProposal { id: store.fresh_id(now), what, digest, by, lapses_at };
    store.add_proposal(proposal, now).await.unwrap();
}

/// What the bank took and gave: the payout in a file and confirmed, the bill of `a` paid, lines
/// parked, one a charge, two that undo each other.
async fn bank(market: &Market, a: &Sale<'_>) {
    market.bank_of_merchant(in_japan()).await;
    let file = market.file(Format::Zengin).await.file.unwrap();
    let number = a.grant.claimed().unwrap().handling_number;
    let bill = Reference::Bill(number, 1).to_string();
    let payout = Reference::Payout(file.payouts[0]).to_string();
    let out = -i64::try_from(file.total.minor).unwrap();
    let lines = [("L-3", 40, ""), ("L-4", -40, ""), ("L-5", -9, ""), ("L-6", 5, "")];
    let matched = [("L-1", 2500, bill.as_str()), ("L-2", out, payout.as_str())];
    let brought = market.bank_says("M-1", &[&matched[..], &lines].concat()).await.unwrap();
    assert_eq!(brought, Brought { bills: 1, payouts: 1, parked: 4, ..Brought::default() });
    let store = &market.agent.app.store;
    let parked = store.parked_lines().await.unwrap();
    for (line, turned_out) in [(0, TurnedOut::Against(parked[1].id)), (2, TurnedOut::Charge)] {
        let done = store.resolve_line(parked[line].id, turned_out, market.now()).await.unwrap();
        assert_eq!(done, Ok(()));
    }
}

pub async fn report(url: &str, keys: &Path) -> Report {
    let store = Store::open(url).await.unwrap();
    let key = AgentKeyring::load(keys).unwrap().verifying_key();
    let report = audit(&store, &key).await.unwrap();
    store.close().await;
    report
}

/// One way to damage a database; `{a}` stands for the row of purchase `a`.
pub struct Way {
    pub damage: Damage,
    /// The row that must be named.
    pub row: &'static str,
    /// What must be expected of it, and found in it; empty: whatever it is.
    pub says: (&'static str, &'static str),
    /// A statement, or `flip table.column where …`: the last byte is made another.
    pub how: &'static str,
}

macro_rules! ways {
    ($($damage:ident $row:literal $expected:literal $found:literal $how:literal;)*) => {
        &[$($crate::damage::Way::of(
            agent_server::domain::audit::Damage::$damage, $row, ($expected, $found), $how,
        ),)*]
    };
}
pub(crate) use ways;

impl Way {
    pub const fn of(
        damage: Damage,
        row: &'static str,
        says: (&'static str, &'static str),
        how: &'static str,
    ) -> Self {
        Self { damage, row, says, how }
    }
}

const WAYS: &[Way] = ways! {
    ActOther "operator_acts 1" "" "" "UPDATE operator_acts SET about = 'viewer' WHERE number = 1";
    ActOther "operator_acts 2" "" "" "DELETE FROM operator_acts WHERE number = 1";
    ActOther "operator_acts 2" "" "" "flip operator_acts.digest where number = 2";
    ProposalOther "proposals " "" "" "UPDATE proposals SET what = '{ }'";
    Unreadable "purchases {a}" "" "state" "UPDATE purchases SET state = 'shipped' WHERE id = {a}";
    Unreadable "purchases {a}" "" "grant_signed"
        "UPDATE purchases SET grant_signed = x'00' WHERE id = {a}";
    Unreadable "purchases {a}" "" "tally" "UPDATE purchases SET tally = x'00' WHERE id = {a}";
    Unreadable "payouts " "" "merchant" "UPDATE payouts SET merchant = 'nobody'";
    Orphan "instalments {h}" "" "" "DELETE FROM purchases WHERE id = {h}";
    Orphan "purchases " "" "" "DELETE FROM contracts WHERE id = (SELECT contract FROM purchases
        WHERE id = {a})";
    Orphan "transfers 1" "" "" "DELETE FROM journal WHERE number = 1";
    GrantMissing "purchases {h}" "a Grant" "none"
        "UPDATE purchases SET grant_signed = NULL WHERE id = {h}";
    GrantForged "purchases {a}" "" "grant_invalid" "flip purchases.grant_signed where id = {a}";
    GrantOther "purchases {a}" "" "" "UPDATE purchases SET grant_signed =
        (SELECT grant_signed FROM purchases WHERE id = {h}) WHERE id = {a}";
    GrantOther "purchases {a}" "" "222222222222"
        "UPDATE purchases SET handling_number = '222222222222' WHERE id = {a}";
    GrantOther "purchases {a}" "" ""
        "UPDATE purchases SET purchase_id = x'00112233445566778899aabbccddeeff' WHERE id = {a}";
    GrantAmount "purchases {a}" "3850 JPY" "3851 JPY"
        "UPDATE purchases SET amount = 3851, total = 3851 WHERE id = {a}";
    GrantAmount "purchases {h}" "3850 JPY" "3850 USD"
        "UPDATE purchases SET currency = 'USD' WHERE id = {h}";
    TallyForged "purchases {a}" "" "tally_invalid" "UPDATE purchases SET tally = CAST(
        (SELECT substr(p.tally, 1, length(p.tally) - 33) FROM purchases p
            WHERE p.id = {h}) || substr(tally, length(tally) - 32) AS BLOB) WHERE id = {a}";
    TallyOther "purchases {a}" "" ""
        "UPDATE purchases SET tally = (SELECT tally FROM purchases WHERE id = {h}) WHERE id = {a}";
    ContractMissing "purchases {h}" "a contract" "none"
        "UPDATE purchases SET contract = NULL WHERE id = {h}";
    AcceptanceForged "purchases {a}" "" "acceptance_invalid"
        "flip purchases.acceptance where id = {a}";
    AcceptanceForged "purchases {a}" "" "acceptance_invalid" "UPDATE purchases SET acceptance =
        (SELECT acceptance FROM purchases WHERE id = {h}) WHERE id = {a}";
    AcceptanceMissing "purchases {a}" "an Acceptance" "none"
        "UPDATE purchases SET acceptance = NULL WHERE id = {a}";
    AcceptanceUnexpected "purchases {c}" "none" "an Acceptance" "UPDATE purchases SET acceptance =
        (SELECT acceptance FROM purchases WHERE id = {a}) WHERE id = {c}";
    RefusalForged "purchases {c}" "" "refusal_invalid" "flip purchases.refusal where id = {c}";
    RefusalMissing "purchases {c}" "a Refusal" "none"
        "UPDATE purchases SET refusal = NULL WHERE id = {c}";
    AnswerOther "purchases {a}" "none" "confirmed" "INSERT INTO recorded_answers
        VALUES ({a}, 'telephone', 'confirmed', 0, 'Sato', '', 0)";
    ConfirmationForged "purchases {a}" "" "confirmation_invalid"
        "flip purchases.confirmation where id = {a}";
    ConfirmationMissing "purchases {a}" "Confirmed" "none"
        "UPDATE purchases SET confirmation = NULL WHERE id = {a}";
    ConfirmationOther "purchases {a}" "Confirmed" "Cancelled" "UPDATE purchases SET confirmation =
        (SELECT confirmation FROM purchases WHERE id = {d}) WHERE id = {a}";
    EventGap "purchase_events {a} 3" "2" "3"
        "DELETE FROM purchase_events WHERE purchase = {a} AND number = 2";
    EventCount "purchases {a}" "3" "4" "UPDATE purchases SET events = 4 WHERE id = {a}";
    EventCount "purchases {a}" "2" "3"
        "DELETE FROM purchase_events WHERE purchase = {a} AND number = 3";
    EventUnlawful "purchase_events {a} 2" "" "order-refunded" "UPDATE purchase_events
        SET event = 'order-refunded' WHERE purchase = {a} AND number = 2";
    EventUnlawful "purchase_events {a} 2" "" "shopper-confirmed" "UPDATE purchase_events
        SET event = 'shopper-confirmed' WHERE purchase = {a} AND number = 2";
    EventState "purchase_events {a} 2" "accepted" "confirmed" "UPDATE purchase_events
        SET state = 'confirmed' WHERE purchase = {a} AND number = 2";
    State "purchases {a}" "confirmed" "accepted"
        "UPDATE purchases SET state = 'accepted' WHERE id = {a}";
    State "purchases {e}" "declined" "confirmed"
        "UPDATE purchases SET state = 'confirmed' WHERE id = {e}";
    Plan "purchases {b}" "instalments" "single"
        "UPDATE purchases SET plan = 'single' WHERE id = {b}";
    Plan "purchases {h}" "a plan" "none" "UPDATE purchases SET plan = NULL WHERE id = {h}";
    PlanFee "purchases {b}" "427" "0" "UPDATE purchases SET fee = 0 WHERE id = {b}";
    PlanTotal "purchases {h}" "3850" "3849" "UPDATE purchases SET total = 3849 WHERE id = {h}";
    QuoteForged "purchases {b}" "" "quote_invalid" "flip purchases.quote where id = {b}";
    InstalmentGap "instalments {b} 3" "2" "3"
        "DELETE FROM instalments WHERE purchase = {b} AND number = 2";
    InstalmentSum "purchases {h}" "3850" "3851"
        "UPDATE instalments SET amount = 3851 WHERE purchase = {h}";
    InstalmentOther "instalments {b} 2" "" "2099-01-01"
        "UPDATE instalments SET due = '2099-01-01' WHERE purchase = {b} AND number = 2";
    Settled "purchases {c}" "confirmed" "refused"
        "UPDATE settlement_words SET purchase = {c} WHERE purchase = {a}";
    SumsMissing "purchases {a}" "its sums" "none" "DELETE FROM settlements WHERE purchase = {a}";
    WordGap "settlement_words {a} claim C-2" "2" "3"
        "DELETE FROM settlement_words WHERE purchase = {a} AND name = 'C-1'";
    WordCount "settlements {a}" "5" "6" "UPDATE settlements SET words = 6 WHERE purchase = {a}";
    WordForged "settlement_words {a} claim C-1" "" "settlement_invalid"
        "flip settlement_words.said where purchase = {a} AND name = 'C-1'";
    WordForged "settlement_words {a} claim C-9" "" "settlement_invalid"
        "UPDATE settlement_words SET name = 'C-9' WHERE purchase = {a} AND name = 'C-1'";
    WordForged "settlement_words {a} claim C-1" "" "settlement_invalid"
        "UPDATE settlement_words SET said = (SELECT said FROM settlement_words w
            WHERE w.purchase = {b} AND w.name = 'C-1') WHERE purchase = {a} AND name = 'C-1'";
    WordForged "settlement_words {a} claim C-2" "" ""
        "UPDATE settlement_words SET said = NULL WHERE purchase = {a} AND name = 'C-2'";
    WordDigest "settlement_words {a} claim C-1" "" ""
        "flip settlement_words.digest where purchase = {a} AND name = 'C-1'";
    WordUnlawful "settlement_words {a} refund R-1" "" "amount_exceeded"
        "DELETE FROM settlement_words WHERE purchase = {a} AND kind = 'claim'";
    WordSums "settlement_words {a} claim C-1" "3000 claimed" "3001 claimed" "UPDATE
        settlement_words SET claimed = 3001 WHERE purchase = {a} AND name = 'C-1'";
    WordSums "settlement_words {a} refund R-1" "1300 refunded" "0 refunded" "UPDATE
        settlement_words SET refunded = 0 WHERE purchase = {a} AND name = 'R-1'";
    WordShare "settlement_words {a} claim C-1" "2910" "3000" "UPDATE settlement_words
        SET share = 3000 WHERE purchase = {a} AND name = 'C-1'";
    WordEntry "settlement_words {a} claim C-1" "an entry" "none" "UPDATE settlement_words
        SET entry = NULL WHERE purchase = {a} AND name = 'C-1'";
    WordEntry "settlement_words {a} void V-1" "no entry" "journal 1" "UPDATE settlement_words
        SET entry = 1 WHERE purchase = {a} AND name = 'V-1'";
    WordMoment "settlement_words {a} claim C-1" "" "5" "UPDATE settlement_words SET at = 5
        WHERE purchase = {a} AND name = 'C-1'";
    WordShare "settlement_words {a} claim C-1" "3000" "2910"
        "UPDATE settlements SET fee_rate = 0 WHERE purchase = {a}";
    WordHead "settlement_words {a} claim C-1" "1" "2" "UPDATE settlement_words SET head = 2
        WHERE purchase = {a} AND name = 'C-1'";
    WordHead "settlement_words {a} void V-1" "at most" "999" "UPDATE settlement_words
        SET head = 999 WHERE purchase = {a} AND name = 'V-1'";
    Claimed "settlements {a}" "3800" "3850"
        "UPDATE settlements SET claimed = 3850, voided = 0 WHERE purchase = {a}";
    Voided "settlements {a}" "50" "0" "UPDATE settlements SET voided = 0 WHERE purchase = {a}";
    Refunded "settlements {a}" "1300" "0"
        "UPDATE settlements SET refunded = 0 WHERE purchase = {a}";
    BillGap "bills {a} 2" "1" "2" "UPDATE bills SET number = 2 WHERE purchase = {a}";
    Billed "purchases {a}" "2500" "2501" "UPDATE settlements SET billed = 2501
        WHERE purchase = {a}";
    Billed "purchases {b}" "0" "17477" "DELETE FROM bills WHERE purchase = {b}";
    Paid "purchases {a}" "2500" "2600" "UPDATE settlements SET paid = 2600 WHERE purchase = {a}";
    Paid "purchases {a}" "0" "2500" "UPDATE bills SET payment = NULL WHERE purchase = {a}";
    OverBilled "purchases {a}" "at most 3850" "9999"
        "UPDATE bills SET amount = 9999 WHERE purchase = {a}";
    Upheld "purchases {f}" "true" "false" "UPDATE objections SET resolution = 'rejected'";
    Upheld "purchases {f}" "true" "false" "DELETE FROM objections";
    Reserved "contracts " "" "1" "UPDATE contracts SET reserved = 1 WHERE id = (SELECT contract
        FROM purchases WHERE id = {a})";
    PayoutMissing "purchases {a}" "payouts" "none" "DELETE FROM payouts";
    PayoutAmount "payouts " "" "1" "UPDATE payouts SET amount = 1";
    PayoutAmount "payouts " "" "" "UPDATE settlement_words SET payout = NULL WHERE purchase = {a}
        AND name = 'C-2'";
    PayoutAmount "payouts " "" "" "UPDATE settlement_words SET payout = (SELECT id FROM payouts)
        WHERE purchase = {i}";
    PayoutOther "payouts " "mrc_tee" "mrc_tea" "INSERT INTO merchants (id, name_ja,
        name_en, legal_ja, legal_en, origins, server, verifying_key, sealing_key, payout_class,
        status, valid_until, serial, updated_at, updated_by, plans) SELECT 'mrc_tee', name_ja,
        name_en, legal_ja, legal_en, origins, server, verifying_key, sealing_key, payout_class,
        status, valid_until, serial, updated_at, updated_by, plans FROM merchants;
        UPDATE payouts SET merchant = 'mrc_tee'";
    PayoutEarly "settlement_words {a} claim C-1" "before 5" "" "UPDATE payouts SET cutoff = 5";
    Orphan "payouts " "" "" "DELETE FROM payout_files";
    FileOther "payout_files " "" "" "flip payout_files.content where payments = 1";
    FileOther "payout_files " "" "" "flip payout_files.digest where payments = 1";
    FileSum "payout_files " "1 payments" "2 payments" "UPDATE payout_files SET payments = 2";
    FileSum "payout_files " "1 payments" ", 1" "UPDATE payout_files SET total = 1";
    FileSum "payout_files " "0 payments" "1 payments" "UPDATE payouts SET file = NULL";
    StatementCount "statements " "6" "5" "DELETE FROM statement_lines WHERE bank_key = 'L-6/1'";
    LineFate "statement_lines " "an entry" "none" "UPDATE statement_lines SET parking = NULL
        WHERE bank_key = 'L-6/1'";
    LineFate "statement_lines " "no entry" "journal 1" "UPDATE statement_lines SET resolving = 1
        WHERE bank_key = 'L-6/1'";
    LineFate "statement_lines " "matched or parked" "neither" "UPDATE statement_lines
        SET matched = NULL WHERE bank_key = 'L-1/1'";
    LineBill "statement_lines " "2501 JPY" "2500 JPY" "UPDATE statement_lines SET amount = 2501
        WHERE bank_key = 'L-1/1'";
    LineBill "statement_lines " "a bill that is paid" "none"
        "UPDATE bills SET payment = NULL WHERE purchase = {a}";
    LinePayout "statement_lines " "-1 JPY" "" "UPDATE statement_lines SET amount = -1
        WHERE bank_key = 'L-2/1'";
    LineAgainst "statement_lines " "-40 JPY" "none" "UPDATE statement_lines SET against = NULL
        WHERE bank_key = 'L-3/1'";
    EntryAmount "transfers " "6 JPY" "5 JPY" "UPDATE statement_lines SET amount = 6
        WHERE bank_key = 'L-6/1'";
    EntryUnexplained "journal " "a reason" "none" "DELETE FROM statement_lines
        WHERE bank_key = 'L-6/1'";
    EntryMissing "settlement_words {a} claim C-1" "journal 1" "none"
        "DELETE FROM transfers WHERE entry = 1; DELETE FROM journal WHERE number = 1";
    EntryKind "journal 1" "claim" "refund" "UPDATE journal SET kind = 'refund' WHERE number = 1";
    EntryReason "journal 1" "" "" "flip journal.because where number = 1";
    EntryReason "journal 1" "" "" "UPDATE journal SET purchase = {h} WHERE number = 1";
    EntryAccount "transfers 1 1" "payable:mrc_tea" "suspense"
        "UPDATE transfers SET credit = 'suspense' WHERE entry = 1 AND line = 1";
    EntryAccount "transfers 1 1" "receivable" "receivable:9"
        "UPDATE transfers SET debit = 'receivable:9' WHERE entry = 1 AND line = 1";
    EntryAmount "transfers 1 1" "3000 JPY" "2999 JPY"
        "UPDATE transfers SET amount = 2999 WHERE entry = 1 AND line = 1";
    EntryAmount "transfers 1 1" "3000 JPY" "3000 USD"
        "UPDATE transfers SET currency = 'USD' WHERE entry = 1 AND line = 1";
    EntryLines "journal 1" "2" "1" "DELETE FROM transfers WHERE entry = 1 AND line = 2";
    EntryLines "journal 1" "2" "3" "INSERT INTO transfers VALUES (1, 3, 'bank', 'suspense', 5,
        'JPY')";
    EntryShared "purchases {a}" "" "journal 1" "UPDATE settlement_words SET entry = 1, head = 1
        WHERE purchase = {a} AND name = 'C-2'";
    EntryUnexplained "journal 1" "a reason" "none" "DELETE FROM settlement_words
        WHERE purchase = {a} AND name = 'C-1'";
    EntryUnexplained "journal 999" "a reason" "none" "INSERT INTO journal SELECT 999, kind,
        purchase, because, at, digest, created_by FROM journal WHERE number = 1";
    EntryUnreadable "transfers 1 1" "a transfer" "-3000 JPY"
        "UPDATE transfers SET amount = -amount WHERE entry = 1 AND line = 1";
    EntryUnreadable "transfers 1 1" "a transfer" "petty cash"
        "UPDATE transfers SET debit = 'petty cash' WHERE entry = 1 AND line = 1";
    ChainGap "journal 2" "journal 1" "journal 2" "DELETE FROM journal WHERE number = 1";
    ChainBroken "journal 1" "" "" "UPDATE journal SET at = at + 1 WHERE number = 1";
    ChainBroken "journal 2" "" "" "flip journal.digest where number = 2";
    ChainBroken "journal 1" "" "" "UPDATE transfers SET amount = 2999 WHERE entry = 1
        AND line = 1";
};

async fn flip(connection: &mut AnyConnection, how: &str) {
    let (place, condition) = how.split_once(" where ").unwrap();
    let (table, column) = place.split_once('.').unwrap();
    let select = format!("SELECT {column} FROM {table} WHERE {condition}");
    let row = sqlx::query(AssertSqlSafe(select)).fetch_one(&mut *connection).await.unwrap();
    let mut bytes: Vec<u8> = row.get(0);
    *bytes.last_mut().unwrap() ^= 1;
    let update = format!("UPDATE {table} SET {column} = $1 WHERE {condition}");
    let done = sqlx::query(AssertSqlSafe(update)).bind(bytes).execute(connection).await.unwrap();
    assert_eq!(done.rows_affected(), 1, "{how}");
}

pub async fn damage(url: &str, how: &str) {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let is_file = url.starts_with("sqlite:");
    let blindly = match is_file {
        true => "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
        false => "SET session_replication_role = replica",
    };
    connection.execute(sqlx::raw_sql(blindly)).await.unwrap();
    match how.strip_prefix("flip ") {
        Some(how) => flip(&mut connection, how).await,
        None => {
            let how = match is_file {
                true => how.to_owned(),
                false => how.replace(" x'", " '\\x").replace("AS BLOB", "AS BYTEA"),
            };
            let done = sqlx::raw_sql(AssertSqlSafe(how.clone())).execute(&mut connection).await;
            assert!(done.unwrap().rows_affected() > 0, "{how}");
        }
    }
    connection.close().await.unwrap();
}

/// The database after the trade, and copies of it to be damaged.
pub struct Sound {
    url: String,
    folder: PathBuf,
}

impl Sound {
    /// A copy of the stopped server's database.
    pub async fn of(folder: &Path) -> Self {
        let whole = database_url(folder);
        if !whole.starts_with("sqlite:") {
            let sound = Self { url: postgres_cluster::copy(&whole), folder: folder.into() };
            sound.run(UNCHECKED).await;
            return sound;
        }
        // One file, whatever is in the WAL still.
        let sound = folder.join("sound.sqlite");
        let mut connection = AnyConnection::connect(&whole).await.unwrap();
        let into = format!("VACUUM INTO '{}'", sound.display());
        sqlx::query(AssertSqlSafe(into)).execute(&mut connection).await.unwrap();
        Self { url: format!("sqlite:{}", sound.display()), folder: folder.into() }
    }

    /// A sound database, whatever was done to the last one.
    pub async fn copy(&self) -> String {
        let Some(file) = self.url.strip_prefix("sqlite:") else {
            self.run(RESTORED).await;
            return self.url.clone();
        };
        let copy = self.folder.join("damaged.sqlite");
        std::fs::copy(file, &copy).unwrap();
        for log in ["damaged.sqlite-wal", "damaged.sqlite-shm"] {
            std::fs::remove_file(self.folder.join(log)).ok();
        }
        format!("sqlite:{}", copy.display())
    }

    async fn run(&self, statements: &'static str) {
        let mut connection = AnyConnection::connect(&self.url).await.unwrap();
        connection.execute(sqlx::raw_sql(statements)).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// PostgreSQL checks what it is told to check whoever writes.
const UNCHECKED: &str = "DO $$ DECLARE c RECORD; BEGIN
    FOR c IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.place, c.conname); END LOOP;
END $$;
CREATE SCHEMA sound;
DO $$ DECLARE t TEXT; BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
    LOOP EXECUTE format('CREATE TABLE sound.%I AS TABLE public.%I', t, t); END LOOP;
END $$";

/// A database costs more to make than its rows.
const RESTORED: &str = "SET session_replication_role = replica;
DO $$ DECLARE t TEXT; BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
    LOOP
        EXECUTE format('DELETE FROM public.%I', t);
        EXECUTE format('INSERT INTO public.%I SELECT * FROM sound.%I', t, t);
    END LOOP;
END $$";

pub fn named(text: &str, rows: &[(&str, i64)]) -> String {
    let put = |text: String, (name, row): &(&str, i64)| {
        text.replace(&format!("{{{name}}}"), &row.to_string())
    };
    rows.iter().fold(text.to_owned(), put)
}

#[tokio::test]
async fn every_damage_is_named_with_its_row() {
    let (market, rows) = traded().await;
    crate::naming::each_is_named(market, &rows, WAYS).await;
    let others = [crate::transfer_damage::WAYS, crate::return_damage::WAYS];
    let all = || WAYS.iter().chain(others.into_iter().flatten());
    let tried: BTreeSet<Damage> = all().map(|way| way.damage).collect();
    let untried: Vec<_> = Damage::ALL.iter().filter(|kind| !tried.contains(kind)).collect();
    assert!(untried.is_empty(), "never tried: {untried:?}");
    println!("  kinds of damage named: {} in {} ways", tried.len(), all().count());
}
