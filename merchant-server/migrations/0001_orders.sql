-- Orders of one shop. Portable SQL: TEXT names, BIGINT numbers (money in minor units, moments in
-- milliseconds since 1970), BLOB bytes. Primary keys grow with time.

-- Every Offer that was ever given out: what an order takes up is looked up here, by digest.
CREATE TABLE offers (
    id BIGINT PRIMARY KEY NOT NULL,        -- grows with time
    digest BLOB NOT NULL UNIQUE,           -- of the signed bytes, 32 bytes
    item TEXT NOT NULL,                    -- the item's id in the catalogue
    signed BLOB NOT NULL,                  -- Signed<Offer>, exactly as it was given out
    issued_at BIGINT NOT NULL,             -- moment from which it holds
    expires_at BIGINT NOT NULL,            -- moment until which it may be taken up
    updated_by TEXT NOT NULL               -- name of the transaction that wrote this row
);

-- Every purchase that was decided here: taken, refused, or closed before it came (a tombstone,
-- which has no handling number). One row per purchase, for ever: this is what makes a Grant
-- count once.
CREATE TABLE orders (
    id BIGINT PRIMARY KEY NOT NULL,        -- grows with time
    purchase_id TEXT NOT NULL UNIQUE,      -- pur_…, chosen by the shopper's browser
    handling_number TEXT UNIQUE,           -- the agent's one-time number, 12 symbols
    submission BLOB,                       -- digest of the bytes that came, 32 bytes
    state TEXT NOT NULL                    -- PurchaseState by name
        CHECK (state IN ('granted', 'accepted', 'confirmed', 'refused', 'cancelled', 'expired')),
    order_reference TEXT UNIQUE,           -- for people: Y-20261122-0001; only if taken
    offer BLOB,                            -- digest of the Offer taken up
    item TEXT,                             -- the item's id in the catalogue
    quantity BIGINT CHECK (quantity > 0),  -- how many
    amount BIGINT CHECK (amount >= 0),     -- what is paid, in minor units
    currency TEXT,                         -- ISO 4217
    plan_class TEXT,                       -- PlanClass by name
    locale TEXT,                           -- language of letters, BCP 47
    grant_form TEXT                        -- how the Grant came: 'signed' bytes or compact 'jws'
        CHECK (grant_form IN ('signed', 'jws')),
    grant_proof BLOB,                      -- the Grant exactly as it came
    grant_digest BLOB,                     -- its digest, 32 bytes
    tally BLOB,                            -- SignedTally as it came: binds both halves
    acceptance BLOB,                       -- Signed<Acceptance>, exactly as it was given out
    refusal BLOB,                          -- Signed<Refusal>, exactly as it was given out
    confirmation BLOB,                     -- Signed<Confirmation>, exactly as it came
    ask_at BIGINT,                         -- moment to ask the agent; null if nothing is open
    created_at BIGINT NOT NULL,            -- moment of the decision
    updated_at BIGINT NOT NULL,            -- moment of the last change
    updated_by TEXT NOT NULL,              -- name of the transaction of the last change
    CHECK ((handling_number IS NULL) = (submission IS NULL)
        AND (handling_number IS NULL) = (grant_proof IS NULL)
        AND (handling_number IS NULL) = (item IS NULL)
        AND (handling_number IS NULL) = (amount IS NULL)),
    CHECK ((acceptance IS NULL) = (order_reference IS NULL)),
    CHECK (state NOT IN ('accepted', 'confirmed') OR acceptance IS NOT NULL),
    CHECK (state <> 'refused' OR refusal IS NOT NULL),
    CHECK (handling_number IS NOT NULL OR state IN ('cancelled', 'expired'))
);
CREATE INDEX orders_to_ask ON orders (ask_at);
CREATE INDEX orders_of_offer ON orders (offer);

-- Who ordered and where it goes: only of orders taken. Deleting a row here forgets the person and
-- leaves the order's proof valid.
CREATE TABLE deliveries (
    order_id BIGINT PRIMARY KEY NOT NULL REFERENCES orders (id),
    contact_name TEXT NOT NULL,            -- who orders
    contact_kana TEXT NOT NULL,            -- the same in kana; empty if not given
    contact_email TEXT NOT NULL,           -- for the shop's letters
    contact_phone TEXT NOT NULL,           -- for questions
    name TEXT,                             -- recipient; null with all below for intangible goods
    postal_code TEXT,                      -- seven digits in Japan
    region TEXT,                           -- ISO 3166-2
    locality TEXT,                         -- city, ward, town
    line1 TEXT,                            -- block and number
    line2 TEXT,                            -- building and room; empty if there is none
    phone TEXT,                            -- at the place; empty if not given
    salt BLOB NOT NULL,                    -- with it the tally's commitment can be opened
    CHECK ((name IS NULL) = (postal_code IS NULL) AND (name IS NULL) = (region IS NULL)
        AND (name IS NULL) = (locality IS NULL) AND (name IS NULL) = (line1 IS NULL)
        AND (name IS NULL) = (line2 IS NULL) AND (name IS NULL) = (phone IS NULL))
);

-- What happened to an order, in order. Append only.
CREATE TABLE order_events (
    id BIGINT PRIMARY KEY NOT NULL,        -- grows with time
    order_id BIGINT NOT NULL REFERENCES orders (id),
    event TEXT NOT NULL,                   -- PurchaseEvent by name
    state TEXT NOT NULL,                   -- PurchaseState after it, by name
    happened_at BIGINT NOT NULL            -- moment, by this server's clock
);
CREATE INDEX order_events_of_order ON order_events (order_id);

-- What is still to be told to the agent. Written with the change it tells of, sent afterwards, at
-- least once.
CREATE TABLE outbox (
    id BIGINT PRIMARY KEY NOT NULL,        -- grows with time
    order_id BIGINT NOT NULL REFERENCES orders (id),
    kind TEXT NOT NULL CHECK (kind IN ('acceptance', 'refusal')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts BIGINT NOT NULL,              -- how often it was tried
    due_at BIGINT NOT NULL,                -- moment of the next try
    answer TEXT,                           -- what the last try met with: a status, or why not
    created_at BIGINT NOT NULL             -- moment it was written
);
CREATE INDEX outbox_due ON outbox (state, due_at);

-- Notifications that were heard, so that each acts once. Older than a week they are forgotten:
-- their time stamps would be refused long before.
CREATE TABLE notifications (
    id BIGINT PRIMARY KEY NOT NULL,        -- grows with time
    webhook_id TEXT NOT NULL UNIQUE,       -- the sender's name for it
    heard_at BIGINT NOT NULL               -- moment
);

-- How many of an item orders have taken; the catalogue says how many there are in all.
CREATE TABLE stock (
    item TEXT PRIMARY KEY NOT NULL,        -- the item's id in the catalogue
    taken BIGINT NOT NULL CHECK (taken >= 0)
);

-- Counts the orders of each day, for their references.
CREATE TABLE order_days (
    day TEXT PRIMARY KEY NOT NULL,         -- 20261122, in the shop's time zone
    orders BIGINT NOT NULL                 -- how many were taken on it
);
