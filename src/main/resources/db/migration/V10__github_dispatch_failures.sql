-- Of which launch an order is: how many launches of its run had failed before. Null where it was taken down by a server that
-- did not say so; such an order is good for any launch, because it may be at GitHub.
alter table github_dispatch
    add column failures integer;
