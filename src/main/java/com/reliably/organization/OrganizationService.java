package com.reliably.organization;

import com.reliably.access.Caller;
import com.reliably.access.OrganizationDirectory;
import com.reliably.access.TokenService;
import com.reliably.audit.AuditTrail;
import com.reliably.problem.ProblemException;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.UUID;

/** Organisations. */
@ApplicationScoped
public class OrganizationService implements OrganizationDirectory {

    private final OrganizationRepository repository;
    private final TokenService tokens;
    private final AuditTrail audit;
    private final Clock clock;

    OrganizationService(OrganizationRepository repository, TokenService tokens, AuditTrail audit, Clock clock) {
        this.repository = repository;
        this.tokens = tokens;
        this.audit = audit;
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
                    .map(token -> new OrganizationCreated(organization.id, name, organization.createdAt, token));
        });
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
