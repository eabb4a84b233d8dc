-- What webhooks have told of runs at GitHub: hints to look, for every server that follows something there. No body is kept,
-- only its digest, by which a delivery that comes again (or is sent again by somebody who saw it) is known.
-- docs/adr/0018 has the reasons.
create table github_delivery (
    deployment_id uuid        not null references deployment on delete cascade,
    -- SHA-256 of the body, which is all that GitHub signs: the delivery's own id is not.
    digest        bytea       not null check (length(digest) = 32),
    org_id        uuid        not null references organization on delete cascade,
    -- With its host, in lower case, as in github.com/my-org/my-repo.
    repository    text        not null,
    github_run    bigint      not null,
    -- Which server has it, and tells its own runs by itself.
    server        uuid        not null,
    -- Readers go by transactions, and stop before the oldest that has not ended (docs/adr/0010).
    tx            xid8        not null default pg_current_xact_id(),
    received_at   timestamptz not null default now(),
    primary key (deployment_id, digest)
);
create index github_delivery_news on github_delivery (tx);
create index github_delivery_age on github_delivery (received_at);
create index github_delivery_latest on github_delivery (deployment_id, received_at);
