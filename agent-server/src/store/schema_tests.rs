//! The same migrations make the same tables of both kinds of database.

use std::collections::BTreeSet;

use sqlx::{Row as _, raw_sql};

use super::{Store, tests::another};

/// What a schema consists of, a line each.
async fn schema(url: &str, statements: &[&'static str]) -> BTreeSet<String> {
    let mut connection = another(url).await;
    let mut parts = BTreeSet::new();
    for statement in statements {
        for row in raw_sql(*statement).fetch_all(&mut connection).await.unwrap() {
            parts.insert(row.get::<String, _>(0));
        }
    }
    parts
}

#[tokio::test]
async fn both_kinds_have_the_same_tables_columns_keys_and_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("agent.sqlite").display());
    let server = postgres_cluster::fresh();
    for url in [&file, &server] {
        Store::open(url).await.unwrap().close().await;
    }
    let (in_file, in_server) = (schema(&file, SQLITE).await, schema(&server, POSTGRES).await);
    assert!(in_file.len() > 300, "{in_file:#?}");
    let only = |one: &BTreeSet<String>, other| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(only(&in_file, &in_server), only(&in_server, &in_file));
}

/// Columns with type and NOT NULL, primary keys in their order, foreign keys, indexes with their
/// columns; and how often each table checks something, as each writes its checks in its own way.
const SQLITE: &[&str] = &[
    "SELECT m.name || '.' || c.name || ' ' || lower(c.type)
         || CASE WHEN c.\"notnull\" = 1 THEN ' not null' ELSE '' END
     FROM sqlite_master m JOIN pragma_table_info(m.name) c
     WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'",
    "SELECT m.name || ' key ' || group_concat(c.name, ',' ORDER BY c.pk)
     FROM sqlite_master m JOIN pragma_table_info(m.name) c
     WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND c.pk > 0
     GROUP BY m.name",
    "SELECT m.name || '.' || f.\"from\" || ' references ' || f.\"table\"
     FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    "SELECT m.name || ' unique ' || (SELECT group_concat(c.name, ',' ORDER BY c.seqno)
         FROM pragma_index_info(i.name) c)
     FROM sqlite_master m JOIN pragma_index_list(m.name) i
     WHERE m.type = 'table' AND i.origin = 'u' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'",
    "SELECT m.name || ' index ' || i.name || CASE WHEN i.partial = 1 THEN ' partial' ELSE '' END
         || ' ' || (SELECT group_concat(coalesce(c.name, 'expression'), ',' ORDER BY c.seqno)
             FROM pragma_index_info(i.name) c)
     FROM sqlite_master m JOIN pragma_index_list(m.name) i
     WHERE m.type = 'table' AND i.origin = 'c'",
    "SELECT name || ' checks ' || ((length(sql) - length(replace(sql, 'CHECK (', ''))) / 7)
     FROM sqlite_master WHERE type = 'table' AND sql LIKE '%CHECK (%'",
];

const POSTGRES: &[&str] = &[
    "SELECT table_name || '.' || column_name || ' ' || data_type
         || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END
     FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
    "SELECT conrelid::regclass || ' key ' || (SELECT string_agg(a.attname, ',' ORDER BY k.place)
         FROM unnest(conkey) WITH ORDINALITY k (number, place)
         JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.number)
     FROM pg_constraint WHERE contype = 'p' AND connamespace = 'public'::regnamespace
         AND conrelid::regclass::text NOT LIKE '\\_sqlx%'",
    "SELECT conrelid::regclass || '.' || a.attname || ' references ' || confrelid::regclass
     FROM pg_constraint JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
    "SELECT conrelid::regclass || ' unique ' || (SELECT string_agg(a.attname, ',' ORDER BY k.place)
         FROM unnest(conkey) WITH ORDINALITY k (number, place)
         JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.number)
     FROM pg_constraint WHERE contype = 'u' AND connamespace = 'public'::regnamespace",
    "SELECT indrelid::regclass || ' index ' || indexrelid::regclass
         || CASE WHEN indpred IS NULL THEN '' ELSE ' partial' END || ' '
         || (SELECT string_agg(coalesce(a.attname, 'expression'), ',' ORDER BY k.place)
             FROM unnest(indkey::smallint[]) WITH ORDINALITY k (number, place)
             LEFT JOIN pg_attribute a
                 ON a.attrelid = indrelid AND a.attnum = k.number AND k.number > 0)
     FROM pg_index JOIN pg_class c ON c.oid = indexrelid
     WHERE c.relnamespace = 'public'::regnamespace
         AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
    "SELECT conrelid::regclass || ' checks ' || COUNT(*)
     FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
     GROUP BY conrelid",
];
