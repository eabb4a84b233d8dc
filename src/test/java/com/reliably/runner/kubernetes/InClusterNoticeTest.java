package com.reliably.runner.kubernetes;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.ServerResources;
import com.reliably.testing.Tenant;
import com.reliably.testing.TestRuns;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the log says at a start of CronJobs that have the server's own account, laid before it as an earlier release left them. */
@ApiTest
class InClusterNoticeTest {

    private static final String OWN = "{\"type\": \"k8s_job\", \"use_in_cluster_credentials\": true}";
    private static final String KUBECONFIG = "{\"type\": \"k8s_job\", \"credentials\": \"**********\"}";

    private static final Logger LOGGER = Logger.getLogger(InClusterNotice.class.getName());

    @Inject
    InClusterNotice notice;

    @Inject
    DataSource database;

    private final List<TestRuns> plans = new ArrayList<>();
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final Handler reading = new Handler() {
        @Override
        public void publish(LogRecord log) {
            said.add(log.getLevel() + " "
                    + (log instanceof ExtLogRecord known ? known.getFormattedMessage() : log.getMessage()));
        }

        @Override
        public void flush() {
            // It is kept in memory.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    };

    @BeforeEach
    void listen() {
        LOGGER.addHandler(reading);
    }

    @AfterEach
    void endListening() {
        LOGGER.removeHandler(reading);
        plans.forEach(plan -> plan.execute("delete from engine_schedule where plan_id = ?", plan.planId()));
    }

    /** A CronJob of a plan of its own; returns the plan. */
    private UUID installed(Tenant tenant, String type, String desired, String definition) {
        TestRuns plan = new TestRuns(database, tenant);
        plans.add(plan);
        plan.execute(
                "insert into engine_schedule (id, org_id, plan_id, deployment_id, deployment_type, desired,"
                        + " applied_definition, owner, lease_until) values (?, ?, ?, ?, ?, ?, cast(? as jsonb), 'another',"
                        + " now() + interval '1 hour')",
                UUID.randomUUID(),
                UUID.fromString(tenant.id()),
                plan.planId(),
                plan.deploymentId(),
                type,
                desired,
                definition);
        return plan.planId();
    }

    private List<String> saidOf(Tenant tenant) {
        return said.stream().filter(line -> line.contains(tenant.id())).toList();
    }

    @Test
    void organizationsThatMayNotUseItAnyMoreAreNamedWithAPlan() {
        Tenant named = Tenant.called(ServerResources.IN_CLUSTER_ORGANIZATION);
        installed(named, "k8s_job", "installed", OWN);
        Tenant others = Tenant.create();
        installed(others, "k8s_job", "installed", KUBECONFIG);
        installed(others, "k8s_job", "removed", OWN);
        installed(others, "k8s_job", "installed", null);
        Tenant concerned = Tenant.create();
        List<UUID> itsPlans = List.of(
                installed(concerned, "k8s_job", "installed", OWN), installed(concerned, "k8s_job", "suspended", OWN));
        installed(concerned, "k8s_job", "installed", KUBECONFIG);
        Tenant last = after(named, others, concerned);
        installed(last, "k8s_job", "installed", OWN);
        notice.look(null);

        await().until(() -> !saidOf(last).isEmpty());
        assertEquals(1, saidOf(concerned).size());
        String line = saidOf(concerned).get(0);
        assertTrue(line.startsWith("WARN"), line);
        assertTrue(line.contains("2 CronJobs of organization " + concerned.id()), line);
        assertTrue(itsPlans.stream().anyMatch(plan -> line.contains("that of plan " + plan)), line);
        assertTrue(line.contains("RELIABLY_KUBERNETES_IN_CLUSTER_ALLOWED"), line);
        assertEquals(List.of(), saidOf(named), "the operator names it");
        assertEquals(List.of(), saidOf(others), "it has none");
    }

    /** An organization whose turn is after those: they are looked at in the order of their ids. */
    private static Tenant after(Tenant... others) {
        Tenant tenant = Tenant.create();
        while (!isAfter(tenant, others)) {
            tenant = Tenant.create();
        }
        return tenant;
    }

    private static boolean isAfter(Tenant tenant, Tenant... others) {
        return Stream.of(others).allMatch(other -> other.id().compareTo(tenant.id()) < 0);
    }
}
