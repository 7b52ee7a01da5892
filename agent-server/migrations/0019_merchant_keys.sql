-- The keys that merchants sign with and open by, and when each of them counts: old words stay
-- verifiable after a key was replaced. Written for SQLite and PostgreSQL alike, as 0001.
CREATE TABLE merchant_keys (
    merchant      TEXT   NOT NULL REFERENCES merchants (id),
    verifying_key BYTEA  NOT NULL,             -- Ed25519, 32 bytes
    sealing_key   BYTEA  NOT NULL,             -- X25519, 32 bytes: goes with it
    from_at       BIGINT NOT NULL,             -- it counts from then on
    until_at      BIGINT,                      -- until before then; NULL: without end
    revoked       BIGINT NOT NULL DEFAULT 0,   -- 1: somebody else may have it; it never counts again
    PRIMARY KEY (merchant, verifying_key)
);

INSERT INTO merchant_keys (merchant, verifying_key, sealing_key, from_at)
SELECT id, verifying_key, sealing_key, 0 FROM merchants;
