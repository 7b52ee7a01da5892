-- The books (66–71): what merchants said of confirmed purchases, the journal that follows from it,
-- payouts and bills. Written for SQLite and PostgreSQL alike, as 0001.

-- What moved money and why, appended only. Each digest covers the entry before.
CREATE TABLE journal (
    number     BIGINT NOT NULL PRIMARY KEY,      -- 1, 2, 3 … without a gap
    kind       TEXT   NOT NULL CHECK (kind IN ('claim', 'refund', 'upheld', 'payout', 'bill',
                   'payment')),
    purchase   BIGINT REFERENCES purchases (id), -- NULL: of more than one
    because    BYTEA  NOT NULL,                  -- digest of what was signed or decided
    at         BIGINT NOT NULL,
    digest     BYTEA  NOT NULL,                  -- of this entry and, through the one before, of all
    created_by TEXT   NOT NULL                   -- name of the transaction
);

-- What an entry moves. A row takes from one account what it gives to another: it is in balance.
CREATE TABLE transfers (
    entry    BIGINT NOT NULL REFERENCES journal (number),
    line     BIGINT NOT NULL,                    -- 1, 2, 3 … of this entry
    debit    TEXT   NOT NULL,                    -- account, for example receivable:7
    credit   TEXT   NOT NULL,                    -- account, for example payable:mrc_tea
    amount   BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT   NOT NULL,                    -- ISO 4217
    PRIMARY KEY (entry, line),
    CHECK (debit <> credit)
);

CREATE INDEX transfers_by_debit ON transfers (debit, currency);
CREATE INDEX transfers_by_credit ON transfers (credit, currency);

-- How the money of a purchase stands, from the first word on. In the purchase's currency.
CREATE TABLE settlements (
    purchase   BIGINT NOT NULL PRIMARY KEY REFERENCES purchases (id),
    claimed    BIGINT NOT NULL CHECK (claimed >= 0),
    voided     BIGINT NOT NULL CHECK (voided >= 0),
    refunded   BIGINT NOT NULL CHECK (refunded >= 0),
    billed     BIGINT NOT NULL,                  -- the shopper was billed, in all
    paid       BIGINT NOT NULL CHECK (paid >= 0), -- and has paid of it
    bill_on    TEXT,                             -- look on this day what is to be billed; NULL:
                                                 -- there is nothing to come
    fee_rate   BIGINT NOT NULL,                  -- the merchant's, in hundredths of a percent
    words      BIGINT NOT NULL,                  -- how many rows it has in settlement_words
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL,
    CHECK (refunded <= claimed)
);

CREATE INDEX settlements_by_bill_on ON settlements (bill_on) WHERE bill_on IS NOT NULL;

-- Days on which merchants were paid and shoppers billed, once all of it was done.
CREATE TABLE settlement_days (
    cutoff     BIGINT NOT NULL PRIMARY KEY,      -- what was booked before it was settled
    created_at BIGINT NOT NULL
);

-- Batches by which merchants are paid.
CREATE TABLE payouts (
    id         BIGINT NOT NULL PRIMARY KEY,
    merchant   TEXT   NOT NULL REFERENCES merchants (id),
    currency   TEXT   NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount > 0),
    cutoff     BIGINT NOT NULL,                  -- what was booked before it is in the batch
    pay_on     TEXT   NOT NULL,                  -- business day, as 2026-12-28
    entry      BIGINT NOT NULL REFERENCES journal (number),
    created_at BIGINT NOT NULL
);

-- What moved a settlement, once under each name.
CREATE TABLE settlement_words (
    purchase   BIGINT NOT NULL REFERENCES purchases (id),
    kind       TEXT   NOT NULL CHECK (kind IN ('shipment', 'claim', 'void', 'refund', 'upheld')),
    name       TEXT   NOT NULL,                  -- the merchant's own
    number     BIGINT NOT NULL,                  -- 1, 2, 3 … of this purchase
    said       BYTEA,                            -- signed bytes, as they came; NULL: upheld
    digest     BYTEA  NOT NULL,                  -- of what was signed
    claimed    BIGINT NOT NULL,                  -- the sums after it
    voided     BIGINT NOT NULL,
    refunded   BIGINT NOT NULL,
    share      BIGINT NOT NULL,                  -- what the merchant is owed more by it, or less
    entry      BIGINT REFERENCES journal (number), -- NULL: no money moved
    head       BIGINT NOT NULL,                  -- the newest entry then; 0: none
    payout     BIGINT REFERENCES payouts (id),   -- NULL: not paid out yet, or nothing to pay
    at         BIGINT NOT NULL,
    created_by TEXT   NOT NULL,
    PRIMARY KEY (purchase, kind, name),
    UNIQUE (purchase, number)
);

CREATE INDEX settlement_words_unpaid ON settlement_words (at) WHERE payout IS NULL AND share <> 0;

-- What shoppers were billed for (分割 and the rest): a payment that fell due. Less than nothing is
-- a credit for what was given back.
CREATE TABLE bills (
    purchase   BIGINT NOT NULL REFERENCES purchases (id),
    number     BIGINT NOT NULL,                  -- 1, 2, 3 … of this purchase
    day        TEXT   NOT NULL,                  -- on which it was billed, as 2026-12-28
    amount     BIGINT NOT NULL CHECK (amount <> 0),
    entry      BIGINT NOT NULL REFERENCES journal (number),
    payment    BIGINT REFERENCES journal (number), -- NULL: not paid yet
    created_at BIGINT NOT NULL,
    PRIMARY KEY (purchase, number)
);

-- An objection suspends the billing (支払停止の抗弁) until it is resolved.
ALTER TABLE objections ADD COLUMN resolved_at BIGINT; -- NULL: not yet
ALTER TABLE objections ADD COLUMN resolution TEXT     -- NULL: not yet
    CHECK (resolution IN ('upheld', 'rejected'));
