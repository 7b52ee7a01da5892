-- The relay at a merchant's site (Fig 1; ¶33). Written for SQLite and PostgreSQL alike, as 0001.

ALTER TABLE merchants ADD COLUMN relay TEXT;                                 -- base URL; NULL: none
ALTER TABLE merchants ADD COLUMN relay_or_direct BIGINT NOT NULL DEFAULT 0;  -- 1: past it while down
