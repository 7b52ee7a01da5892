-- Movements of money that one operator proposes and another approves, each by a passkey; and what
-- audits said. Written for SQLite and PostgreSQL alike, as 0001.

CREATE TABLE proposals (
    id          BIGINT NOT NULL PRIMARY KEY,
    what        TEXT   NOT NULL,               -- JSON, exactly what is signed
    digest      BYTEA  NOT NULL,               -- of it: what both passkeys sign for
    proposed_by BIGINT NOT NULL REFERENCES operators (id),
    proposed_at BIGINT NOT NULL,
    lapses_at   BIGINT NOT NULL,               -- from then on nobody can approve it
    signed_at   BIGINT,                        -- by who proposed it; NULL: not yet
    decision    TEXT CHECK (decision IN ('approved', 'refused')), -- NULL: not yet
    decided_by  BIGINT REFERENCES operators (id),
    decided_at  BIGINT,
    outcome     TEXT,                          -- what came of it; NULL: it was not carried out
    CHECK ((decision IS NULL) = (decided_by IS NULL)),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK (decision IS NULL OR decision <> 'approved'
        OR (signed_at IS NOT NULL AND decided_by <> proposed_by)),
    CHECK (outcome IS NULL OR decision = 'approved')
);

CREATE INDEX proposals_open ON proposals (lapses_at) WHERE decision IS NULL;

CREATE TABLE audits (
    id        BIGINT NOT NULL PRIMARY KEY,
    began_at  BIGINT NOT NULL,
    ended_at  BIGINT NOT NULL,
    purchases BIGINT NOT NULL,                 -- that were looked at
    entries   BIGINT NOT NULL,                 -- of the journal
    findings  BIGINT NOT NULL,                 -- 0: all is well
    named     TEXT   NOT NULL,                 -- the first of them, one a line
    head      BYTEA  NOT NULL                  -- digest of the newest entry
);

-- What was given up is counted on the console's first page.
CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead';
