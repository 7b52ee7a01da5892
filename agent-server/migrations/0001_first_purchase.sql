-- Written for SQLite and PostgreSQL alike: TEXT names, BIGINT money (minor units) and times (epoch
-- milliseconds), BYTEA bytes. A BIGINT "id" is (milliseconds << 20) + counter: rows lie in the order
-- of time. What is public and random stands only in narrow unique indexes.

-- Merchants with a contract (¶44). What their Mark says, and whether it is still said.
CREATE TABLE merchants (
    id            TEXT   NOT NULL PRIMARY KEY, -- name in the protocol, mrc_…
    name_ja       TEXT   NOT NULL,             -- the shop's name
    name_en       TEXT   NOT NULL,
    legal_ja      TEXT   NOT NULL,             -- who sells: 特定商取引法
    legal_en      TEXT   NOT NULL,
    origins       TEXT   NOT NULL,             -- web origins where the widget may be, one a line
    server        TEXT   NOT NULL,             -- base URL of its server
    verifying_key BYTEA  NOT NULL,             -- Ed25519, 32 bytes
    sealing_key   BYTEA  NOT NULL,             -- X25519, 32 bytes
    payout_class  TEXT   NOT NULL,             -- how it is paid out
    status        TEXT   NOT NULL CHECK (status IN ('active', 'suspended')),
    valid_until   BIGINT,                      -- end of its contract; NULL: none
    serial        BIGINT NOT NULL,             -- counts the changes
    updated_at    BIGINT NOT NULL,             -- when it changed last
    updated_by    TEXT   NOT NULL              -- name of the transaction that changed it
);

-- Shoppers' contracts (¶44). Limits are kept per contract, so that no row is hot.
CREATE TABLE contracts (
    id            BIGINT NOT NULL PRIMARY KEY,
    number_hash   BYTEA  NOT NULL UNIQUE,      -- HMAC-SHA256 of the number under the pepper
    number_tail   TEXT   NOT NULL,             -- its last two digits, for letters
    code_hash     BYTEA  NOT NULL,             -- HMAC-SHA256 of number and code under the pepper
    credit_limit  BIGINT NOT NULL CHECK (credit_limit >= 0), -- most that may be reserved
    reserved      BIGINT NOT NULL CHECK (reserved >= 0),     -- held by purchases
    currency      TEXT   NOT NULL,             -- of both, ISO 4217
    status        TEXT   NOT NULL CHECK (status IN ('active', 'suspended', 'lapsed')),
    valid_until   BIGINT,                      -- end of the contract; NULL: none
    code_failures BIGINT NOT NULL,             -- wrong codes since the last right one
    email         TEXT   NOT NULL,             -- where the question goes (¶56)
    locale        TEXT   NOT NULL,             -- language of letters that no purchase chose
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    updated_by    TEXT   NOT NULL
);

-- Numbers that are no contract, as long as somebody tries codes for them: an unknown number locks
-- like a known one, so that the answers do not tell them apart.
CREATE TABLE strangers (
    number_hash   BYTEA  NOT NULL PRIMARY KEY, -- as in contracts
    code_failures BIGINT NOT NULL,             -- tries so far
    updated_at    BIGINT NOT NULL
);

-- Purchases for which a Grant was asked (57–60) and what became of them.
CREATE TABLE purchases (
    id              BIGINT NOT NULL PRIMARY KEY,
    purchase_id     BYTEA  NOT NULL UNIQUE,    -- name in the protocol, 16 random bytes
    handling_number TEXT   UNIQUE,             -- 12 symbols; NULL if declined
    merchant        TEXT   NOT NULL REFERENCES merchants (id),
    contract        BIGINT REFERENCES contracts (id), -- NULL if none was recognised
    request_digest  BYTEA  NOT NULL,           -- SHA-256 of the grant request: same or other bytes?
    state           TEXT   NOT NULL CHECK (state IN ('granted', 'accepted', 'confirmed',
                        'declined', 'refused', 'cancelled', 'expired')),
    problem         BIGINT,                    -- number of the problem, if declined
    amount          BIGINT NOT NULL CHECK (amount >= 0), -- total
    currency        TEXT   NOT NULL,           -- ISO 4217
    quantity        BIGINT NOT NULL,           -- how many
    item_ja         TEXT   NOT NULL,           -- the goods' name; empty if only a digest came
    item_en         TEXT   NOT NULL,
    locale          TEXT   NOT NULL,           -- language of this purchase's letters
    tally           BYTEA  NOT NULL,           -- signed bytes, as they came
    grant_signed    BYTEA,                     -- signed bytes, as they were answered
    acceptance      BYTEA,                     -- signed bytes, as they came
    refusal         BYTEA,                     -- signed bytes, as they came
    confirmation    BYTEA,                     -- signed bytes, as merchants get them
    events          BIGINT NOT NULL,           -- how many rows it has in purchase_events
    deadline        BIGINT,                    -- when this state times out; NULL: it does not
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    updated_by      TEXT   NOT NULL,
    -- A Grant goes with its number; a declined purchase has its problem and neither of the two.
    CHECK ((grant_signed IS NULL) = (handling_number IS NULL)),
    CHECK ((state = 'declined') = (problem IS NOT NULL)),
    CHECK ((state = 'declined') = (grant_signed IS NULL))
);

CREATE INDEX purchases_by_deadline ON purchases (deadline) WHERE deadline IS NOT NULL;

-- What happened to each purchase, appended only.
CREATE TABLE purchase_events (
    purchase   BIGINT NOT NULL REFERENCES purchases (id),
    number     BIGINT NOT NULL,                -- 1, 2, 3 … of this purchase
    event      TEXT   NOT NULL,                -- name in PROTOCOL.md
    state      TEXT   NOT NULL,                -- the state that it led to
    at         BIGINT NOT NULL,
    created_by TEXT   NOT NULL,                -- name of the transaction
    PRIMARY KEY (purchase, number)
);

-- Questions to shoppers (step 64). Their tokens are nowhere in the database.
CREATE TABLE questions (
    id           BIGINT NOT NULL PRIMARY KEY,
    purchase     BIGINT NOT NULL UNIQUE REFERENCES purchases (id),
    token_digest BYTEA  NOT NULL UNIQUE,       -- SHA-256 of the token in the link
    asked_at     BIGINT NOT NULL,
    deadline     BIGINT NOT NULL,              -- until when it can be answered
    answered_at  BIGINT                        -- NULL: not yet, or never
);

-- Letters and webhooks to be sent, written in the transaction that is their reason.
CREATE TABLE outbox (
    id          BIGINT NOT NULL PRIMARY KEY,
    purchase    BIGINT NOT NULL REFERENCES purchases (id),
    kind        TEXT   NOT NULL CHECK (kind IN ('mail', 'webhook')),
    what        TEXT   NOT NULL,               -- which letter, which event
    sequence    BIGINT NOT NULL,               -- events of the purchase so far: receivers' order
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    attempts    BIGINT NOT NULL,               -- deliveries begun
    next_at     BIGINT NOT NULL,               -- not before this moment
    lease_until BIGINT,                        -- somebody is delivering it, until then at most
    last_fault  TEXT,                          -- why the last attempt failed; holds no address
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE INDEX outbox_by_next ON outbox (next_at) WHERE state = 'waiting';
