-- By what operators' own programs read; notices of the bank's that wait for two operators; changes
-- that one operator signs; when an operator came in last. Written for SQLite and PostgreSQL alike,
-- as 0001.

-- The token itself is nowhere here.
CREATE TABLE operator_tokens (
    id           BIGINT NOT NULL PRIMARY KEY,  -- of otk_…
    operator     BIGINT NOT NULL REFERENCES operators (id),
    label        TEXT   NOT NULL,              -- what the operator calls it
    sections     TEXT   NOT NULL,              -- which parts of the console, with spaces between
    token_digest BYTEA  NOT NULL UNIQUE,       -- SHA-256 of the token
    created_at   BIGINT NOT NULL,
    revoked_at   BIGINT                        -- NULL: it counts
);

CREATE INDEX operator_tokens_by_operator ON operator_tokens (operator);

-- Until two operators have signed for it, or it is too old.
CREATE TABLE notice_drafts (
    digest     TEXT   NOT NULL PRIMARY KEY,    -- of the file's bytes, hexadecimal
    content    BYTEA  NOT NULL,
    created_at BIGINT NOT NULL
);

-- What one operator changes by a passkey over exactly what is changed.
CREATE TABLE changes (
    id         BIGINT NOT NULL PRIMARY KEY,
    what       TEXT   NOT NULL,                -- JSON, exactly what is signed
    digest     BYTEA  NOT NULL,                -- of it: what the passkey signs for
    operator   BIGINT NOT NULL REFERENCES operators (id),
    drafted_at BIGINT NOT NULL,
    lapses_at  BIGINT NOT NULL,                -- from then on it cannot be signed
    signed_at  BIGINT,                         -- NULL: not yet
    done_at    BIGINT,                         -- NULL: not yet, or it could not be done
    CHECK (done_at IS NULL OR signed_at IS NOT NULL)
);

ALTER TABLE operators ADD COLUMN signed_in_at BIGINT; -- NULL: never
UPDATE operators SET signed_in_at = (SELECT MAX(at) FROM operator_acts
    WHERE operator = operators.id AND act = 'signed-in');
