-- Files that banks take and give (68–71): merchants' bank accounts, files of payouts, notices of
-- what was booked on our account. Written for SQLite and PostgreSQL alike, as 0001.

-- Where a merchant is paid: by IBAN, or at a Japanese bank.
CREATE TABLE merchant_accounts (
    merchant   TEXT   NOT NULL PRIMARY KEY REFERENCES merchants (id),
    iban       TEXT,                             -- without spaces; NULL: at a Japanese bank
    bic        TEXT,                             -- NULL: not known, or at a Japanese bank
    bank       TEXT,                             -- 金融機関コード; these four NULL: by IBAN
    branch     TEXT,                             -- 支店コード
    deposit    TEXT CHECK (deposit IN ('ordinary', 'current', 'savings')), -- 預金種目
    number     TEXT,                             -- 口座番号
    holder     TEXT   NOT NULL,                  -- name; at a Japanese bank in half-width kana
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL,
    CHECK ((iban IS NULL) <> (number IS NULL))
);

-- Files by which banks are told to pay, as they were made. A payout is in one of them at most.
CREATE TABLE payout_files (
    id         BIGINT NOT NULL PRIMARY KEY,
    message    TEXT   NOT NULL UNIQUE,           -- the file's own name
    format     TEXT   NOT NULL CHECK (format IN ('pain001', 'zengin')),
    currency   TEXT   NOT NULL,
    day        TEXT   NOT NULL,                  -- on which the bank is to pay, as 2026-12-28
    payments   BIGINT NOT NULL CHECK (payments > 0),
    total      BIGINT NOT NULL CHECK (total > 0), -- minor units
    digest     BYTEA  NOT NULL UNIQUE,           -- of content
    content    BYTEA  NOT NULL,
    created_at BIGINT NOT NULL
);

ALTER TABLE payouts ADD COLUMN file BIGINT REFERENCES payout_files (id); -- NULL: in none yet

-- Notices of the bank (camt.054), each read once.
CREATE TABLE statements (
    id         BIGINT NOT NULL PRIMARY KEY,
    message    TEXT   NOT NULL UNIQUE,           -- the bank's own name for it
    digest     BYTEA  NOT NULL UNIQUE,           -- of the file
    lines      BIGINT NOT NULL CHECK (lines >= 0), -- how many rows it brought
    known      BIGINT NOT NULL CHECK (known >= 0), -- how many another one had brought
    created_at BIGINT NOT NULL
);

-- What was booked on our account: matched by our reference, or parked until somebody looks at it.
CREATE TABLE statement_lines (
    id          BIGINT NOT NULL PRIMARY KEY,
    statement   BIGINT NOT NULL REFERENCES statements (id),
    bank_key    TEXT   NOT NULL UNIQUE,          -- what the bank calls the movement
    day         TEXT   NOT NULL,                 -- on which it was booked, as 2026-12-28
    amount      BIGINT NOT NULL CHECK (amount <> 0), -- less than nothing: it went out
    currency    TEXT   NOT NULL,
    told        TEXT   NOT NULL,                 -- what was written beside it, shortened
    parked      TEXT,                            -- why it was parked; NULL: it was matched
    parking     BIGINT REFERENCES journal (number), -- entry that parked it; NULL: it was matched
    matched     TEXT CHECK (matched IN ('bill', 'payout', 'charge', 'against')), -- NULL: parked
    purchase    BIGINT REFERENCES purchases (id), -- whose bill it pays
    bill        BIGINT,                          -- and which bill
    payout      BIGINT UNIQUE REFERENCES payouts (id), -- which it confirms
    against     BIGINT UNIQUE REFERENCES statement_lines (id), -- which other line it undoes
    resolving   BIGINT REFERENCES journal (number), -- entry that took it out of suspense
    resolved_at BIGINT,                          -- NULL: parked still, or matched at once
    created_at  BIGINT NOT NULL,
    UNIQUE (purchase, bill),
    CHECK ((parked IS NULL) = (parking IS NULL)),
    CHECK (parked IS NOT NULL OR matched IS NOT NULL)
);

CREATE INDEX statement_lines_parked ON statement_lines (created_at) WHERE matched IS NULL;
CREATE INDEX payouts_in_no_file ON payouts (currency, pay_on) WHERE file IS NULL;
