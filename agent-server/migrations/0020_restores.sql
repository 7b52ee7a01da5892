-- When this database was brought back from a backup: what was promised between the two is not in
-- it, so no challenge of that time is taken up. Written for SQLite and PostgreSQL alike, as 0001.
CREATE TABLE restores (
    restored_at BIGINT NOT NULL PRIMARY KEY, -- moment from which it went on
    taken_at    BIGINT NOT NULL,             -- moment of the backup
    entry       BIGINT NOT NULL,             -- the newest entry of the journal in it; 0: none
    digest      BYTEA  NOT NULL              -- its digest: merchants' receipts of later entries
                                             -- are of what was lost
);
