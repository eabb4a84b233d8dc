-- The experiment as its user wrote it, beside the jsonb that queries look into: jsonb sorts the members of objects, and the
-- order of arguments, configuration and controls has a meaning. Null where a server of an earlier version wrote the experiment.
alter table experiment
    add column definition_text text;

create function experiment_definition_changed() returns trigger language plpgsql as $$
begin
    -- A server of an earlier version replaces the jsonb alone: then the text is of another experiment.
    if new.definition_text is not distinct from old.definition_text and new.definition is distinct from old.definition then
        new.definition_text := null;
    end if;
    return new;
end $$;

create trigger experiment_definition_changed before update of definition on experiment
    for each row execute function experiment_definition_changed();
