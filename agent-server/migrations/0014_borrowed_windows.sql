-- Where sellers' windows may stand in other merchants' pages (¶79–80), and the mailboxes of sellers
-- who have no server. Written for SQLite and PostgreSQL alike, as 0001. A merchant whose "server"
-- is empty has a mailbox.

-- Agreements between seller and host. Ended ones stay, so that shoppers read why.
CREATE TABLE placements (
    digest     BYTEA  NOT NULL PRIMARY KEY,  -- of the signed placement, 32 bytes
    seller     TEXT   NOT NULL REFERENCES merchants (id),
    host       TEXT   NOT NULL REFERENCES merchants (id),
    agreement  BYTEA  NOT NULL,              -- with both signatures, exactly as it came
    ended_at   BIGINT,                       -- NULL: nobody has ended it
    ended_by   TEXT,                         -- mrc_…, or 'agent' for the operator
    end_signed BYTEA,                        -- the merchant's signed end, exactly as it came
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL,              -- name of the transaction that changed it
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);

CREATE INDEX placements_by_seller ON placements (seller, host);

-- What sellers without a server offer: of each item the newest Offer.
CREATE TABLE deposited_offers (
    merchant   TEXT   NOT NULL REFERENCES merchants (id),
    item       TEXT   NOT NULL,
    signed     BYTEA  NOT NULL,              -- Signed<Offer>, exactly as it came
    issued_at  BIGINT NOT NULL,              -- as it says; an older one never replaces it
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL,
    PRIMARY KEY (merchant, item)
);

-- Orders that wait for their seller. The order half in them is sealed to the seller.
CREATE TABLE mailbox (
    id         BIGINT NOT NULL PRIMARY KEY,  -- grows with time
    merchant   TEXT   NOT NULL REFERENCES merchants (id),
    purchase   BIGINT NOT NULL UNIQUE REFERENCES purchases (id),
    submission BYTEA  NOT NULL,              -- OrderSubmission, exactly as it came
    deposit    BYTEA  NOT NULL,              -- Signed<Deposit>, exactly as it was answered
    read_at    BIGINT,                       -- when the seller read it first; NULL: not yet
    kept_until BIGINT NOT NULL,              -- when it is thrown away
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL
);

CREATE INDEX mailbox_by_merchant ON mailbox (merchant, id);
CREATE INDEX mailbox_by_end ON mailbox (kept_until);

-- When each seller looked last: a visit that is not later than this one is a copy.
CREATE TABLE mailbox_visits (
    merchant   TEXT   NOT NULL PRIMARY KEY REFERENCES merchants (id),
    visited_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL
);
