-- Transfers (Cl. 3, Fig 15): where the agent is a bank, shoppers' accounts, transfers from them to
-- merchants' accounts, and what merchants were told. Written for SQLite and PostgreSQL alike, as 0001.

-- Shoppers' accounts at this bank (E = C), at most one for each contract.
CREATE TABLE deposits (
    contract   BIGINT NOT NULL PRIMARY KEY REFERENCES contracts (id),
    currency   TEXT   NOT NULL,                       -- ISO 4217
    balance    BIGINT NOT NULL CHECK (balance >= 0),  -- what is in it, in minor units
    held       BIGINT NOT NULL CHECK (held >= 0),     -- of it, for transfers not sent yet
    rail       TEXT   NOT NULL                        -- when it sends
        CHECK (rail IN ('around-the-clock', 'banking-hours', 'next-day')),
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL,
    CHECK (held <= balance)
);

-- What was paid into them, appended only.
CREATE TABLE deposit_payments (
    id         BIGINT NOT NULL PRIMARY KEY,
    contract   BIGINT NOT NULL REFERENCES deposits (contract),
    amount     BIGINT NOT NULL CHECK (amount > 0),
    entry      BIGINT NOT NULL REFERENCES journal (number),
    created_at BIGINT NOT NULL
);

-- The transfer of each purchase that is paid by one. How much is the purchase's amount.
CREATE TABLE remittances (
    purchase   BIGINT NOT NULL PRIMARY KEY REFERENCES purchases (id),
    contract   BIGINT NOT NULL REFERENCES deposits (contract),
    rail       TEXT   NOT NULL                        -- of payer and payee together
        CHECK (rail IN ('around-the-clock', 'banking-hours', 'next-day')),
    payee      TEXT   NOT NULL,                       -- the account that was ordered
    state      TEXT   NOT NULL CHECK (state IN ('held', 'scheduled', 'ordered', 'paid', 'sent',
                   'released')),
    day        TEXT,                                  -- scheduled for, as 2026-11-25
    channel    TEXT,                                  -- how the shopper consented to that
    entry      BIGINT REFERENCES journal (number),    -- what left the shopper's account
    payout     BIGINT UNIQUE REFERENCES payouts (id), -- order to another bank, if it was scheduled
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL,
    CHECK ((state IN ('ordered', 'paid', 'sent')) = (entry IS NOT NULL)),
    CHECK (state NOT IN ('ordered', 'paid') OR payout IS NOT NULL)
);

CREATE INDEX remittances_by_contract ON remittances (contract);

-- The newest word to the merchant on how the money of a purchase stands, signed; NULL: none.
ALTER TABLE purchases ADD COLUMN remittance BYTEA;

-- What shoppers see of a merchant's account; NULL: no transfers go there.
ALTER TABLE merchant_accounts ADD COLUMN bank_ja TEXT;
ALTER TABLE merchant_accounts ADD COLUMN bank_en TEXT;
ALTER TABLE merchant_accounts ADD COLUMN branch_ja TEXT;
ALTER TABLE merchant_accounts ADD COLUMN branch_en TEXT;
-- When its bank said that there is no such account (158); NULL: it did not.
ALTER TABLE merchant_accounts ADD COLUMN refused_at BIGINT;
