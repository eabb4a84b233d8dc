package com.reliably.integration;

import com.reliably.access.Caller;
import com.reliably.answer.LargeAnswer;
import com.reliably.audit.AuditTrail;
import com.reliably.environment.EnvironmentService;
import com.reliably.environment.EnvironmentUse;
import com.reliably.problem.Faults;
import com.reliably.problem.ProblemException;
import com.reliably.web.Names;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.Pages;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Integrations, each with an environment of its own. */
@ApplicationScoped
public class IntegrationService {

    private final IntegrationRepository repository;
    private final EnvironmentService environments;
    private final PlansOfIntegration plans;
    private final AuditTrail audit;
    private final Clock clock;

    IntegrationService(
            IntegrationRepository repository,
            EnvironmentService environments,
            PlansOfIntegration plans,
            AuditTrail audit,
            Clock clock) {
        this.repository = repository;
        this.environments = environments;
        this.plans = plans;
        this.audit = audit;
        this.clock = clock;
    }

    @WithTransaction
    Uni<IntegrationView> create(Caller caller, IntegrationInput input) {
        Faults faults = Faults.inBody();
        if (input.name().isBlank()) {
            faults.reject("name", "The name is blank; give one that people recognize", input.name());
        }
        environments.check(input.environment(), faults.at("environment"));
        faults.throwIfAny();
        return environments
                .createChecked(caller, input.environment(), EnvironmentUse.INTEGRATION)
                .map(environmentId -> newIntegration(caller, input, environmentId))
                .chain(integration -> Names.taken(repository.persistAndFlush(integration), "integration", input.name()))
                .map(IntegrationService::view);
    }

    @WithSession
    Uni<IntegrationView> get(UUID orgId, UUID id) {
        return find(orgId, id).map(IntegrationService::view);
    }

    @WithSession
    Uni<Page<IntegrationView>> list(UUID orgId, PageRequest page) {
        return page(orgId, repository.all(orgId), page);
    }

    @WithSession
    Uni<Page<IntegrationView>> search(UUID orgId, String pattern, PageRequest page) {
        return page(orgId, repository.matching(orgId, pattern), page);
    }

    /** What an integration does on the client's side; empty where that is nothing. */
    @WithSession
    Uni<Optional<IntegrationControl>> control(UUID orgId, UUID id) {
        return find(orgId, id).chain(integration -> environments
                .variables(orgId, integration.environmentId)
                .map(variables -> IntegrationControl.of(
                        IntegrationProvider.of(integration.provider), integration.id, variables)));
    }

    @WithTransaction
    Uni<Void> delete(Caller caller, UUID id) {
        return find(caller.orgId(), id)
                .call(() -> plans.plansOfIntegration(caller.orgId(), id).invoke(used -> {
                    if (!used.isEmpty()) {
                        throw ProblemException.badRequest("This integration cannot be deleted: " + used.size()
                                + " plan(s) use it. Delete them, or take it out of them, first.");
                    }
                }))
                .call(integration -> audit.record(caller, "integration.delete", "integration", id, integration.name))
                .call(repository::delete)
                .call(repository::flush)
                .chain(integration -> environments.delete(caller, integration.environmentId));
    }

    @WithSession
    Uni<LargeAnswer> plans(UUID orgId, UUID id) {
        return find(orgId, id).chain(() -> plans.planIdsOfIntegration(orgId, id));
    }

    /**
     * The environments of integrations, for plans that use them, by the integration's id; ids that the organisation does
     * not have are absent. Joins the session of its caller.
     */
    public Uni<Map<UUID, UUID>> environmentsOf(UUID orgId, Set<UUID> ids) {
        return repository.findAll(orgId, ids).map(found -> found.stream()
                .collect(Collectors.toMap(integration -> integration.id, integration -> integration.environmentId)));
    }

    private Uni<Integration> find(UUID orgId, UUID id) {
        return repository
                .find(orgId, id)
                .onItem()
                .ifNull()
                .failWith(() -> ProblemException.notFound("No integration of this organization has this id."));
    }

    private Uni<Page<IntegrationView>> page(UUID orgId, PanacheQuery<Integration> query, PageRequest page) {
        return Pages.read(query, page, ids -> repository.findAll(orgId, Set.copyOf(ids)), integration -> integration.id)
                .map(found -> found.map(IntegrationService::view));
    }

    private Integration newIntegration(Caller caller, IntegrationInput input, UUID environmentId) {
        Integration integration = new Integration();
        integration.id = UUID.randomUUID();
        integration.orgId = caller.orgId();
        integration.name = input.name();
        integration.provider = input.provider().toString();
        integration.vendor = input.vendor() == null ? null : input.vendor().toString();
        integration.environmentId = environmentId;
        integration.createdAt = clock.instant();
        integration.createdBy = caller.id();
        return integration;
    }

    private static IntegrationView view(Integration integration) {
        return new IntegrationView(
                integration.name,
                IntegrationProvider.of(integration.provider),
                integration.vendor == null ? null : IntegrationVendor.of(integration.vendor),
                integration.id,
                integration.orgId,
                integration.createdAt,
                integration.environmentId);
    }
}
