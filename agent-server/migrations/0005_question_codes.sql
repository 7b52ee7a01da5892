-- How often a wrong code was typed for a question: five times, and only its link answers it.
ALTER TABLE questions ADD COLUMN code_failures BIGINT NOT NULL DEFAULT 0;
