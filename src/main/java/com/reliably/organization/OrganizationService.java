package com.reliably.organization;

import com.reliably.access.Caller;
import com.reliably.access.OrganizationDirectory;
import com.reliably.access.TokenService;
import com.reliably.audit.AuditTrail;
import com.reliably.problem.ProblemException;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import io.quarkus.arc.All;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;

/** Organisations. */
@ApplicationScoped
public class OrganizationService implements OrganizationDirectory {

    private static final Logger LOG = Logger.getLogger(OrganizationService.class);

    private final OrganizationRepository repository;
    private final TokenService tokens;
    private final AuditTrail audit;
    private final List<SecondOrganizationImpact> impacts;
    private final Clock clock;

    OrganizationService(
            OrganizationRepository repository,
            TokenService tokens,
            AuditTrail audit,
            @All List<SecondOrganizationImpact> impacts,
            Clock clock) {
        this.repository = repository;
        this.tokens = tokens;
        this.audit = audit;
        this.impacts = impacts;
        this.clock = clock;
    }

    @Override
    @WithSession
    public Uni<Boolean> exists(UUID id) {
        return repository.existsById(id);
    }

    /** The organisations that a caller can see: a token is bound to one. */
    @WithSession
    Uni<Page<OrganizationView>> visibleTo(Caller caller, PageRequest page) {
        boolean firstPage = page.offset() == 0;
        return find(caller.orgId()).map(view -> new Page<>(1, firstPage ? List.of(view) : List.of()));
    }

    @WithSession
    Uni<OrganizationView> get(UUID id) {
        return find(id);
    }

    @WithTransaction
    Uni<OrganizationCreated> create(Caller caller, OrganizationInput input) {
        if (!caller.operator()) {
            throw ProblemException.forbidden(
                    "Only the operator's token, made at the server's first start, can create" + " organizations.");
        }
        return freeName(input.name()).chain(name -> {
            Organization organization = new Organization();
            organization.id = UUID.randomUUID();
            organization.name = name;
            organization.createdAt = clock.instant();
            return repository
                    .persistAndFlush(organization)
                    .chain(() -> tokens.createFirst(organization.id, caller.id()))
                    .call(() -> audit.record(caller, "organization.create", "organization", organization.id, name))
                    .chain(token -> concernedPlans(organization.id)
                            .map(plans -> new OrganizationCreated(
                                    organization.id, name, organization.createdAt, token, plans)));
        });
    }

    /** The plans that the second organisation concerns; none where there were several before. */
    private Uni<List<ConcernedPlan>> concernedPlans(UUID created) {
        return repository
                .some(3)
                .chain(organizations -> organizations.size() != 2
                        ? Uni.createFrom().item(List.of())
                        : Multi.createFrom()
                                .iterable(organizations)
                                .filter(organization -> !organization.id.equals(created))
                                .onItem()
                                .transformToMultiAndConcatenate(first -> Multi.createFrom()
                                        .iterable(impacts)
                                        .onItem()
                                        .transformToUniAndConcatenate(impact -> impact.concernedPlans(first.id)))
                                .onItem()
                                .<ConcernedPlan>disjoint()
                                .invoke(plan -> LOG.warnf(
                                        "With the second organization, runs of plan %s of organization %s are refused: %s",
                                        plan.planId(), plan.orgId(), plan.reason()))
                                .collect()
                                .asList());
    }

    /** The organisation's halt, or null. Joins the session of its caller. */
    public Uni<Halt> halt(UUID id) {
        return repository.findById(id).map(organization -> organization == null ? null : organization.halt());
    }

    /**
     * Refuses with a 409 while the organisation is halted, and keeps it from being halted until the caller's transaction
     * ends. Joins that transaction.
     */
    public Uni<Void> demandNotHalted(UUID id) {
        return repository
                .locked(id, LockModeType.PESSIMISTIC_READ)
                .invoke(organization -> {
                    if (organization.halt() != null) {
                        throw ProblemException.conflict(organization.halt().refusal());
                    }
                })
                .replaceWithVoid();
    }

    /** Halts the caller's organisation, or leaves it as it was halted before. Joins the transaction of its caller. */
    public Uni<Halt> setHalted(Caller caller, String reason) {
        return repository.locked(caller.orgId(), LockModeType.PESSIMISTIC_WRITE).map(organization -> {
            if (organization.haltedAt == null) {
                organization.haltedAt = clock.instant();
                organization.haltedBy = caller.id();
                organization.haltReason = reason;
            }
            return organization.halt();
        });
    }

    /** Ends the halt of an organisation. Joins the transaction of its caller. */
    public Uni<Void> setReleased(UUID id) {
        return repository
                .locked(id, LockModeType.PESSIMISTIC_WRITE)
                .invoke(organization -> {
                    organization.haltedAt = null;
                    organization.haltedBy = null;
                    organization.haltReason = null;
                })
                .replaceWithVoid();
    }

    private Uni<OrganizationView> find(UUID id) {
        return repository
                .findById(id)
                .onItem()
                .ifNull()
                .failWith(() -> ProblemException.notFound("No organization has this id."))
                .map(OrganizationView::of);
    }

    /** The name itself, or with a suffix where it is taken. */
    private Uni<String> freeName(String name) {
        return repository
                .isNameTaken(name)
                .map(taken -> taken ? name + "-" + UUID.randomUUID().toString().substring(0, 8) : name);
    }
}
