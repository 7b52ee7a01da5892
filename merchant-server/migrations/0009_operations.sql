-- What the agent said of its keys: each list was signed by a key that was believed before. Written
-- for SQLite and PostgreSQL alike, as 0001.
CREATE TABLE agent_keys (
    verifying_key BLOB PRIMARY KEY NOT NULL, -- Ed25519, 32 bytes
    from_at BIGINT NOT NULL,                 -- it signs nothing before
    until_at BIGINT,                         -- moment from which it counts no more; null: it does
    listed_at BIGINT NOT NULL,               -- moment of the list that said so
    updated_by TEXT NOT NULL                 -- name of the transaction of the last change
);

-- When this database was brought back from a backup: what was decided between the two is not in
-- it, so no Grant of that time is taken.
CREATE TABLE restores (
    restored_at BIGINT PRIMARY KEY NOT NULL, -- moment it went on from there
    taken_at BIGINT NOT NULL                 -- moment of the backup
);
