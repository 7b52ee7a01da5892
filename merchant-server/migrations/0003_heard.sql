-- How far each purchase's notifications were heard: what is older says nothing new.
ALTER TABLE notifications ADD COLUMN purchase_id TEXT;  -- NULL: heard by an older version
ALTER TABLE notifications ADD COLUMN sequence BIGINT;

CREATE INDEX notifications_by_purchase ON notifications (purchase_id, sequence);
