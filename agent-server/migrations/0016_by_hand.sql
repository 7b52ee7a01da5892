-- Numbers that a shopper asked for to read out to a shop (prior art (5)). Each is a purchase of its
-- own, granted and waiting; this says whether the shop has handed it in.
CREATE TABLE by_hand (
    purchase    BIGINT NOT NULL PRIMARY KEY REFERENCES purchases (id),
    contract    BIGINT NOT NULL REFERENCES contracts (id),
    redemption  TEXT,                          -- the merchant's own name for it; NULL: not yet
    redeemed_at BIGINT,
    created_at  BIGINT NOT NULL,
    CHECK ((redemption IS NULL) = (redeemed_at IS NULL))
);
CREATE INDEX by_hand_of_contract ON by_hand (contract);
