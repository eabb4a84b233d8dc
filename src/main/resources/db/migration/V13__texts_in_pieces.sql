-- The journal as its client sent it, beside the jsonb that queries look into; null where a server of an earlier version wrote
-- it, until somebody reads it. The log once more where it is so large that it is read in pieces, from the first such read on.
-- Both as bytes of UTF-8, stored as they are: of bytes PostgreSQL finds a piece by its place, of text only by counting
-- characters from the beginning.
alter table execution
    add column journal_text    bytea,
    add column log_text        bytea,
    -- Tells whoever reads piece by piece that the next piece would be of another text.
    add column report_revision bigint not null default 0;
alter table execution
    alter column journal_text set storage external,
    alter column log_text set storage external;

create function execution_report_changed() returns trigger language plpgsql as $$
begin
    new.report_revision := old.report_revision + 1;
    -- A server of an earlier version replaces the jsonb alone.
    if new.journal_text is not distinct from old.journal_text and new.journal is distinct from old.journal then
        new.journal_text := null;
    end if;
    if old.log_text is not null and new.log is distinct from old.log then
        new.log_text := null;
    end if;
    return new;
end $$;

create trigger execution_report_changed before update of journal, log on execution
    for each row execute function execution_report_changed();

-- Lists are counted and paged by what an index alone has: the smallest there can be to count, because equal keys share their
-- place; and the organization in each, because every query names it.
create index plan_count on plan (org_id) where deleted_at is null;
create index plan_by_title on plan (org_id, lower(title), created_at desc, id) include (title) where deleted_at is null;
create index plan_by_next_fire on plan (org_id, next_fire_at, created_at desc, id) where deleted_at is null;
create index environment_count on environment (org_id);
create index experiment_count on experiment (org_id);
create index execution_count on execution (org_id);
create index run_count on run (org_id);
create index integration_in_order on integration (org_id, name, id);
create index access_token_in_order on access_token (org_id, name, id)
    where revoked_at is null and run_id is null and schedule_id is null;

drop index execution_of_experiment;
create index execution_of_experiment on execution (experiment_id, created_at desc, id) include (org_id);
drop index execution_of_plan;
create index execution_of_plan on execution (plan_id, created_at desc, id) include (org_id) where plan_id is not null;
create index execution_by_status on execution (org_id, status, created_at desc, id);
create index execution_unfinished on execution (org_id, created_at desc, id) where finished_at is null;
create index run_by_state on run (org_id, state, created_at desc, id);
drop index run_of_deployment;
create index run_of_deployment on run (org_id, deployment_id, created_at desc, id);

-- The plans of a thing are listed latest first.
drop index plan_of_deployment;
create index plan_of_deployment on plan (deployment_id, created_at desc, id) include (org_id) where deleted_at is null;
drop index plan_of_environment;
create index plan_of_environment on plan (environment_id, created_at desc, id) include (org_id) where deleted_at is null;
