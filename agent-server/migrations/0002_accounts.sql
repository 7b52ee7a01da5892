-- The shopper's side: numbers sealed at rest, enrolment, sessions, limits, objections. Written for
-- SQLite and PostgreSQL alike, as 0001. `contracts.code_hash` holds from now on an argon2id string
-- (PHC) over the keyed hash that it held before; rows of before are wrapped at the next start.

ALTER TABLE contracts ADD COLUMN number_sealed BYTEA;   -- AEAD, bound to the row; NULL: entered before
ALTER TABLE contracts ADD COLUMN purchase_limit BIGINT CHECK (purchase_limit >= 0); -- NULL: none
ALTER TABLE contracts ADD COLUMN day_limit BIGINT CHECK (day_limit >= 0);
ALTER TABLE contracts ADD COLUMN merchant_limit BIGINT CHECK (merchant_limit >= 0); -- a day at one
ALTER TABLE contracts ADD COLUMN lost_at BIGINT;        -- the shopper stopped it; NULL: did not

CREATE INDEX contracts_by_email ON contracts (lower(email));
CREATE INDEX purchases_by_contract ON purchases (contract, created_at);

-- Numbers that were lost and replaced: they open nothing and are never issued again.
CREATE TABLE lapsed_numbers (
    number_hash BYTEA  NOT NULL PRIMARY KEY,   -- as in contracts
    contract    BIGINT NOT NULL REFERENCES contracts (id),
    lapsed_at   BIGINT NOT NULL
);

-- Codes mailed to show that an address is somebody's own. The code itself is nowhere here: it is
-- derived from the row's id under the pepper.
CREATE TABLE mailed_codes (
    id          BIGINT NOT NULL PRIMARY KEY,
    purpose     TEXT   NOT NULL CHECK (purpose IN ('enrol', 'known', 'sign-in', 'nobody')),
    email       TEXT   NOT NULL,
    locale      TEXT   NOT NULL,
    tries       BIGINT NOT NULL,               -- wrong ones so far
    expires_at  BIGINT NOT NULL,
    proved_at   BIGINT,                        -- the right code was typed
    used_at     BIGINT,                        -- and what it was for has been done
    contract    BIGINT REFERENCES contracts (id), -- that was issued or signed in to by it
    created_at  BIGINT NOT NULL
);

CREATE INDEX mailed_codes_by_email ON mailed_codes (lower(email), created_at);

-- Who is signed in. The cookie's token is nowhere here.
CREATE TABLE sessions (
    token_digest BYTEA  NOT NULL PRIMARY KEY,  -- SHA-256 of the token in the cookie
    contract     BIGINT NOT NULL REFERENCES contracts (id),
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL               -- to the minute
);

CREATE INDEX sessions_by_contract ON sessions (contract);

-- What shoppers say is wrong with a purchase.
CREATE TABLE objections (
    id         BIGINT NOT NULL PRIMARY KEY,
    purchase   BIGINT NOT NULL UNIQUE REFERENCES purchases (id),
    reason     TEXT   NOT NULL CHECK (reason IN ('not-mine', 'not-received', 'not-as-described',
                   'wrong-amount', 'other')),
    words      TEXT   NOT NULL,                -- the shopper's own; may be empty
    created_at BIGINT NOT NULL
);

-- Letters may be about a mailed code instead of a purchase.
CREATE TABLE outbox_of_both (
    id          BIGINT NOT NULL PRIMARY KEY,
    purchase    BIGINT REFERENCES purchases (id),
    mailed_code BIGINT REFERENCES mailed_codes (id),
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
    CHECK ((purchase IS NULL) <> (mailed_code IS NULL))
);

INSERT INTO outbox_of_both (id, purchase, kind, what, sequence, state, attempts, next_at,
    lease_until, last_fault, created_at, updated_at)
SELECT id, purchase, kind, what, sequence, state, attempts, next_at, lease_until, last_fault,
    created_at, updated_at
FROM outbox;

DROP TABLE outbox;
ALTER TABLE outbox_of_both RENAME TO outbox;

CREATE INDEX outbox_by_next ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX outbox_by_mailed_code ON outbox (mailed_code) WHERE mailed_code IS NOT NULL;
