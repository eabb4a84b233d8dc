-- What a plan says about its runs.
alter table plan
    -- What becomes of fires that came due while no server could run them.
    add column catch_up                text    not null default 'latest' check (catch_up in ('none', 'latest', 'all')),
    -- How late a fire may be run; null: as the operator has set it.
    add column catch_up_window_seconds integer check (catch_up_window_seconds >= 0),
    -- What becomes of a fire while a run of the plan goes on.
    add column overlap                 text    not null default 'forbid' check (overlap in ('forbid', 'allow', 'replace')),
    -- How long a run may take; null: as the operator has set it.
    add column timeout_seconds         integer check (timeout_seconds > 0),
    -- How often a launch that failed is tried again. A run that has started never is.
    add column launch_retries          integer not null default 0 check (launch_retries >= 0);

alter table run
    -- A launch that is tried again waits until then.
    add column not_before      timestamptz,
    add column launch_failures integer not null default 0,
    -- Where the output of the present attempt begins in the log of the run.
    add column log_base        bigint  not null default 0;

-- Who asks whether a plan has a run that has not ended: every fire, and every claim.
create index run_unfinished on run (plan_id, created_at) where state in ('pending', 'launching', 'running');

-- The stop button: while halted_at is set, nothing of the organization is started.
alter table organization
    add column halted_at   timestamptz,
    add column halted_by   uuid,
    add column halt_reason text;
