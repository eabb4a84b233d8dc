-- The kind of a run's deployment, because each kind has room of its own at a server; kept when the deployment is deleted.
alter table run add column deployment_type text;
update run set deployment_type = (select d.type from deployment d where d.id = run.deployment_id);

drop index run_to_claim;
create index run_to_claim on run (deployment_type, created_at) where state = 'pending';
create index run_of_deployment on run (org_id, deployment_id, created_at desc);

-- As in V1, and: the times of a run are the database's, so that servers whose clocks differ write one history.
create or replace function run_check_transition() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' and new.deployment_type is null then
        new.deployment_type := (select d.type from deployment d where d.id = new.deployment_id);
    end if;
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
    if new.state = 'running' then
        new.started_at := coalesce(new.started_at, clock_timestamp());
    end if;
    if new.state in ('succeeded', 'failed', 'cancelled', 'lost', 'missed') then
        new.ended_at := clock_timestamp();
        new.lease_until := null;
    end if;
    return new;
end $$;
