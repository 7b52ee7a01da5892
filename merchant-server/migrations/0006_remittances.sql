-- How the money of orders stands that are paid by transfer, as the agent has signed it: received,
-- scheduled or not received, and never why. Written for SQLite and PostgreSQL alike, as 0001.
CREATE TABLE remittances (
    purchase_id TEXT PRIMARY KEY NOT NULL, -- pur_…; also of purchases that never became an order
    standing TEXT NOT NULL                 -- the newest word
        CHECK (standing IN ('received', 'scheduled', 'not-received')),
    day TEXT,                              -- scheduled for, as 2026-11-25
    said BLOB NOT NULL,                    -- Signed<Remittance>, exactly as it came
    said_at BIGINT NOT NULL,               -- moment that stands in it
    updated_at BIGINT NOT NULL,            -- moment it was heard
    updated_by TEXT NOT NULL,              -- name of the transaction that wrote it
    CHECK ((standing = 'scheduled') = (day IS NOT NULL))
);
