-- What the shop said to its agent of orders that were confirmed (66–71), kept before it is sent:
-- sent again, the very same bytes go. Written for SQLite and PostgreSQL alike, as 0001.
CREATE TABLE settlement_words (
    order_id BIGINT NOT NULL REFERENCES orders (id),
    kind TEXT NOT NULL                     -- what was said
        CHECK (kind IN ('shipment', 'claim', 'void', 'refund')),
    name TEXT NOT NULL,                    -- the shop's own name for it
    said BLOB NOT NULL,                    -- signed, exactly as it is sent
    said_at BIGINT NOT NULL,               -- moment that stands in it
    receipt BLOB,                          -- Signed<Receipt>, exactly as it came; null: not yet
    updated_by TEXT NOT NULL,              -- name of the transaction of the last change
    PRIMARY KEY (order_id, kind, name)
);
