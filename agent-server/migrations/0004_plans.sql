-- Plans (支払回数): which classes merchants and contracts take, what each purchase comes to, and what
-- falls due when. Classes are names of the protocol with a space between them.

ALTER TABLE merchants ADD COLUMN plans TEXT NOT NULL
    DEFAULT 'single instalments revolving bonus bonus-instalments';
ALTER TABLE contracts ADD COLUMN plans TEXT NOT NULL
    DEFAULT 'single instalments revolving bonus bonus-instalments';

-- All four are NULL where a purchase was declined; the currency is the purchase's.
ALTER TABLE purchases ADD COLUMN plan TEXT;    -- for example times-12
ALTER TABLE purchases ADD COLUMN fee BIGINT;   -- what the plan costs
ALTER TABLE purchases ADD COLUMN total BIGINT; -- amount and fee: what is held of the contract
ALTER TABLE purchases ADD COLUMN quote BYTEA;  -- signed bytes, as they came; NULL: no quote came
UPDATE purchases SET plan = 'single', fee = 0, total = amount WHERE state <> 'declined';

-- What falls due when, for each purchase that was granted; written with its Grant.
CREATE TABLE instalments (
    purchase BIGINT NOT NULL REFERENCES purchases (id),
    number   BIGINT NOT NULL,                    -- 1, 2, 3 … of this purchase
    due      TEXT   NOT NULL,                    -- the day, as 2026-12-28
    amount   BIGINT NOT NULL CHECK (amount > 0), -- in the purchase's currency
    PRIMARY KEY (purchase, number)
);
