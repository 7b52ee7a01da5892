-- Who may use the shop's desk, how they are known, what they did there; and what they said of
-- parcels. Written for SQLite and PostgreSQL alike, as 0001.
CREATE TABLE people (
    id BIGINT PRIMARY KEY NOT NULL,        -- grows with time
    name TEXT NOT NULL UNIQUE,             -- as the others call them
    role TEXT NOT NULL CHECK (role IN ('clerk', 'manager', 'owner')),
    handle BLOB NOT NULL UNIQUE,           -- what authenticators call them: 32 random bytes
    removed_at BIGINT,                     -- moment; null: they may sign in
    created_at BIGINT NOT NULL,            -- moment they were added
    updated_by TEXT NOT NULL               -- name of the transaction of the last change
);

-- Links by which one of them registers a passkey, once. The link's token is nowhere here.
CREATE TABLE person_links (
    token_digest BLOB PRIMARY KEY NOT NULL, -- SHA-256 of the token in the link
    person BIGINT NOT NULL REFERENCES people (id),
    expires_at BIGINT NOT NULL,            -- moment
    used_at BIGINT                         -- moment; null: not yet, or never
);

CREATE TABLE person_passkeys (
    id BIGINT PRIMARY KEY NOT NULL,        -- grows with time
    person BIGINT NOT NULL REFERENCES people (id),
    credential_id BLOB NOT NULL UNIQUE,    -- what its authenticator calls it
    public_key BLOB NOT NULL,              -- COSE_Key
    counter BIGINT NOT NULL,               -- signatures so far; 0 if it does not count
    transports TEXT NOT NULL,              -- how browsers reach it, space between
    backup_eligible BIGINT NOT NULL CHECK (backup_eligible IN (0, 1)),
    backed_up BIGINT NOT NULL CHECK (backed_up IN (0, 1)),
    created_at BIGINT NOT NULL,            -- moment
    last_used_at BIGINT,                   -- moment; null: never
    updated_by TEXT NOT NULL               -- name of the transaction of the last change
);
CREATE INDEX person_passkeys_of ON person_passkeys (person);

-- Challenges that a passkey has answered, so that each counts once; kept until they lapse.
CREATE TABLE person_challenges (
    digest BLOB PRIMARY KEY NOT NULL,      -- SHA-256 of the challenge
    expires_at BIGINT NOT NULL             -- moment
);

-- Who is signed in. The cookie's token is nowhere here.
CREATE TABLE person_sessions (
    token_digest BLOB PRIMARY KEY NOT NULL, -- SHA-256 of the token in the cookie
    person BIGINT NOT NULL REFERENCES people (id),
    created_at BIGINT NOT NULL,            -- moment
    seen_at BIGINT NOT NULL                -- moment, to the minute
);
CREATE INDEX person_sessions_of ON person_sessions (person);

-- What they did, in order. Append only.
CREATE TABLE person_acts (
    id BIGINT PRIMARY KEY NOT NULL,        -- grows with time
    person BIGINT REFERENCES people (id),  -- null: by the command line
    act TEXT NOT NULL,                     -- for example claimed
    about TEXT NOT NULL,                   -- which one; never whose
    at BIGINT NOT NULL                     -- moment
);

-- Parcels that people said went, under the name of their shipping notice.
CREATE TABLE parcels (
    order_id BIGINT NOT NULL REFERENCES orders (id),
    name TEXT NOT NULL,                    -- of the shipping notice in settlement_words
    quantity BIGINT NOT NULL CHECK (quantity > 0), -- how many of the item are in it
    carrier TEXT NOT NULL,                 -- who carries it; empty: not said
    tracking TEXT NOT NULL,                -- the carrier's number for it; empty: not said
    updated_by TEXT NOT NULL,              -- name of the transaction that wrote it
    PRIMARY KEY (order_id, name)
);
CREATE INDEX settlement_words_said ON settlement_words (said_at);
