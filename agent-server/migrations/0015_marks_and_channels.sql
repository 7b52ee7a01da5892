-- A Mark that the agent takes back (claim 5): while this is set, it says nothing for the shop.
ALTER TABLE merchants ADD COLUMN mark_revoked_at BIGINT;

-- Marks that were taken back: a picture of one is told from a picture of one that only ran out.
CREATE TABLE mark_revocations (
    merchant   TEXT   NOT NULL REFERENCES merchants (id),
    serial     BIGINT NOT NULL,                -- this Mark and all before it
    why        TEXT   NOT NULL CHECK (why IN ('keys', 'misuse', 'ended', 'asked')),
    revoked_at BIGINT NOT NULL,
    revoked_by TEXT   NOT NULL,                -- name of the transaction
    PRIMARY KEY (merchant, serial)
);

-- Answers that did not come through our pages (¶56): who wrote them down, and how the shopper was
-- reached. The answer itself is the purchase's confirmation.
CREATE TABLE recorded_answers (
    purchase    BIGINT NOT NULL PRIMARY KEY REFERENCES purchases (id),
    channel     TEXT   NOT NULL CHECK (channel IN ('telephone', 'fax', 'post', 'in_person')),
    outcome     TEXT   NOT NULL CHECK (outcome IN ('confirmed', 'cancelled')),
    answered_at BIGINT NOT NULL,               -- when the shopper said so
    recorded_by TEXT   NOT NULL,               -- which member of the agent's staff
    note        TEXT   NOT NULL,               -- nothing that names the shopper
    created_at  BIGINT NOT NULL
);

-- Up to which amount a merchant's purchases need no answer (¶61); NULL: all are asked about.
ALTER TABLE merchants ADD COLUMN waives_up_to BIGINT;
ALTER TABLE merchants ADD COLUMN waives_currency TEXT;

-- Why the shopper is not asked although no passkey signed the tally: 'waived' by policy, or
-- 'by_hand', where they have asked for the number themselves; NULL: they are asked.
ALTER TABLE purchases ADD COLUMN unasked TEXT;
