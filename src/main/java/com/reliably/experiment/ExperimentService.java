package com.reliably.experiment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.reliably.access.Caller;
import com.reliably.answer.LargeAnswer;
import com.reliably.audit.AuditTrail;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.Pages;
import com.reliably.web.TextWork;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Experiments: what may be stored, and what is served of it. */
@ApplicationScoped
public class ExperimentService {

    private final ExperimentRepository repository;
    private final ExperimentReader reader;
    private final ExperimentPicks picks;
    private final ExperimentTexts texts;
    private final ExecutionsOfExperiment executions;
    private final PlansOfExperiment plans;
    private final AuditTrail audit;
    private final Clock clock;

    ExperimentService(
            ExperimentRepository repository,
            ExperimentReader reader,
            ExperimentPicks picks,
            ExperimentTexts texts,
            ExecutionsOfExperiment executions,
            PlansOfExperiment plans,
            AuditTrail audit,
            Clock clock) {
        this.repository = repository;
        this.reader = reader;
        this.picks = picks;
        this.texts = texts;
        this.executions = executions;
        this.plans = plans;
        this.audit = audit;
        this.clock = clock;
    }

    Uni<ExperimentView> create(Caller caller, ExperimentInput input) {
        if (input.templateId() != null) {
            throw ProblemException.invalid(Fault.of(
                    "value_error",
                    List.of("body", "template_id"),
                    "No template has this id; leave 'template_id' out.",
                    input.templateId()));
        }
        String text = input.definition().text();
        return TextWork.on(text.length(), () -> reader.readJson(text, "definition"))
                .chain(definition -> store(caller, definition));
    }

    Uni<ExperimentView> importDocument(Caller caller, ExperimentDocument input) {
        return read(input).chain(definition -> store(caller, definition));
    }

    private Uni<ObjectNode> read(ExperimentDocument input) {
        return TextWork.on(input.experiment().length(), () -> reader.readJsonOrYaml(input.experiment(), "experiment"))
                .invoke(ReliablyControl::removeRunState);
    }

    Uni<LargeAnswer> get(UUID orgId, UUID id) {
        return texts.one(orgId, id).onItem().ifNull().failWith(ExperimentService::unknown);
    }

    Uni<LargeAnswer> raw(UUID orgId, UUID id) {
        return texts.raw(orgId, id).onItem().ifNull().failWith(ExperimentService::unknown);
    }

    Uni<LargeAnswer> list(UUID orgId, PageRequest page) {
        return Panache.withSession(() -> Pages.ids(repository.all(orgId), page)).chain(ids -> texts.page(orgId, ids));
    }

    Uni<LargeAnswer> search(UUID orgId, String pattern, PageRequest page) {
        return Panache.withSession(() -> Pages.ids(repository.matching(orgId, pattern), page))
                .chain(ids -> texts.page(orgId, ids));
    }

    /**
     * How the experiments of a page fare.
     *
     * @param pattern for {@code ilike}; null for all experiments
     */
    @WithSession
    Uni<Page<ExperimentSummary>> summaries(UUID orgId, String pattern, PageRequest page) {
        PanacheQuery<Experiment> query = pattern == null ? repository.all(orgId) : repository.matching(orgId, pattern);
        return Pages.read(query, page, ids -> repository.headers(orgId, ids), ExperimentHeader::id)
                .chain(found -> summarize(orgId, found.items()).map(summaries -> new Page<>(found.count(), summaries)));
    }

    Uni<LargeAnswer> all(UUID orgId) {
        return picks.all(orgId);
    }

    Uni<ExperimentView> update(Caller caller, UUID id, ExperimentDocument input) {
        return read(input).chain(definition -> replace(caller, id, definition));
    }

    @WithTransaction
    Uni<ExperimentView> replace(Caller caller, UUID id, ObjectNode definition) {
        return find(caller.orgId(), id)
                .invoke(experiment -> {
                    define(experiment, definition);
                    experiment.updatedAt = clock.instant();
                })
                .call(experiment -> audit.record(caller, "experiment.update", "experiment", id, experiment.title))
                .chain(this::view);
    }

    @WithTransaction
    Uni<Void> delete(Caller caller, UUID id) {
        return find(caller.orgId(), id)
                .call(() -> plans.plansOfExperiment(caller.orgId(), id, null).invoke(used -> {
                    if (!used.isEmpty()) {
                        throw ProblemException.badRequest("This experiment cannot be deleted: " + used.size()
                                + " plan(s) use it. Delete them, or give them other experiments, first.");
                    }
                }))
                .call(experiment -> audit.record(caller, "experiment.delete", "experiment", id, experiment.title))
                .chain(repository::delete);
    }

    /** The plans of an experiment; {@code pattern} is for {@code ilike} on their titles, null for all of them. */
    @WithSession
    Uni<LargeAnswer> plans(UUID orgId, UUID id, String pattern) {
        return exists(orgId, id).chain(() -> plans.planIdsOfExperiment(orgId, id, pattern));
    }

    /**
     * The titles of experiments, by id; ids that the organisation does not have are absent. Joins the session of its
     * caller.
     */
    public Uni<Map<UUID, String>> titles(UUID orgId, Collection<UUID> ids) {
        if (ids.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return repository.headers(orgId, ids).map(headers -> {
            Map<UUID, String> titles = new HashMap<>();
            headers.forEach(header -> titles.put(header.id(), header.title()));
            return titles;
        });
    }

    /**
     * Demands that the organisation has this experiment. Joins the session of its caller.
     *
     * @return fails with a 404 where it has not
     */
    public Uni<Void> exists(UUID orgId, UUID id) {
        return repository
                .count("orgId = ?1 and id = ?2", orgId, id)
                .invoke(count -> {
                    if (count == 0) {
                        throw unknown();
                    }
                })
                .replaceWithVoid();
    }

    @WithTransaction
    Uni<ExperimentView> store(Caller caller, ObjectNode definition) {
        Experiment experiment = new Experiment();
        experiment.id = UUID.randomUUID();
        experiment.orgId = caller.orgId();
        define(experiment, definition);
        experiment.createdAt = clock.instant();
        experiment.createdBy = caller.id();
        experiment.updatedAt = experiment.createdAt;
        return repository.persist(experiment).map(stored -> ExperimentView.of(stored, 0));
    }

    private static void define(Experiment experiment, ObjectNode definition) {
        ReliablyControl.install(definition, experiment.orgId, experiment.id);
        experiment.title = definition.get("title").textValue();
        experiment.define(definition.toString());
    }

    private Uni<Experiment> find(UUID orgId, UUID id) {
        return repository.find(orgId, id).onItem().ifNull().failWith(ExperimentService::unknown);
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("No experiment of this organization has this id.");
    }

    private Uni<ExperimentView> view(Experiment experiment) {
        return executions
                .counts(experiment.orgId, List.of(experiment.id))
                .map(counts -> ExperimentView.of(experiment, counts.getOrDefault(experiment.id, 0L)));
    }

    private Uni<List<ExperimentSummary>> summarize(UUID orgId, List<ExperimentHeader> headers) {
        return executions
                .histories(orgId, headers.stream().map(ExperimentHeader::id).toList())
                .map(histories -> headers.stream()
                        .map(h -> ExperimentSummary.of(orgId, h, histories.getOrDefault(h.id(), ExecutionHistory.NONE)))
                        .toList());
    }
}
