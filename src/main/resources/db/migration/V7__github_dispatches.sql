-- A run that GitHub is to be asked to start, or was. What GitHub has starts by itself once it was asked, and its list of
-- runs is late: that it is being asked is therefore written down before, and who finds that it was asked looks for the run
-- until the list can be believed. docs/adr/0013 has the reasons.
create table github_dispatch (
    run_id           uuid primary key references run on delete cascade,
    org_id           uuid        not null references organization on delete cascade,
    plan_id          uuid        not null,
    -- Which attempt the name at GitHub has; it stays when another server goes on with it.
    attempt          integer     not null,
    environment      text,
    timeout_seconds  bigint,
    -- How often it was begun to ask; who raises it may ask.
    intents          integer     not null default 0,
    -- Since when GitHub may have been asked; null while it certainly has not.
    intended_at      timestamptz,
    github_run       bigint,
    github_url       text,
    cancel_asked_at  timestamptz,
    created_at       timestamptz not null default now()
);
create index github_dispatch_of_org on github_dispatch (org_id);
