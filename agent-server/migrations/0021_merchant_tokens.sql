-- By what a merchant's own programs read what is theirs. Written for SQLite and PostgreSQL alike, as
-- 0001.

-- The token itself is nowhere here.
CREATE TABLE merchant_tokens (
    id           BIGINT NOT NULL PRIMARY KEY,  -- of mtk_…
    merchant     TEXT   NOT NULL REFERENCES merchants (id),
    label        TEXT   NOT NULL,              -- what the operator calls it
    token_digest BYTEA  NOT NULL UNIQUE,       -- SHA-256 of the token
    created_at   BIGINT NOT NULL,
    revoked_at   BIGINT                        -- NULL: it counts
);

CREATE INDEX merchant_tokens_by_merchant ON merchant_tokens (merchant);
CREATE INDEX payouts_by_entry ON payouts (entry);
CREATE INDEX settlement_words_by_payout ON settlement_words (payout) WHERE payout IS NOT NULL;
