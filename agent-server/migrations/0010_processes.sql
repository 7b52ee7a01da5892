-- Several processes on one database. Written for SQLite and PostgreSQL alike, as 0001.

-- How often the database was opened. Each process has its own number in the keys that it makes.
CREATE TABLE openings (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    count    BIGINT NOT NULL
);

INSERT INTO openings (only_row, count) VALUES (1, 0);

-- What only one process does at a time. A holder that has died holds it no longer than until then.
CREATE TABLE leases (
    name       TEXT   NOT NULL PRIMARY KEY,
    holder     BIGINT NOT NULL,                -- number of its opening
    held_until BIGINT NOT NULL
);
