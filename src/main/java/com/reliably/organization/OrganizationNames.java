package com.reliably.organization;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Singleton;
import java.util.UUID;

/** The names of organizations, for settings in which the operator names some. */
@Singleton
public class OrganizationNames {

    private final Pool pool;

    OrganizationNames(Pool pool) {
        this.pool = pool;
    }

    /** The name of an organization; empty text where there is none with that id. */
    public Uni<String> of(UUID id) {
        return pool.preparedQuery("select name from organization where id = $1")
                .execute(Tuple.of(id))
                .map(rows -> rows.size() == 0 ? "" : rows.iterator().next().getString("name"));
    }
}
