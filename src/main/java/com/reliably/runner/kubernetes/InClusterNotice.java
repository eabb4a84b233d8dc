package com.reliably.runner.kubernetes;

import com.reliably.runner.kubernetes.cluster.InClusterPermission;
import io.quarkus.vertx.http.HttpServerStart;
import io.smallrye.mutiny.Multi;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/**
 * Tells the operator, at every start, of CronJobs that were installed with the server's own service account for organizations
 * which may not use it (any more): the cluster goes on starting their runs.
 */
@Singleton
final class InClusterNotice {

    private static final Logger LOG = Logger.getLogger(InClusterNotice.class);

    private static final String INSTALLED = """
            select org_id, count(*) as n, min(cast(plan_id as text)) as plan from engine_schedule
            where deployment_type = 'k8s_job' and desired <> 'removed'
              and applied_definition ->> 'use_in_cluster_credentials' = 'true'
            group by org_id order by org_id
            """;

    private final Pool pool;
    private final InClusterPermission permission;

    InClusterNotice(Pool pool, InClusterPermission permission) {
        this.pool = pool;
        this.permission = permission;
    }

    void look(@ObservesAsync HttpServerStart listening) {
        pool.query(INSTALLED)
                .execute()
                .onItem()
                .transformToMulti(rows -> Multi.createFrom().iterable(rows))
                .onItem()
                .transformToUniAndConcatenate(
                        row -> permission.isGiven(row.getUUID("org_id")).invoke(given -> {
                            if (!given) {
                                tell(row);
                            }
                        }))
                .subscribe()
                .with(
                        done -> {},
                        failure -> LOG.infof(
                                "CronJobs that use the server's own service account were not looked for: %s",
                                failure.toString()));
    }

    private static void tell(Row row) {
        LOG.warnf(
                "%d CronJobs of organization %s (as that of plan %s) were installed with the server's own service account,"
                        + " which it may not use any more; the cluster goes on with them. Name the organization in"
                        + " RELIABLY_KUBERNETES_IN_CLUSTER_ALLOWED, or delete the plans.",
                row.getLong("n"), row.getUUID("org_id"), row.getString("plan"));
    }
}
