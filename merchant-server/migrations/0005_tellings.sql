-- What a shop's own program is still to be told of its orders. What happened before this column was
-- there is not told.
ALTER TABLE order_events ADD COLUMN tell_at BIGINT; -- not before this moment; NULL: told
ALTER TABLE order_events ADD COLUMN tell_attempts BIGINT NOT NULL DEFAULT 0;
CREATE INDEX order_events_to_tell ON order_events (tell_at) WHERE tell_at IS NOT NULL;
