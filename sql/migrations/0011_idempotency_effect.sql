-- Whether the effect of a request with an Idempotency-Key is in place although its answer was never stored.
-- up
alter table idempotency add column effect_at bigint;

-- down
alter table idempotency drop column effect_at;
