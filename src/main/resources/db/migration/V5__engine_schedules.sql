-- A cron schedule that a deployment's engine keeps: what it should be there, and what is known to be. Written together with
-- the plan; servers bring the engine in step behind it. The row goes when nothing is left at the engine. docs/adr/0012 has
-- the reasons.
create table engine_schedule (
    id                 uuid primary key,
    org_id             uuid        not null references organization on delete cascade,
    plan_id            uuid        not null references plan on delete cascade,
    -- Its credentials are needed until the schedule is removed, whatever became of the plan.
    deployment_id      uuid        not null references deployment,
    deployment_type    text        not null,
    desired            text        not null check (desired in ('installed', 'suspended', 'removed')),
    -- Raised by whatever changes what should be at the engine.
    generation         bigint      not null default 1,
    applied_generation bigint      not null default 0,
    applied_suspended  boolean     not null default false,
    -- What it was when it was installed, with the deployment's masked definition; null while it never was.
    applied_definition jsonb,
    applied_pattern    text,
    applied_timezone   text,
    reference          text,
    -- Why it is not as it should be, for people, and whether its engine has refused it.
    error              text,
    refused            boolean     not null default false,
    failures           integer     not null default 0,
    next_try_at        timestamptz,
    -- What its engine says of it while it is installed.
    trouble            text,
    -- When the client's token is to be replaced, before it ends.
    token_renew_at     timestamptz,
    -- The server that looks after it, and since how many owners (a server that comes back must not write any more).
    owner              text,
    lease_until        timestamptz,
    epoch              bigint      not null default 0,
    created_at         timestamptz not null default now(),
    constraint engine_schedule_once unique (plan_id, deployment_id)
);
create index engine_schedule_of_owner on engine_schedule (owner);
create index engine_schedule_of_deployment on engine_schedule (deployment_id);
create index engine_schedule_of_org on engine_schedule (org_id);

-- Plans from before that waited for an engine.
insert into engine_schedule (id, org_id, plan_id, deployment_id, deployment_type, desired)
select gen_random_uuid(), p.org_id, p.id, d.id, d.type, case when p.suspended_at is null then 'installed' else 'suspended' end
from plan p join deployment d on d.id = p.deployment_id
where p.cron_pattern is not null and p.deleted_at is null and d.type in ('github', 'k8s_job');

-- Tokens that clients get which an engine starts by itself. Like those of runs they are nobody's to list.
alter table access_token add column schedule_id uuid;
drop index access_token_name_unique;
create unique index access_token_name_unique on access_token (org_id, name)
    where revoked_at is null and run_id is null and schedule_id is null;
create index access_token_of_schedule on access_token (schedule_id) where schedule_id is not null;

-- What an engine has started becomes one run, however often it is told.
create unique index run_of_engine_once on run (plan_id, external_reference) where trigger = 'engine';

-- As in V3, and: while an engine has not done yet what a plan asks for, the plan is not said to be there.
create or replace function event_of_plan() returns trigger language plpgsql as $$
begin
    insert into event (org_id, kind, subject_id, plan_id, what, from_what, detail)
    values (new.org_id, 'plan', new.id, new.id,
            case when new.deleted_at is not null then
                     case when new.status in ('deleting', 'deletion error') then new.status else 'deleted' end
                 when new.suspended_at is not null then
                     case when new.status in ('suspending', 'suspend_error') then new.status else 'suspended' end
                 else new.status end,
            case when old.deleted_at is not null then old.status
                 when old.suspended_at is not null then
                     case when old.status in ('suspending', 'suspend_error') then old.status else 'suspended' end
                 else old.status end,
            jsonb_build_object('title', left(new.title, 200), 'error', left(new.error, 600)));
    return null;
end $$;
