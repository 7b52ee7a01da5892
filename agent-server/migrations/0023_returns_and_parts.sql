-- What other banks send back of payouts and transfers, and what is paid of a bill in parts. Written
-- for SQLite and PostgreSQL alike, as 0001.

-- What was paid of a bill that was not paid at once.
CREATE TABLE bill_parts (
    purchase   BIGINT NOT NULL REFERENCES purchases (id),
    bill       BIGINT NOT NULL,
    number     BIGINT NOT NULL,                  -- 1, 2, 3 … of this bill
    amount     BIGINT NOT NULL CHECK (amount > 0),
    entry      BIGINT NOT NULL REFERENCES journal (number),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (purchase, bill, number)
);

-- Payouts that the merchant's bank sent back, each at most once: it is owed to the merchant again.
CREATE TABLE payout_returns (
    payout      BIGINT NOT NULL PRIMARY KEY REFERENCES payouts (id),
    reason      TEXT   NOT NULL,                 -- the bank's, as AC04 (ISO 20022); empty: none
    entry       BIGINT NOT NULL REFERENCES journal (number),
    released_at BIGINT,                          -- since when it may be paid again; NULL: it may
                                                 -- not, nor anything else to this merchant
    again       BIGINT REFERENCES payouts (id),  -- the batch that pays it again; NULL: none yet
    created_at  BIGINT NOT NULL
);

CREATE INDEX payout_returns_unpaid ON payout_returns (payout) WHERE again IS NULL;

-- Lines of the bank's: one bill may have several, one payout its going and its coming back; what is
-- too much for a bill is a line of its own.
CREATE TABLE lines_of_statements (
    id          BIGINT NOT NULL PRIMARY KEY,
    statement   BIGINT NOT NULL REFERENCES statements (id),
    bank_key    TEXT   NOT NULL UNIQUE,          -- what the bank calls the movement
    day         TEXT   NOT NULL,                 -- on which it was booked, as 2026-12-28
    amount      BIGINT NOT NULL CHECK (amount <> 0), -- less than nothing: it went out
    currency    TEXT   NOT NULL,
    told        TEXT   NOT NULL,                 -- what was written beside it, shortened
    parked      TEXT,                            -- why it was parked; NULL: it was matched
    parking     BIGINT REFERENCES journal (number), -- entry that parked it; NULL: it was matched
    matched     TEXT CHECK (matched IN ('bill', 'payout', 'transfer', 'returned', 'charge',
                    'against')),                 -- NULL: parked
    purchase    BIGINT REFERENCES purchases (id), -- whose bill or transfer it is about
    bill        BIGINT,                          -- which bill it pays
    part        BIGINT NOT NULL DEFAULT 0,       -- as which part of it; 0: all of it at once
    payout      BIGINT REFERENCES payouts (id),  -- which it confirms, or brings back
    against     BIGINT UNIQUE REFERENCES lines_of_statements (id), -- which other line it undoes
    rest_of     BIGINT UNIQUE REFERENCES lines_of_statements (id), -- of which line it is what was
                                                 -- too much; NULL: it is a whole one
    resolving   BIGINT REFERENCES journal (number), -- entry that took it out of suspense
    resolved_at BIGINT,                          -- NULL: parked still, or matched at once
    created_at  BIGINT NOT NULL,
    UNIQUE (purchase, bill, part),
    UNIQUE (payout, matched),
    CHECK ((parked IS NULL) = (parking IS NULL)),
    CHECK (parked IS NOT NULL OR matched IS NOT NULL)
);

INSERT INTO lines_of_statements (id, statement, bank_key, day, amount, currency, told, parked,
    parking, matched, purchase, bill, payout, against, resolving, resolved_at, created_at)
SELECT id, statement, bank_key, day, amount, currency, told, parked, parking, matched, purchase,
    bill, payout, against, resolving, resolved_at, created_at
FROM statement_lines;

DROP TABLE statement_lines;
ALTER TABLE lines_of_statements RENAME TO statement_lines;

CREATE INDEX statement_lines_parked ON statement_lines (created_at) WHERE matched IS NULL;
CREATE INDEX statement_lines_of_purchase ON statement_lines (purchase) WHERE purchase IS NOT NULL;
