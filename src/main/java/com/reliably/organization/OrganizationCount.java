package com.reliably.organization;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Singleton;

/**
 * The number of organizations, as far as it matters: with the second one, this server has tenants that do not trust each
 * other. Organizations are never removed, so that there being several is remembered for good.
 */
@Singleton
public class OrganizationCount {

    private static final String COUNT = "select count(*) as n from (select from organization limit 2) organizations";

    private final Pool pool;
    private volatile boolean several;

    OrganizationCount(Pool pool) {
        this.pool = pool;
    }

    /** Whether there are several: one short query, until there are. Fails where the database does not answer. */
    public Uni<Boolean> isSeveral() {
        if (several) {
            return Uni.createFrom().item(true);
        }
        return pool.query(COUNT)
                .execute()
                .map(rows -> rows.iterator().next().getLong("n") > 1)
                .invoke(now -> several = several || now);
    }

    /** The latest answer, for those who cannot wait; false where nobody has asked yet. */
    public boolean wasSeveral() {
        return several;
    }
}
