-- Who may use the operator's console, how they are known, and what they did there. Written for
-- SQLite and PostgreSQL alike, as 0001.

CREATE TABLE operators (
    id         BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    role       TEXT   NOT NULL CHECK (role IN ('viewer', 'support', 'finance', 'admin')),
    handle     BYTEA  NOT NULL UNIQUE,         -- what authenticators call them: 32 random bytes
    removed_at BIGINT,                         -- NULL: they may sign in
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL                 -- name of the transaction that changed it
);

-- Links by which an operator registers a passkey, once. The link's token is nowhere here.
CREATE TABLE operator_links (
    token_digest BYTEA  NOT NULL PRIMARY KEY,  -- SHA-256 of the token in the link
    operator     BIGINT NOT NULL REFERENCES operators (id),
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT,                       -- NULL: not yet, or never
    created_at   BIGINT NOT NULL
);

-- As passkeys of shoppers (0003).
CREATE TABLE operator_passkeys (
    id              BIGINT NOT NULL PRIMARY KEY,
    operator        BIGINT NOT NULL REFERENCES operators (id),
    credential_id   BYTEA  NOT NULL UNIQUE,
    public_key      BYTEA  NOT NULL,
    counter         BIGINT NOT NULL,
    transports      TEXT   NOT NULL,
    backup_eligible BIGINT NOT NULL CHECK (backup_eligible IN (0, 1)),
    backed_up       BIGINT NOT NULL CHECK (backed_up IN (0, 1)),
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT,                    -- NULL: never
    updated_by      TEXT   NOT NULL
);

CREATE INDEX operator_passkeys_by_operator ON operator_passkeys (operator);

-- Who is signed in. The cookie's token is nowhere here.
CREATE TABLE operator_sessions (
    token_digest BYTEA  NOT NULL PRIMARY KEY,  -- SHA-256 of the token in the cookie
    operator     BIGINT NOT NULL REFERENCES operators (id),
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL               -- to the minute
);

CREATE INDEX operator_sessions_by_operator ON operator_sessions (operator);

-- What operators did, appended only. Each digest covers the act before.
CREATE TABLE operator_acts (
    number   BIGINT NOT NULL PRIMARY KEY,      -- 1, 2, 3 … without a gap
    operator BIGINT NOT NULL REFERENCES operators (id),
    act      TEXT   NOT NULL,                  -- for example merchant-suspended
    about    TEXT   NOT NULL,                  -- which one; never what is in it
    at       BIGINT NOT NULL,
    digest   BYTEA  NOT NULL                   -- of this act and, through the one before, of all
);
