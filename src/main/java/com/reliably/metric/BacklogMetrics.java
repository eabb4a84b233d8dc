package com.reliably.metric;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.quarkus.vertx.http.ManagementInterface;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.logging.Logger;

/**
 * Shows the backlog of the whole database. It is counted when somebody asks for metrics, before they are written, and
 * at most every 15 seconds whoever asks. Where the database does not answer, the metrics are missing rather than old.
 */
@Singleton
final class BacklogMetrics {

    private static final Logger LOG = Logger.getLogger(BacklogMetrics.class);
    private static final String PATH = "/q/metrics";
    private static final int BEFORE_METRICS_ARE_WRITTEN = -100;
    private static final List<String> STATES = List.of("pending", "launching", "running");
    private static final List<String> SCHEDULE_STATES =
            List.of("applied", "waiting", "refused", "troubled", "removing");
    private static final Duration GOOD_FOR = Duration.ofSeconds(15);
    private static final Duration COUNTED_WITHIN = Duration.ofSeconds(3);

    private final Uni<Void> upToDate;
    private final MultiGauge runs;
    private final MultiGauge waiting;
    private final MultiGauge plansDue;
    private final MultiGauge plansOverdue;
    private final MultiGauge schedules;
    private final Set<String> typesSeen = new TreeSet<>();
    private final Set<String> engineTypesSeen = new TreeSet<>();

    BacklogMetrics(BacklogRepository repository, MeterRegistry registry) {
        runs = MultiGauge.builder("reliably.runs")
                .description("Runs that have not ended, in the whole database")
                .register(registry);
        waiting = MultiGauge.builder("reliably.runs.waiting")
                .description("For how long the longest due of the runs that could be taken up has been waiting")
                .baseUnit("seconds")
                .register(registry);
        plansDue = MultiGauge.builder("reliably.plans.due")
                .description("Plans whose time has come, and that no server has fired yet")
                .register(registry);
        plansOverdue = MultiGauge.builder("reliably.plans.overdue")
                .description("For how long the longest due of these plans has been due")
                .baseUnit("seconds")
                .register(registry);
        schedules = MultiGauge.builder("reliably.engine.schedules")
                .description("Schedules that engines keep, in the whole database")
                .register(registry);
        upToDate = Uni.createFrom()
                .deferred(repository::count)
                .ifNoItem()
                .after(COUNTED_WITHIN)
                .fail()
                .invoke(this::show)
                .onFailure()
                .invoke(this::hide)
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid()
                .memoize()
                .atLeast(GOOD_FOR);
    }

    void install(@Observes Router router) {
        countOn(router);
    }

    /** Where the server was built to have a port of its own for metrics. */
    void install(@Observes ManagementInterface management) {
        countOn(management.router());
    }

    private void countOn(Router router) {
        router.route(PATH).order(BEFORE_METRICS_ARE_WRITTEN).handler(this::count);
    }

    private void count(RoutingContext context) {
        upToDate.subscribe().with(ignored -> context.next(), context::fail);
    }

    private synchronized void show(Backlog backlog) {
        backlog.runs().forEach(some -> typesSeen.add(some.type()));
        List<Row<?>> counts = new ArrayList<>();
        List<Row<?>> longest = new ArrayList<>();
        for (String type : typesSeen) {
            for (String state : STATES) {
                counts.add(Row.of(Tags.of("state", state, "type", type), count(backlog, state, type)));
            }
            longest.add(Row.of(Tags.of("type", type), waiting(backlog, type)));
        }
        backlog.schedules().forEach(some -> engineTypesSeen.add(some.type()));
        List<Row<?>> kept = new ArrayList<>();
        for (String type : engineTypesSeen) {
            for (String state : SCHEDULE_STATES) {
                kept.add(Row.of(Tags.of("state", state, "type", type), schedules(backlog, state, type)));
            }
        }
        schedules.register(kept, true);
        runs.register(counts, true);
        waiting.register(longest, true);
        plansDue.register(List.of(Row.of(Tags.empty(), backlog.plansDue())), true);
        plansOverdue.register(List.of(Row.of(Tags.empty(), backlog.overdueSeconds())), true);
    }

    private static long count(Backlog backlog, String state, String type) {
        return backlog.runs().stream()
                .filter(some -> some.state().equals(state) && some.type().equals(type))
                .mapToLong(Backlog.Runs::count)
                .sum();
    }

    private static long schedules(Backlog backlog, String state, String type) {
        return backlog.schedules().stream()
                .filter(some -> some.state().equals(state) && some.type().equals(type))
                .mapToLong(Backlog.Schedules::count)
                .sum();
    }

    private static double waiting(Backlog backlog, String type) {
        return backlog.runs().stream()
                .filter(some -> some.type().equals(type))
                .mapToDouble(Backlog.Runs::waitingSeconds)
                .max()
                .orElse(0);
    }

    private synchronized void hide(Throwable failure) {
        LOG.debugf("The backlog cannot be counted: %s", failure.toString());
        for (MultiGauge gauge : List.of(runs, waiting, plansDue, plansOverdue, schedules)) {
            gauge.register(List.of(), true);
        }
    }
}
