-- When each plan that is not deleted was last executed, for the list in that order: an index cannot order plans by what other
-- rows say. A row of its own and not a column of plan: reports would else wait for whoever holds the plan, and hold it
-- themselves. Written by the triggers below and by nothing else, so that servers of earlier versions keep it too. It is the last
-- row that a transaction locks.
create table plan_last_execution (
    plan_id           uuid primary key references plan on delete cascade,
    org_id            uuid        not null,
    -- The plan's.
    created_at        timestamptz not null,
    -- Null while it never was.
    last_execution_at timestamptz
);
create index plan_by_last_execution on plan_last_execution
    (org_id, last_execution_at desc nulls last, created_at desc, plan_id);

create function plan_last_execution_of_plan() returns trigger language plpgsql as $$
begin
    if new.deleted_at is not null then
        delete from plan_last_execution where plan_id = new.id;
    else
        insert into plan_last_execution (plan_id, org_id, created_at, last_execution_at)
        values (new.id, new.org_id, new.created_at, (select max(created_at) from execution where plan_id = new.id))
        on conflict (plan_id) do update set org_id = excluded.org_id, created_at = excluded.created_at;
    end if;
    return null;
end $$;

-- Its row is locked even where it stays as it is: whoever deletes the latest one looks for the one before, and waits here.
create function plan_last_execution_of_new() returns trigger language plpgsql as $$
declare
    plans uuid[];
begin
    select array_agg(plan_id) into plans
    from (select l.plan_id from plan_last_execution l
          where l.plan_id in (select n.plan_id from new_executions n)
          order by l.plan_id for no key update) locked;
    if plans is not null then
        update plan_last_execution l set last_execution_at = n.at
        from (select plan_id, max(created_at) as at from new_executions where plan_id = any (plans) group by plan_id) n
        where l.plan_id = n.plan_id and (l.last_execution_at is null or l.last_execution_at < n.at);
    end if;
    return null;
end $$;

-- Locked before it is looked for the one before, so that none is overlooked which is stored at the same moment.
create function plan_last_execution_of_deleted() returns trigger language plpgsql as $$
declare
    plans uuid[];
begin
    select array_agg(plan_id) into plans
    from (select l.plan_id from plan_last_execution l
          where l.plan_id in (select o.plan_id from old_executions o)
          order by l.plan_id for no key update) locked;
    if plans is not null then
        update plan_last_execution l
        set last_execution_at = (select max(e.created_at) from execution e where e.plan_id = l.plan_id)
        where l.plan_id = any (plans)
          and l.last_execution_at <= (select max(o.created_at) from old_executions o where o.plan_id = l.plan_id);
    end if;
    return null;
end $$;

create trigger plan_last_execution_of_new_plan after insert on plan
    for each row execute function plan_last_execution_of_plan();
create trigger plan_last_execution_of_changed_plan after update of org_id, created_at, deleted_at on plan
    for each row execute function plan_last_execution_of_plan();
create trigger plan_last_execution_of_new after insert on execution referencing new table as new_executions
    for each statement execute function plan_last_execution_of_new();
create trigger plan_last_execution_of_deleted after delete on execution referencing old table as old_executions
    for each statement execute function plan_last_execution_of_deleted();

insert into plan_last_execution (plan_id, org_id, created_at, last_execution_at)
select p.id, p.org_id, p.created_at, (select max(e.created_at) from execution e where e.plan_id = p.id)
from plan p where p.deleted_at is null;

-- As in V11, and: what is looked up of single rows is looked up by subqueries that have one value, which PostgreSQL does not make
-- a join of; with a million runs pending it had come to read the index of all runs instead, for entries of plans whose runs may
-- overlap. And entries that stay as they are are not touched: an upsert locks, and so writes, every row that it meets.
create or replace function run_queue_refresh(the_plans uuid[], the_waiting uuid[]) returns void language plpgsql as $$
declare
    one_by_one uuid[];
    together   uuid[];
begin
    select coalesce(array_agg(id) filter (where overlap <> 'allow'), '{}'),
           coalesce(array_agg(id) filter (where overlap = 'allow'), '{}')
    into one_by_one, together
    from (select id, overlap from plan where id = any (the_plans) order by id for no key update) p;

    if one_by_one <> '{}' then
        with heads as materialized (
            select h.id, h.plan_id, h.org_id, coalesce(h.deployment_type, '') as deployment_type,
                   greatest(h.not_before, now()) as ready_at
            from unnest(one_by_one) as p (id) cross join lateral (
                select r.* from run r where r.plan_id = p.id and r.state = 'pending'
                order by coalesce(r.nominal_time, r.created_at), r.id limit 1) h
            where (select true from run u where u.plan_id = p.id and u.state in ('launching', 'running') limit 1) is null),
        behind as (
            delete from run_queue q where q.plan_id = any (one_by_one) and q.run_id not in (select id from heads))
        insert into run_queue as q (run_id, plan_id, org_id, deployment_type, ready_at) select * from heads
        on conflict (run_id) do update set deployment_type = excluded.deployment_type,
            ready_at = case when q.ready_at <= now() and excluded.ready_at <= now() then q.ready_at else excluded.ready_at end
            where q.deployment_type <> excluded.deployment_type or q.ready_at > now() or excluded.ready_at > now();
    end if;

    if together <> '{}' then
        with fresh as materialized (
            select f.* from unnest(together) as p (id) cross join lateral (
                select r.id, r.plan_id, r.org_id, coalesce(r.deployment_type, '') as deployment_type from run r
                where r.plan_id = p.id and r.state = 'pending' and r.not_before is null
                order by r.created_at, r.id limit 10) f),
        behind as (
            delete from run_queue q where q.plan_id = any (together) and q.run_id not in (select id from fresh)
                and (select r.state from run r where r.id = q.run_id) is distinct from 'pending')
        insert into run_queue as q (run_id, plan_id, org_id, deployment_type, ready_at)
        select f.id, f.plan_id, f.org_id, f.deployment_type, now() from fresh f
        where (f.id, f.deployment_type) not in (
            select there.run_id, there.deployment_type from run_queue there
            where there.plan_id = any (together) and there.ready_at <= now())
        on conflict (run_id) do update set deployment_type = excluded.deployment_type, ready_at = least(q.ready_at, now());
        if the_waiting <> '{}' then
            insert into run_queue as q (run_id, plan_id, org_id, deployment_type, ready_at)
            select r.id, r.plan_id, r.org_id, coalesce(r.deployment_type, ''), greatest(r.not_before, now())
            from run r where r.id = any (the_waiting) and r.plan_id = any (together) and r.state = 'pending'
            on conflict (run_id) do update set deployment_type = excluded.deployment_type, ready_at = excluded.ready_at;
        end if;
    end if;

    if cardinality(one_by_one) + cardinality(together) < cardinality(the_plans) then
        delete from run_queue where plan_id = any (the_plans) and plan_id <> all (one_by_one) and plan_id <> all (together);
    end if;
end $$;
