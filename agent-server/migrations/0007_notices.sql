-- Letters about a contract itself: that it has a new passkey, number or code. And of a session, by
-- what it began: whoever showed that the address is theirs sees all contracts of the address.

ALTER TABLE sessions ADD COLUMN by_address BIGINT NOT NULL DEFAULT 0; -- 1: by a mailed code

CREATE TABLE outbox_of_all (
    id          BIGINT NOT NULL PRIMARY KEY,
    purchase    BIGINT REFERENCES purchases (id),
    mailed_code BIGINT REFERENCES mailed_codes (id),
    contract    BIGINT REFERENCES contracts (id),
    kind        TEXT   NOT NULL CHECK (kind IN ('mail', 'webhook')),
    what        TEXT   NOT NULL,               -- which letter, which event
    sequence    BIGINT NOT NULL,               -- events of the purchase so far: receivers' order
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    attempts    BIGINT NOT NULL,               -- deliveries begun
    next_at     BIGINT NOT NULL,               -- not before this moment
    lease_until BIGINT,                        -- somebody is delivering it, until then at most
    last_fault  TEXT,                          -- why the last attempt failed; holds no address
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    CHECK ((CASE WHEN purchase IS NULL THEN 0 ELSE 1 END)
        + (CASE WHEN mailed_code IS NULL THEN 0 ELSE 1 END)
        + (CASE WHEN contract IS NULL THEN 0 ELSE 1 END) = 1)
);

INSERT INTO outbox_of_all (id, purchase, mailed_code, kind, what, sequence, state, attempts,
    next_at, lease_until, last_fault, created_at, updated_at)
SELECT id, purchase, mailed_code, kind, what, sequence, state, attempts, next_at, lease_until,
    last_fault, created_at, updated_at
FROM outbox;

DROP TABLE outbox;
ALTER TABLE outbox_of_all RENAME TO outbox;

CREATE INDEX outbox_by_next ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX outbox_by_mailed_code ON outbox (mailed_code) WHERE mailed_code IS NOT NULL;
