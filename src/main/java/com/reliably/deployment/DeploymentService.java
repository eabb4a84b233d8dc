package com.reliably.deployment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.reliably.access.Caller;
import com.reliably.answer.LargeAnswer;
import com.reliably.audit.AuditTrail;
import com.reliably.problem.Faults;
import com.reliably.problem.ProblemException;
import com.reliably.secret.Mask;
import com.reliably.secret.SecretOwner;
import com.reliably.secret.SecretStore;
import com.reliably.web.Names;
import com.reliably.web.PageRequest;
import com.reliably.web.TextWork;
import io.quarkus.arc.All;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.hibernate.exception.ConstraintViolationException;

/** Deployments: what may be stored, and what comes of their secrets. */
@ApplicationScoped
public class DeploymentService {

    private final DeploymentRepository repository;
    private final DeploymentReads reads;
    private final PlansOfDeployment plans;
    private final SecretStore secrets;
    private final AuditTrail audit;
    private final DeploymentPolicy policy;
    private final ObjectMapper json;
    private final Clock clock;
    private final List<DeploymentTrial> trials;

    DeploymentService(
            DeploymentRepository repository,
            DeploymentReads reads,
            PlansOfDeployment plans,
            SecretStore secrets,
            AuditTrail audit,
            DeploymentPolicy policy,
            ObjectMapper json,
            Clock clock,
            @All List<DeploymentTrial> trials) {
        this.repository = repository;
        this.reads = reads;
        this.plans = plans;
        this.secrets = secrets;
        this.audit = audit;
        this.policy = policy;
        this.json = json;
        this.clock = clock;
        this.trials = trials;
    }

    Uni<DeploymentView> create(Caller caller, DeploymentInput input) {
        return checked(input.definition())
                .invoke(() -> refuseMasks(input.definition(), input.definition().secrets(), Map.of()))
                .chain(() -> tryOut(caller.orgId(), input.definition()))
                .chain(() -> store(caller, input));
    }

    @WithTransaction
    Uni<DeploymentView> store(Caller caller, DeploymentInput input) {
        Map<String, String> clear = input.definition().secrets();
        Deployment deployment =
                newDeployment(caller, input.name(), input.definition().masked());
        return Names.taken(repository.persistAndFlush(deployment), "deployment", input.name())
                .chain(() -> secrets.put(ownerOf(deployment), clear))
                .replaceWith(() -> view(deployment));
    }

    Uni<LargeAnswer> get(UUID orgId, UUID id) {
        return reads.one(orgId, id).onItem().ifNull().failWith(DeploymentService::unknown);
    }

    Uni<LargeAnswer> list(UUID orgId, PageRequest page) {
        return reads.page(orgId, page);
    }

    Uni<LargeAnswer> search(UUID orgId, String pattern, PageRequest page) {
        return reads.page(orgId, pattern, page);
    }

    Uni<Void> update(Caller caller, UUID id, DeploymentInput input) {
        return checked(input.definition())
                .chain(() -> inClear(caller.orgId(), id, input.definition()))
                .chain(clear -> tryOut(caller.orgId(), clear))
                .chain(() -> replace(caller, id, input));
    }

    @WithTransaction
    Uni<Void> replace(Caller caller, UUID id, DeploymentInput input) {
        return find(caller.orgId(), id).chain(deployment -> {
            Map<String, String> given = input.definition().secrets();
            boolean sameType = deployment.type.equals(input.definition().typeName());
            Map<String, String> stored = definitionOf(deployment).secrets();
            refuseMasks(input.definition(), given, sameType ? stored : Map.of());
            refuseOtherRecipients(input.definition(), given, definitionOf(deployment));
            deployment.name = input.name();
            deployment.type = input.definition().typeName();
            deployment.definition = write(input.definition().masked());
            deployment.updatedAt = clock.instant();
            return Names.taken(repository.flush(), "deployment", input.name())
                    .chain(() -> replaceSecrets(ownerOf(deployment), given, stored))
                    .chain(() -> plans.deploymentChanged(caller.orgId(), id, input.definition()))
                    .chain(() -> audit.record(caller, "deployment.update", "deployment", id, input.name()));
        });
    }

    @WithTransaction
    Uni<DeploymentView> clone(Caller caller, UUID id, String name) {
        return find(caller.orgId(), id).chain(original -> {
            Deployment copy = newDeployment(caller, name, definitionOf(original));
            return Names.taken(repository.persistAndFlush(copy), "deployment", name)
                    .chain(() -> secrets.copy(ownerOf(original), ownerOf(copy)))
                    .replaceWith(() -> view(copy));
        });
    }

    @WithTransaction
    Uni<Void> delete(Caller caller, UUID id) {
        return find(caller.orgId(), id)
                .call(() -> plans.plansOfDeployment(caller.orgId(), id).invoke(used -> {
                    if (!used.isEmpty()) {
                        throw ProblemException.badRequest("This deployment cannot be deleted: " + used.size()
                                + " plan(s) use it. Delete them, or give them another deployment, first.");
                    }
                }))
                .call(() -> plans.whyNeeded(caller.orgId(), id)
                        .invoke(why -> why.ifPresent(reason -> {
                            throw ProblemException.badRequest("This deployment cannot be deleted yet: " + reason);
                        })))
                .call(deployment -> secrets.removeAll(ownerOf(deployment)))
                .call(deployment -> audit.record(caller, "deployment.delete", "deployment", id, deployment.name))
                .chain(repository::delete)
                .chain(repository::flush)
                // Somebody began to use it since we looked.
                .onFailure(ConstraintViolationException.class)
                .transform(e -> ProblemException.badRequest("This deployment cannot be deleted: a plan uses it."));
    }

    @WithSession
    Uni<LargeAnswer> plans(UUID orgId, UUID id) {
        return find(orgId, id).chain(() -> plans.planIdsOfDeployment(orgId, id));
    }

    /**
     * The definition of a deployment, masked, for other features. Joins the session of its caller.
     *
     * @return null where the organisation has no such deployment
     */
    public Uni<DeploymentDefinition> definition(UUID orgId, UUID id) {
        return repository.find(orgId, id).map(deployment -> deployment == null ? null : definitionOf(deployment));
    }

    /** The definitions of several deployments, masked, by id. Joins the session of its caller. */
    public Uni<Map<UUID, DeploymentDefinition>> definitions(UUID orgId, Set<UUID> ids) {
        return repository.findAll(orgId, ids).map(found -> found.stream()
                .collect(Collectors.toMap(deployment -> deployment.id, this::definitionOf)));
    }

    /** The definitions of all deployments of an organisation, masked, by id. Joins the session of its caller. */
    public Uni<Map<UUID, DeploymentDefinition>> definitions(UUID orgId) {
        return repository.all(orgId).list().map(found -> found.stream()
                .collect(Collectors.toMap(deployment -> deployment.id, this::definitionOf)));
    }

    /**
     * The definition of a deployment with its secrets in clear, for a runner. Joins the session of its caller.
     *
     * @return null where the organisation has no such deployment
     */
    public Uni<DeploymentDefinition> clearDefinition(UUID orgId, UUID id) {
        return repository
                .find(orgId, id)
                .chain(deployment -> deployment == null
                        ? Uni.createFrom().nullItem()
                        : secrets.open(ownerOf(deployment)).map(definitionOf(deployment)::withSecrets));
    }

    /**
     * The secrets of a deployment that nobody is to find in any output. Joins the session of its caller.
     *
     * @return may have nulls; empty where the organization has no such deployment
     */
    public Uni<Collection<String>> secretValues(UUID orgId, UUID id) {
        return clearDefinition(orgId, id).chain(definition -> {
            if (definition == null) {
                return Uni.createFrom().item(List.of());
            }
            int length = definition.secrets().values().stream()
                    .filter(Objects::nonNull)
                    .mapToInt(String::length)
                    .sum();
            return TextWork.on(length, definition::secretValues);
        });
    }

    /**
     * A definition that a deployment had, with the secrets that it has now. Joins the session of its caller.
     *
     * @param masked as {@link #masked} has written it
     * @return null where the organisation has no such deployment any more
     */
    public Uni<DeploymentDefinition> clearDefinition(UUID orgId, UUID id, String masked) {
        return repository
                .find(orgId, id)
                .chain(deployment -> deployment == null
                        ? Uni.createFrom().nullItem()
                        : secrets.open(ownerOf(deployment)).map(parse(id, masked)::withSecrets));
    }

    /** A definition as JSON, without its secrets. */
    public String masked(DeploymentDefinition definition) {
        return write(definition.masked());
    }

    private Uni<Void> checked(DeploymentDefinition definition) {
        Uni<Void> check = Uni.createFrom().voidItem().invoke(() -> check(definition));
        return definition.checksLong()
                ? onItsContext(check.runSubscriptionOn(Infrastructure.getDefaultWorkerPool()))
                : check;
    }

    /** Database sessions belong to the request's own context, whichever thread knows an answer. */
    private static <T> Uni<T> onItsContext(Uni<T> answer) {
        Context request = Vertx.currentContext();
        return answer.emitOn(work -> request.runOnContext(ignored -> work.run()));
    }

    private void check(DeploymentDefinition definition) {
        Faults faults = Faults.inBody();
        definition.check(faults.at("definition", definition.typeName()), policy);
        faults.throwIfAny();
    }

    /** What is given, with stored secrets in place of masks. */
    @WithSession
    Uni<DeploymentDefinition> inClear(UUID orgId, UUID id, DeploymentDefinition given) {
        if (given.secrets().values().stream().noneMatch(Mask::isMask)) {
            return Uni.createFrom().item(given);
        }
        return find(orgId, id)
                .chain(deployment -> secrets.open(ownerOf(deployment)))
                .map(stored -> {
                    Map<String, String> clear = new HashMap<>(given.secrets());
                    clear.replaceAll((name, value) -> Mask.isMask(value) ? stored.get(name) : value);
                    return given.withSecrets(clear);
                });
    }

    /** Outside of any transaction: an engine may take seconds. */
    private Uni<Void> tryOut(UUID orgId, DeploymentDefinition clear) {
        Uni<Map<String, String>> refusals = Uni.createFrom().item(Map.of());
        for (DeploymentTrial trial : trials) {
            refusals = refusals.chain(found -> found.isEmpty()
                    ? trial.refusals(orgId, clear)
                    : Uni.createFrom().item(found));
        }
        return onItsContext(refusals)
                .invoke(found -> {
                    Faults faults = Faults.inBody();
                    found.forEach(faults.at("definition", clear.typeName())::reject);
                    faults.throwIfAny();
                })
                .replaceWithVoid();
    }

    /** A mask means "keep the stored secret", so there must be one. */
    private static void refuseMasks(
            DeploymentDefinition definition, Map<String, String> given, Map<String, String> stored) {
        Faults faults = Faults.inBody();
        given.forEach((name, value) -> {
            if (Mask.isMask(value) && !stored.containsKey(name)) {
                faults.at("definition", definition.typeName())
                        .reject(
                                name,
                                "This is the mask of a secret, but none is stored to be kept; give the secret itself");
            }
        });
        faults.throwIfAny();
    }

    private static void refuseOtherRecipients(
            DeploymentDefinition definition, Map<String, String> given, DeploymentDefinition before) {
        Faults faults = Faults.inBody();
        definition.recipients().forEach((name, recipient) -> {
            String known = before.recipients().get(name);
            if (Mask.isMask(given.get(name)) && known != null && !known.equals(recipient)) {
                faults.at("definition", definition.typeName())
                        .reject(
                                name,
                                "The stored secret is for " + known + ", and would now be sent to " + recipient
                                        + "; give the secret for that");
            }
        });
        faults.throwIfAny();
    }

    private Uni<Void> replaceSecrets(SecretOwner owner, Map<String, String> given, Map<String, String> stored) {
        Map<String, String> fresh = new HashMap<>(given);
        fresh.values().removeIf(Mask::isMask);
        Uni<Void> removed = Uni.createFrom().voidItem();
        if (!given.keySet().containsAll(stored.keySet())) {
            for (String name : stored.keySet()) {
                if (!given.containsKey(name)) {
                    removed = removed.chain(() -> secrets.remove(owner, name));
                }
            }
        }
        return removed.chain(() -> secrets.put(owner, fresh));
    }

    private Uni<Deployment> find(UUID orgId, UUID id) {
        return repository.find(orgId, id).onItem().ifNull().failWith(DeploymentService::unknown);
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("No deployment of this organization has this id.");
    }

    private Deployment newDeployment(Caller caller, String name, DeploymentDefinition masked) {
        Deployment deployment = new Deployment();
        deployment.id = UUID.randomUUID();
        deployment.orgId = caller.orgId();
        deployment.name = name;
        deployment.type = masked.typeName();
        deployment.definition = write(masked);
        deployment.createdAt = clock.instant();
        deployment.createdBy = caller.id();
        deployment.updatedAt = deployment.createdAt;
        return deployment;
    }

    private static SecretOwner ownerOf(Deployment deployment) {
        return SecretOwner.deployment(deployment.orgId, deployment.id);
    }

    private DeploymentView view(Deployment deployment) {
        return new DeploymentView(
                deployment.name, definitionOf(deployment), deployment.id, deployment.orgId, deployment.createdAt);
    }

    private DeploymentDefinition definitionOf(Deployment deployment) {
        return parse(deployment.id, deployment.definition);
    }

    private DeploymentDefinition parse(UUID id, String definition) {
        try {
            return json.readValue(definition, DeploymentDefinition.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The stored definition of deployment " + id + " is not readable", e);
        }
    }

    private String write(DeploymentDefinition definition) {
        try {
            // The interface, because it has the member that tells the types apart.
            return json.writerFor(DeploymentDefinition.class).writeValueAsString(definition);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A definition cannot be written", e);
        }
    }
}
