-- Where an order was first asked for, which it stays bound to while something may be there; how runs of its plan may overlap;
-- and how much is in doubt: how often GitHub was asked without its having certainly refused, and since when it may have been
-- before it was asked last.
alter table github_dispatch
    add column repository          text,
    add column overlap             text,
    add column askings             integer not null default 0,
    add column earlier_intended_at timestamptz;

-- Of what was asked before there was this count, all that is known is that it may have been more than once.
update github_dispatch
set askings = least(intents, 2), earlier_intended_at = intended_at
where intended_at is not null;
