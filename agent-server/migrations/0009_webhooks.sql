-- What merchants are told of their purchases (Standard Webhooks). Written for SQLite and PostgreSQL
-- alike, as 0001.

-- Events, appended only. The newest number of a purchase says that all before it are old.
CREATE TABLE merchant_events (
    id       BIGINT NOT NULL PRIMARY KEY,      -- of evt_…, and the place up to which one has read
    merchant TEXT   NOT NULL REFERENCES merchants (id),
    purchase BIGINT NOT NULL REFERENCES purchases (id),
    sequence BIGINT NOT NULL,                  -- 1, 2, 3 … of this purchase
    what     TEXT   NOT NULL,                  -- the webhook's type
    at       BIGINT NOT NULL,
    UNIQUE (purchase, sequence)
);

CREATE INDEX merchant_events_by_merchant ON merchant_events (merchant, id);

-- Where merchants' webhooks go differently than at first.
CREATE TABLE webhook_endpoints (
    merchant    TEXT   NOT NULL PRIMARY KEY REFERENCES merchants (id),
    secret      BIGINT NOT NULL,               -- how often the secret (whsec_…) was replaced
    old_until   BIGINT,                        -- until then the one before signs as well
    disabled_at BIGINT,                        -- it answered 410; NULL: it takes webhooks
    updated_at  BIGINT NOT NULL
);

-- Deliveries that were begun, for a month; never what was in them.
CREATE TABLE webhook_attempts (
    id       BIGINT NOT NULL PRIMARY KEY,
    event    BIGINT NOT NULL REFERENCES merchant_events (id),
    at       BIGINT NOT NULL,
    duration BIGINT NOT NULL,                  -- milliseconds
    status   BIGINT,                           -- HTTP's; NULL: there was no answer
    fault    TEXT                              -- why it failed; NULL: it did not
);

CREATE INDEX webhook_attempts_by_event ON webhook_attempts (event);

-- Whose queue it is in: one that does not answer holds up no other.
ALTER TABLE outbox ADD COLUMN merchant TEXT REFERENCES merchants (id); -- NULL: a letter
UPDATE outbox SET merchant = (SELECT p.merchant FROM purchases p WHERE p.id = outbox.purchase)
WHERE kind = 'webhook';

INSERT INTO merchant_events (id, merchant, purchase, sequence, what, at)
SELECT id, merchant, purchase, ROW_NUMBER() OVER (PARTITION BY purchase ORDER BY id), what,
    created_at
FROM outbox WHERE kind = 'webhook';

CREATE INDEX outbox_by_merchant ON outbox (merchant) WHERE state = 'waiting';
