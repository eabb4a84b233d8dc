-- Which pending runs can be claimed: of a plan whose runs go one after the other the first one, once none of it is under
-- way; of a plan whose runs may overlap the first ten, and those that wait for their next launch. Written by the triggers
-- below and by nothing else, always behind the lock of the plan's row, so that no two transactions judge a plan at once.
-- Claims read it instead of looking, for each pending run, whether another one comes first. docs/adr/0023 has the reasons.
--
-- It does not refer to run: the check of a foreign key would lock the run, which others lock before its plan.
create table run_queue (
    run_id          uuid primary key,
    plan_id         uuid        not null,
    org_id          uuid        not null,
    -- Empty where it is not known.
    deployment_type text        not null,
    -- Since when it can be claimed, or from when on: a plan's next run comes behind what has waited meanwhile.
    ready_at        timestamptz not null
);
create index run_queue_in_order on run_queue (deployment_type, org_id, ready_at, run_id);
create index run_queue_of_plan on run_queue (plan_id);

-- The first run of a plan, whatever it waits for; and those that wait for nothing but their turn.
create index run_pending_of_plan on run (plan_id, (coalesce(nominal_time, created_at)), id) where state = 'pending';
create index run_fresh_of_plan on run (plan_id, created_at, id) where state = 'pending' and not_before is null;
-- What is under way of a plan, however much of it is pending.
create index run_under_way_of_plan on run (plan_id) where state in ('launching', 'running');
-- Claims read the queue.
drop index run_to_claim;

-- Says anew what can be claimed of these plans, and of these runs which wait for their next launch, if their plans let runs
-- overlap. A run that can be claimed already keeps its place; another one comes behind what is there. Each look is one step
-- in an index for each plan, however much of it is pending, and however many plans there are these are few statements.
create function run_queue_refresh(the_plans uuid[], the_waiting uuid[]) returns void language plpgsql as $$
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
            where not exists (select 1 from run u where u.plan_id = p.id and u.state in ('launching', 'running'))),
        behind as (
            delete from run_queue q where q.plan_id = any (one_by_one) and q.run_id not in (select id from heads))
        insert into run_queue as q (run_id, plan_id, org_id, deployment_type, ready_at) select * from heads
        on conflict (run_id) do update set deployment_type = excluded.deployment_type,
            ready_at = case when q.ready_at <= now() and excluded.ready_at <= now() then q.ready_at else excluded.ready_at end
            where q.deployment_type <> excluded.deployment_type or q.ready_at > now() or excluded.ready_at > now();
    end if;

    if together <> '{}' then
        delete from run_queue q where q.plan_id = any (together)
            and not exists (select 1 from run r where r.id = q.run_id and r.state = 'pending');
        insert into run_queue as q (run_id, plan_id, org_id, deployment_type, ready_at)
        select f.id, f.plan_id, f.org_id, coalesce(f.deployment_type, ''), now()
        from unnest(together) as p (id) cross join lateral (
            select r.* from run r where r.plan_id = p.id and r.state = 'pending' and r.not_before is null
            order by r.created_at, r.id limit 10) f
        on conflict (run_id) do update set deployment_type = excluded.deployment_type, ready_at = least(q.ready_at, now())
            where q.deployment_type <> excluded.deployment_type or q.ready_at > now();
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

create function run_queue_after_insert() returns trigger language plpgsql as $$
declare
    plans   uuid[];
    waiting uuid[];
begin
    select array_agg(distinct plan_id), coalesce(array_agg(id) filter (where state = 'pending' and not_before is not null), '{}')
    into plans, waiting from new_runs where state in ('pending', 'launching', 'running');
    if plans is not null then
        perform run_queue_refresh(plans, waiting);
    end if;
    return null;
end $$;

create function run_queue_after_update() returns trigger language plpgsql as $$
declare
    plans   uuid[];
    waiting uuid[];
begin
    select array_agg(distinct n.plan_id),
           coalesce(array_agg(n.id) filter (where n.state = 'pending' and n.not_before is not null), '{}')
    into plans, waiting
    from new_runs n join old_runs o on o.id = n.id
    where (o.state <> n.state and not (o.state = 'launching' and n.state = 'running'))
       or (n.state = 'pending' and (o.not_before is distinct from n.not_before
                                    or o.deployment_type is distinct from n.deployment_type));
    if plans is not null then
        perform run_queue_refresh(plans, waiting);
    end if;
    return null;
end $$;

create function run_queue_after_delete() returns trigger language plpgsql as $$
declare
    plans uuid[];
begin
    select array_agg(distinct plan_id) into plans from old_runs where state in ('pending', 'launching', 'running');
    if plans is not null then
        perform run_queue_refresh(plans, '{}');
    end if;
    return null;
end $$;

create trigger run_queue_of_new after insert on run referencing new table as new_runs
    for each statement execute function run_queue_after_insert();
create trigger run_queue_of_changed after update on run referencing old table as old_runs new table as new_runs
    for each statement execute function run_queue_after_update();
create trigger run_queue_of_deleted after delete on run referencing old table as old_runs
    for each statement execute function run_queue_after_delete();

create function run_queue_after_overlap() returns trigger language plpgsql as $$
begin
    perform run_queue_refresh(array[new.id], coalesce((
        select array_agg(id) from run where plan_id = new.id and state = 'pending' and not_before is not null), '{}'));
    return null;
end $$;

create trigger run_queue_of_plan after update on plan
    for each row when (old.overlap is distinct from new.overlap) execute function run_queue_after_overlap();

-- What is pending while this is installed.
select run_queue_refresh(array_agg(distinct plan_id), coalesce(array_agg(id) filter (where not_before is not null), '{}'))
from run where state = 'pending' having count(*) > 0;
