-- Every table but organization carries org_id, and every query of the server names it: an id of another organisation
-- is never found. Identifiers are UUIDs of version 4, because existing clients refuse any other version.

create table organization (
    id         uuid primary key,
    name       text        not null,
    created_at timestamptz not null,
    constraint organization_name_unique unique (name)
);

-- API tokens. Only a SHA-256 of the token is kept: a token is 256 random bits (or at least 32 characters chosen by the
-- operator), so that a slow hash would protect nothing and cost every request.
create table access_token (
    id           uuid primary key,
    org_id       uuid        not null references organization on delete cascade,
    name         text        not null,
    token_hash   bytea       not null,
    rights       text        not null check (rights in ('admin', 'write', 'read', 'run')),
    operator     boolean     not null default false,
    -- Set for a token that can do only what the client that runs this plan does.
    plan_id      uuid,
    -- Set for the token of one run; it is revoked when the run ends.
    run_id       uuid,
    created_at   timestamptz not null,
    created_by   uuid,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    constraint access_token_hash_unique unique (token_hash),
    constraint access_token_run_needs_plan check (rights <> 'run' or plan_id is not null)
);
create unique index access_token_name_unique on access_token (org_id, name) where revoked_at is null and run_id is null;
create index access_token_of_run on access_token (run_id) where run_id is not null;

create table audit_event (
    id          bigint generated always as identity primary key,
    org_id      uuid        not null references organization on delete cascade,
    at          timestamptz not null,
    actor_id    uuid,
    actor_name  text        not null,
    action      text        not null,
    target_kind text        not null,
    target_id   uuid,
    detail      text
);
create index audit_event_of_org on audit_event (org_id, id desc);

-- Everything secret that users hand in, whatever it belongs to. One table, so that masking is the default (owners keep
-- the mask) and key rotation has one place to work on.
create table secret (
    org_id     uuid  not null references organization on delete cascade,
    owner_kind text  not null check (owner_kind in ('deployment', 'environment')),
    owner_id   uuid  not null,
    name       text  not null,
    key_id     text  not null,
    -- 12 bytes of nonce, then AES-256-GCM ciphertext with its tag. The other columns but key_id are the associated data.
    sealed     bytea not null,
    primary key (org_id, owner_kind, owner_id, name)
);
create index secret_by_key on secret (key_id);

create table deployment (
    id         uuid primary key,
    org_id     uuid        not null references organization on delete cascade,
    name       text        not null,
    type       text        not null,
    definition jsonb       not null,
    created_at timestamptz not null,
    created_by uuid,
    updated_at timestamptz not null,
    version    integer     not null,
    constraint deployment_name_unique unique (org_id, name)
);
create index deployment_in_order on deployment (org_id, name, id);
-- The smallest index that counts an organisation's deployments: its thousand equal keys share a page.
create index deployment_count on deployment (org_id);

create table environment (
    id         uuid primary key,
    org_id     uuid        not null references organization on delete cascade,
    name       text        not null,
    used_for   text        not null,
    -- [{"var_name", "value"}]
    envvars    jsonb       not null,
    -- [{"key", "var_name" or "path"}]; the values are in the table secret, named by key
    secrets    jsonb       not null,
    created_at timestamptz not null,
    created_by uuid,
    updated_at timestamptz not null,
    version    integer     not null
);
create index environment_in_order on environment (org_id, name, id);

create table integration (
    id             uuid primary key,
    org_id         uuid        not null references organization on delete cascade,
    name           text        not null,
    provider       text        not null,
    vendor         text,
    environment_id uuid        not null references environment,
    created_at     timestamptz not null,
    created_by     uuid,
    version        integer     not null,
    constraint integration_name_unique unique (org_id, name)
);
create index integration_environment on integration (environment_id);

create table experiment (
    id          uuid primary key,
    org_id      uuid        not null references organization on delete cascade,
    title       text        not null,
    definition  jsonb       not null,
    template_id uuid,
    created_at  timestamptz not null,
    created_by  uuid,
    updated_at  timestamptz not null,
    version     integer     not null
);
create index experiment_in_order on experiment (org_id, title, id);

create table plan (
    id              uuid primary key,
    org_id          uuid        not null references organization on delete cascade,
    title           text,
    -- Both are let go of when the plan is deleted, so that what it used can be deleted too.
    deployment_id   uuid references deployment,
    environment_id  uuid references environment,
    -- The schedule and the environment as the user gave them.
    definition      jsonb       not null,
    ref             text        not null,
    status          text        not null,
    error           text,
    -- Cron plans only; next_fire_at is null while nothing of ours has to fire (suspended, manual, kept by the engine).
    cron_pattern    text,
    cron_timezone   text,
    next_fire_at    timestamptz,
    suspended_at    timestamptz,
    created_at      timestamptz not null,
    created_by      uuid,
    updated_at      timestamptz not null,
    -- Deleted plans stay for their runs and executions; no query of the API returns them.
    deleted_at      timestamptz,
    version         integer     not null,
    constraint plan_needs_deployment check (deployment_id is not null or deleted_at is not null)
);
create index plan_in_order on plan (org_id, created_at desc, id) where deleted_at is null;
create index plan_due on plan (next_fire_at) where next_fire_at is not null and deleted_at is null;
create index plan_of_deployment on plan (deployment_id) where deleted_at is null;
create index plan_of_environment on plan (environment_id) where deleted_at is null;

create table plan_experiment (
    plan_id       uuid    not null references plan on delete cascade,
    experiment_id uuid    not null references experiment on delete cascade,
    position      integer not null,
    primary key (plan_id, position)
);
create index plan_experiment_by_experiment on plan_experiment (experiment_id);

create table plan_integration (
    plan_id        uuid    not null references plan on delete cascade,
    integration_id uuid    not null references integration on delete cascade,
    position       integer not null,
    primary key (plan_id, position)
);
create index plan_integration_by_integration on plan_integration (integration_id);

-- One attempt to carry out a plan. The row exists before anything is started.
create table run (
    id                  uuid primary key,
    org_id              uuid        not null references organization on delete cascade,
    plan_id             uuid        not null references plan on delete cascade,
    deployment_id       uuid        not null,
    state               text        not null check (state in
        ('pending', 'launching', 'running', 'succeeded', 'failed', 'cancelled', 'lost', 'missed')),
    trigger             text        not null check (trigger in ('schedule', 'api', 'engine')),
    nominal_time        timestamptz,
    created_at          timestamptz not null,
    created_by          uuid,
    claimed_at          timestamptz,
    started_at          timestamptz,
    ended_at            timestamptz,
    owner               text,
    lease_until         timestamptz,
    attempt             integer     not null default 0,
    external_reference  text,
    external_url        text,
    exit_code           integer,
    error               text,
    cancel_requested_at timestamptz,
    cancel_requested_by uuid,
    -- Bytes of output taken over from the engine, and of those the bytes kept in run_log.
    log_read            bigint      not null default 0,
    log_kept            bigint      not null default 0,
    constraint run_fires_once unique (plan_id, nominal_time)
);
create index run_in_order on run (org_id, created_at desc, id);
create index run_of_plan on run (plan_id, created_at desc, id);
create index run_to_claim on run (created_at) where state = 'pending';
create index run_active on run (owner, lease_until) where state in ('launching', 'running');

-- The run's history, written by the trigger below and by nothing else.
create table run_transition (
    run_id     uuid        not null references run on delete cascade,
    position   bigint generated always as identity,
    from_state text,
    to_state   text        not null,
    at         timestamptz not null,
    cause      text,
    primary key (run_id, position)
);

create function run_check_transition() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.state = old.state then
        return new;
    end if;
    if tg_op = 'INSERT' then
        if new.state not in ('pending', 'missed', 'running') then
            raise exception 'a run starts as pending, missed or (started by its engine) running, not as %', new.state
                using errcode = 'check_violation';
        end if;
    elsif not (case old.state
            when 'pending'   then new.state in ('launching', 'cancelled', 'failed', 'missed')
            when 'launching' then new.state in ('running', 'pending', 'succeeded', 'failed', 'cancelled', 'lost')
            when 'running'   then new.state in ('succeeded', 'failed', 'cancelled', 'lost')
            else false
        end) then
        raise exception 'run % cannot go from % to %', new.id, old.state, new.state using errcode = 'check_violation';
    end if;
    if new.state in ('succeeded', 'failed', 'cancelled', 'lost', 'missed') then
        new.ended_at := coalesce(new.ended_at, clock_timestamp());
        new.lease_until := null;
    end if;
    return new;
end $$;

create function run_record_transition() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into run_transition (run_id, from_state, to_state, at, cause)
        values (new.id, null, new.state, new.created_at, coalesce(new.error, new.trigger));
    elsif new.state <> old.state then
        insert into run_transition (run_id, from_state, to_state, at, cause)
        values (new.id, old.state, new.state,
                case when new.ended_at is not null then new.ended_at else clock_timestamp() end,
                coalesce(new.error, new.owner));
    end if;
    return null;
end $$;

create trigger run_transition_allowed before insert or update on run
    for each row execute function run_check_transition();
create trigger run_transition_recorded after insert or update on run
    for each row execute function run_record_transition();

-- Output of a run, in pieces of whole lines. first_byte is the piece's place in the engine's own output, so that a
-- piece that is taken over twice (after a crash) collides instead of doubling.
create table run_log (
    run_id     uuid   not null references run on delete cascade,
    first_byte bigint not null,
    text       text   not null,
    primary key (run_id, first_byte)
);

-- What a client reported of one experiment. The journal and the log are replaced as a whole, many times in a run;
-- lists never read them. summary holds what lists and scores need of the journal.
create table execution (
    id            uuid primary key,
    org_id        uuid        not null references organization on delete cascade,
    experiment_id uuid        not null references experiment on delete cascade,
    plan_id       uuid        references plan on delete set null,
    run_id        uuid        references run on delete set null,
    created_by    uuid,
    created_at    timestamptz not null,
    status        text,
    deviated      boolean,
    started_at    timestamptz,
    finished_at   timestamptz,
    state         jsonb       not null,
    summary       jsonb       not null,
    journal       jsonb       not null,
    log           text        not null default ''
);
create index execution_in_order on execution (org_id, created_at desc, id);
create index execution_of_experiment on execution (experiment_id, created_at desc, id);
create index execution_of_plan on execution (plan_id, created_at desc, id) where plan_id is not null;
create index execution_of_run on execution (run_id) where run_id is not null;
