-- What happens to runs, plans and executions, for those who follow it live. Written by the triggers below and by nothing
-- else, so that no statement of the server (or of an operator) can change something without it being seen.
--
-- The order is that of (tx, seq), and readers stop before the oldest transaction that has not ended. A number drawn from
-- a sequence says nothing about the order of commits: a reader who had seen 5 would never look for the 4 that is
-- committed later. docs/adr/0010 has the reasons.
--
-- Neither table refers to organization: rows are swept after a day anyway, and the check of a foreign key locks the row
-- that it finds, which every run of an organization would then do.
create table event (
    seq        bigint generated always as identity primary key,
    tx         xid8        not null default pg_current_xact_id(),
    org_id     uuid        not null,
    at         timestamptz not null default clock_timestamp(),
    kind       text        not null check (kind in ('run', 'plan', 'execution')),
    subject_id uuid        not null,
    plan_id    uuid,
    run_id     uuid,
    -- The state or status that it came into, and the one before.
    what       text        not null,
    from_what  text,
    detail     jsonb       not null
);
create index event_in_order on event (org_id, tx, seq);

-- Up to which place the events of an organization have been swept: who resumes before it has missed something.
create table event_swept (
    org_id uuid   primary key,
    tx     xid8   not null,
    seq    bigint not null
);

create function event_of_run() returns trigger language plpgsql as $$
begin
    insert into event (org_id, kind, subject_id, plan_id, run_id, what, from_what, detail)
    values (new.org_id, 'run', new.id, new.plan_id, new.id, new.state, old.state,
            jsonb_build_object('trigger', new.trigger, 'attempt', new.attempt, 'owner', new.owner,
                               'exit_code', new.exit_code, 'error', left(new.error, 600)));
    return null;
end $$;

create trigger run_event_of_new after insert on run
    for each row execute function event_of_run();
create trigger run_event_of_change after update on run
    for each row when (old.state is distinct from new.state) execute function event_of_run();

create function event_of_plan() returns trigger language plpgsql as $$
begin
    insert into event (org_id, kind, subject_id, plan_id, what, from_what, detail)
    values (new.org_id, 'plan', new.id, new.id,
            case when new.deleted_at is not null then 'deleted'
                 when new.suspended_at is not null then 'suspended'
                 else new.status end,
            case when old.suspended_at is not null then 'suspended' else old.status end,
            jsonb_build_object('title', left(new.title, 200), 'error', left(new.error, 600)));
    return null;
end $$;

create trigger plan_event_of_new after insert on plan
    for each row execute function event_of_plan();
create trigger plan_event_of_change after update on plan
    for each row when (old.status is distinct from new.status
                       or (old.deleted_at is null) <> (new.deleted_at is null)
                       or (old.suspended_at is null) <> (new.suspended_at is null))
    execute function event_of_plan();

create function event_of_execution() returns trigger language plpgsql as $$
begin
    insert into event (org_id, kind, subject_id, plan_id, run_id, what, from_what, detail)
    values (new.org_id, 'execution', new.id, new.plan_id, new.run_id,
            case when new.finished_at is not null then 'finished' else coalesce(new.status, 'created') end,
            case when tg_op = 'UPDATE' then coalesce(old.status, 'created') end,
            jsonb_build_object('experiment_id', new.experiment_id, 'status', new.status, 'deviated', new.deviated));
    return null;
end $$;

create trigger execution_event_of_new after insert on execution
    for each row execute function event_of_execution();
-- Clients replace the journal before and after every activity: nearly all of these say nothing new.
create trigger execution_event_of_change after update on execution
    for each row when (old.status is distinct from new.status
                       or old.deviated is distinct from new.deviated
                       or (old.finished_at is null) <> (new.finished_at is null))
    execute function event_of_execution();

-- What goes on in an organization, which is what people look at.
create index run_of_org_unfinished on run (org_id, created_at desc, id)
    where state in ('pending', 'launching', 'running');
