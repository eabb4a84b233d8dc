package com.reliably.execution;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.access.Caller;
import com.reliably.answer.LargeAnswer;
import com.reliably.audit.AuditTrail;
import com.reliably.experiment.ExperimentService;
import com.reliably.plan.PlanDirectory;
import com.reliably.plan.PlanMaskService;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.Pages;
import com.reliably.web.RawJson;
import com.reliably.web.TextWork;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Executions: what clients report of experiments, and what users ask of those that run. */
@ApplicationScoped
public class ExecutionService {

    private static final String FOREIGN_KEY_VIOLATION = "23503";
    private static final String UNIQUE_VIOLATION = "23505";

    private final ReportStore reports;
    private final ReportTexts texts;
    private final ExecutionRepository repository;
    private final JournalReader journals;
    private final ExperimentService experiments;
    private final PlanDirectory plans;
    private final PlanMaskService masks;
    private final AuditTrail audit;
    private final ObjectMapper json;
    private final Clock clock;

    ExecutionService(
            ReportStore reports,
            ReportTexts texts,
            ExecutionRepository repository,
            JournalReader journals,
            ExperimentService experiments,
            PlanDirectory plans,
            PlanMaskService masks,
            AuditTrail audit,
            ObjectMapper json,
            Clock clock) {
        this.reports = reports;
        this.texts = texts;
        this.repository = repository;
        this.journals = journals;
        this.experiments = experiments;
        this.plans = plans;
        this.masks = masks;
        this.audit = audit;
        this.json = json;
        this.clock = clock;
    }

    /**
     * Creates an execution.
     *
     * @param key by which a run's client creates one only once, however often it asks; null where it does not matter
     */
    Uni<ExecutionView> create(Caller caller, UUID experimentId, String key, ExecutionReport report) {
        return scopeOfNew(caller, experimentId, report.planId())
                .chain(scope -> masked(scope.orgId(), scope.planId(), report)
                        .chain(masked -> create(caller, experimentId, scope, report.planId(), key, masked)));
    }

    private Uni<ExecutionView> create(
            Caller caller, UUID experimentId, Scope scope, UUID planId, String key, MaskedReport report) {
        boolean once = scope.runId() != null && key != null && !key.isBlank();
        UUID id = once ? idOf(scope.runId(), key) : UUID.randomUUID();
        Instant now = clock.instant();
        String state = write(new ExecutionState.Pending(null, now));
        return reports.insert(
                        id,
                        experimentId,
                        scope,
                        caller.id(),
                        now,
                        state,
                        write(terminate(caller)),
                        report.journal(),
                        report.log())
                .onFailure(ExecutionService::referenceIsGone)
                .transform(e -> unknownPlan(planId))
                .invoke(ExecutionService::demandExperiment)
                .onFailure(e -> once && isThere(e))
                .recoverWithUni(() -> found(reports.state(scope, experimentId, id)))
                .map(stored -> new ExecutionView(
                        new RawJson(report.journal().json()),
                        id,
                        scope.orgId(),
                        experimentId,
                        scope.planId(),
                        caller.id(),
                        now,
                        new RawJson(stored)));
    }

    /** A report without the secrets of its plan. */
    private record MaskedReport(Journal journal, String log) {}

    private Uni<MaskedReport> masked(UUID orgId, UUID planId, ExecutionReport report) {
        String result = report.result().text();
        int length = result.length() + (report.log() == null ? 0 : report.log().length());
        return masks.of(orgId, planId)
                .chain(mask -> TextWork.on(
                        length,
                        () -> new MaskedReport(journals.read(journals.masked(result, mask)), mask.mask(report.log()))));
    }

    /** The same for the same key of a run. Clients want ids of version 4. */
    private static UUID idOf(UUID runId, String key) {
        UUID named = UUID.nameUUIDFromBytes(("execution " + runId + " " + key).getBytes(StandardCharsets.UTF_8));
        return new UUID(named.getMostSignificantBits() & ~0xF000L | 0x4000L, named.getLeastSignificantBits());
    }

    Uni<LargeAnswer> get(Caller caller, UUID experimentId, UUID id) {
        return found(texts.execution(Scope.of(caller), experimentId, id));
    }

    Uni<Void> replaceResults(Caller caller, UUID experimentId, UUID id, ExecutionReport report) {
        Scope scope = Scope.of(caller);
        return planOf(scope, experimentId, id)
                .chain(plan -> masked(scope.orgId(), plan, report))
                .chain(masked -> reports.replaceResults(scope, experimentId, id, masked.journal(), masked.log()))
                .invoke(ExecutionService::demandExecution)
                .replaceWithVoid();
    }

    /** The plan that an execution is of; null where it is of none. That of a run's token needs no look. */
    private Uni<UUID> planOf(Scope scope, UUID experimentId, UUID id) {
        return scope.planId() != null
                ? Uni.createFrom().item(scope.planId())
                : found(reports.plan(scope, experimentId, id)).map(plan -> plan.orElse(null));
    }

    Uni<LargeAnswer> results(Caller caller, UUID experimentId, UUID id) {
        return found(texts.journal(Scope.of(caller), experimentId, id));
    }

    Uni<LargeAnswer> log(Caller caller, UUID experimentId, UUID id) {
        return found(texts.log(Scope.of(caller), experimentId, id));
    }

    Uni<RawJson> state(Caller caller, UUID experimentId, UUID id) {
        return found(reports.state(Scope.of(caller), experimentId, id)).map(RawJson::new);
    }

    Uni<Void> replaceState(Caller caller, UUID experimentId, UUID id, ExecutionState wanted) {
        Scope scope = Scope.of(caller);
        ExecutionState state = wanted.from(new ExecutionState.Person(caller.name(), caller.id()), clock.instant());
        return reports.replaceState(scope, experimentId, id, state, write(state))
                .chain(replaced -> replaced
                        ? Uni.createFrom().voidItem()
                        : found(reports.state(scope, experimentId, id))
                                .invoke(current -> judgeRefused(state, read(current)))
                                .replaceWithVoid());
    }

    /**
     * Asks every execution of the caller's organisation that no run of this server has to terminate, rollbacks included.
     * Joins the transaction of its caller.
     *
     * @return their ids
     */
    public Uni<List<UUID>> terminateAll(Caller caller) {
        return repository.terminateAll(caller.orgId(), write(terminate(caller)));
    }

    private ExecutionState terminate(Caller caller) {
        return new ExecutionState.Terminate(null, false, null)
                .from(new ExecutionState.Person(caller.name(), caller.id()), clock.instant());
    }

    @WithSession
    Uni<Page<ExecutionView>> ofExperiment(UUID orgId, UUID experimentId, PageRequest page) {
        return experiments
                .exists(orgId, experimentId)
                .chain(() -> page(orgId, repository.ofExperiment(orgId, experimentId), page));
    }

    @WithSession
    Uni<Page<ExecutionView>> ofPlan(UUID orgId, UUID planId, PageRequest page) {
        return plans.experimentsOf(orgId, planId)
                .onItem()
                .ifNull()
                .failWith(() -> ProblemException.notFound("No plan of this organization has this id."))
                .chain(() -> page(orgId, repository.ofPlan(orgId, planId), page));
    }

    @WithSession
    Uni<Page<ExecutionView>> matching(UUID orgId, ExecutionFilter filter, PageRequest page) {
        return page(orgId, repository.matching(orgId, filter), page);
    }

    @WithTransaction
    Uni<Void> delete(Caller caller, UUID experimentId, UUID id) {
        return repository
                .delete(caller.orgId(), experimentId, id)
                .invoke(deleted -> demandExecution(deleted > 0))
                .chain(() -> audit.record(caller, "execution.delete", "execution", id, null));
    }

    /** What a new execution belongs to; fails where the caller may not say so, or there is no such plan. */
    private Uni<Scope> scopeOfNew(Caller caller, UUID experimentId, UUID planId) {
        Scope scope = Scope.of(caller);
        if (caller.isRun()) {
            // That the experiment is one of the plan's was checked on the way in.
            if (planId != null && !planId.equals(scope.planId())) {
                throw ProblemException.forbidden("This token can only report executions of its own plan.");
            }
            return Uni.createFrom().item(scope);
        }
        if (planId == null) {
            return Uni.createFrom().item(scope);
        }
        return plans.experimentsOf(caller.orgId(), planId).chain(ofPlan -> {
            if (ofPlan != null && ofPlan.contains(experimentId)) {
                return Uni.createFrom().item(new Scope(caller.orgId(), planId, null));
            }
            // The path comes first: an experiment of somebody else is a 404, whatever the body says.
            return Panache.withSession(() -> experiments.exists(caller.orgId(), experimentId))
                    .map(ignored -> {
                        throw ofPlan == null
                                ? unknownPlan(planId)
                                : ProblemException.badRequest("The plan " + planId + " does not run this experiment.");
                    });
        });
    }

    /** A state was not taken: either that does not matter, or this says why. */
    private static void judgeRefused(ExecutionState wanted, ExecutionState current) {
        if (current instanceof ExecutionState.Finished finished) {
            if (!(wanted instanceof ExecutionState.Finished again && again.saysTheSameAs(finished))) {
                throw ProblemException.badRequest(
                        "This execution has finished; its state cannot become '" + wanted.current() + "' any more.");
            }
        } else if (wanted instanceof ExecutionState.Pending) {
            throw ProblemException.badRequest("This execution has begun; it cannot be pending again.");
        } else if (!(wanted instanceof ExecutionState.Running)) {
            throw ProblemException.badRequest("This execution was asked to terminate; its state cannot become '"
                    + wanted.current() + "' any more.");
        }
        // A client that resumed says that it runs, not knowing that it was asked to terminate meanwhile: it will look.
    }

    private static boolean isThere(Throwable e) {
        return e instanceof PgException pg && UNIQUE_VIOLATION.equals(pg.getSqlState());
    }

    private static boolean referenceIsGone(Throwable e) {
        return e instanceof PgException pg && FOREIGN_KEY_VIOLATION.equals(pg.getSqlState());
    }

    private static ProblemException unknownPlan(UUID planId) {
        return ProblemException.invalid(Fault.of(
                "value_error", List.of("body", "plan_id"), "No plan of this organization has this id.", planId));
    }

    private static void demandExperiment(String stored) {
        if (stored == null) {
            throw ProblemException.notFound("No experiment of this organization has this id.");
        }
    }

    private static void demandExecution(boolean found) {
        if (!found) {
            throw unknown();
        }
    }

    private static <T> Uni<T> found(Uni<T> looked) {
        return looked.onItem().ifNull().failWith(ExecutionService::unknown);
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("No execution of this experiment has this id.");
    }

    private Uni<Page<ExecutionView>> page(UUID orgId, PanacheQuery<Execution> query, PageRequest page) {
        return Pages.read(query, page, ids -> repository.findAll(orgId, ids), execution -> execution.id)
                .map(found -> found.map(ExecutionView::listed));
    }

    private String write(ExecutionState state) {
        try {
            // The interface, because it has the member that tells the states apart.
            return json.writerFor(ExecutionState.class).writeValueAsString(state);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A state cannot be written", e);
        }
    }

    private ExecutionState read(String state) {
        try {
            return json.readValue(state, ExecutionState.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The stored state of an execution is not readable", e);
        }
    }
}
