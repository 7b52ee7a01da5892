-- Passkeys of shoppers: with one of them no contract number is typed (TRUST.md D4). Nothing here is
-- secret, but a credential id would let others recognise its owner.

-- What authenticators call a contract: random, so that it says nothing (WebAuthn L3 §14.6.1).
CREATE TABLE passkey_users (
    contract   BIGINT NOT NULL PRIMARY KEY REFERENCES contracts (id),
    handle     BYTEA  NOT NULL UNIQUE,         -- 32 random bytes
    created_at BIGINT NOT NULL
);

CREATE TABLE passkeys (
    id              BIGINT NOT NULL PRIMARY KEY,
    contract        BIGINT NOT NULL REFERENCES passkey_users (contract),
    credential_id   BYTEA  NOT NULL UNIQUE,    -- as its authenticator calls it
    public_key      BYTEA  NOT NULL,           -- COSE_Key (RFC 9052), as it came
    counter         BIGINT NOT NULL,           -- signatures so far; 0: its authenticator does not count
    transports      TEXT   NOT NULL,           -- how it is reached, space between; a hint for browsers
    backup_eligible BIGINT NOT NULL CHECK (backup_eligible IN (0, 1)), -- may be on several devices
    backed_up       BIGINT NOT NULL CHECK (backed_up IN (0, 1)),       -- is
    name            TEXT   NOT NULL,           -- what its owner calls it
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT,                    -- NULL: never
    updated_at      BIGINT NOT NULL,
    updated_by      TEXT   NOT NULL            -- name of the transaction that changed it
);

CREATE INDEX passkeys_by_contract ON passkeys (contract);

-- Challenges of registrations and sign-ins that were answered, until they expire: each counts once.
-- A purchase needs none, its challenge is its tally.
CREATE TABLE spent_challenges (
    challenge_digest BYTEA  NOT NULL PRIMARY KEY, -- SHA-256
    expires_at       BIGINT NOT NULL
);

CREATE INDEX spent_challenges_by_expiry ON spent_challenges (expires_at);
