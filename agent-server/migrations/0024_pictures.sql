-- Pictures of what sellers without a server offer. Written for SQLite and PostgreSQL alike, as 0001.

-- Of each item the newest; the item's Offer names it.
CREATE TABLE pictures (
    merchant   TEXT   NOT NULL REFERENCES merchants (id),
    item       TEXT   NOT NULL,
    name       TEXT   NOT NULL,              -- SHA-256 of the picture, base64url
    media_type TEXT   NOT NULL,              -- image/png, image/jpeg or image/webp
    picture    BYTEA  NOT NULL,              -- the file, exactly as it came
    updated_at BIGINT NOT NULL,
    updated_by TEXT   NOT NULL,
    PRIMARY KEY (merchant, item)
);

CREATE INDEX pictures_by_name ON pictures (name);
