package com.reliably.environment;

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
import com.reliably.web.PageRequest;
import com.reliably.web.Pages;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.hibernate.exception.ConstraintViolationException;

/** Environments: what may be stored, what comes of their secrets, and who sees those in clear. */
@ApplicationScoped
public class EnvironmentService {

    private final EnvironmentRepository repository;
    private final EnvironmentReads reads;
    private final PlansOfEnvironment plans;
    private final IntegrationsOfEnvironment integrations;
    private final SecretStore secrets;
    private final AuditTrail audit;
    private final ObjectMapper json;
    private final Clock clock;

    EnvironmentService(
            EnvironmentRepository repository,
            EnvironmentReads reads,
            PlansOfEnvironment plans,
            IntegrationsOfEnvironment integrations,
            SecretStore secrets,
            AuditTrail audit,
            ObjectMapper json,
            Clock clock) {
        this.repository = repository;
        this.reads = reads;
        this.plans = plans;
        this.integrations = integrations;
        this.secrets = secrets;
        this.audit = audit;
        this.json = json;
        this.clock = clock;
    }

    @WithTransaction
    Uni<EnvironmentView> create(Caller caller, EnvironmentInput input) {
        Faults faults = Faults.inBody();
        check(input, faults);
        faults.throwIfAny();
        return store(caller, input, EnvironmentUse.PLAN).map(reads::view);
    }

    Uni<LargeAnswer> get(UUID orgId, UUID id) {
        return orNotFound(reads.one(orgId, id));
    }

    Uni<LargeAnswer> list(UUID orgId, PageRequest page) {
        return Panache.withSession(() -> Pages.ids(repository.all(orgId), page)).chain(ids -> reads.page(orgId, ids));
    }

    Uni<LargeAnswer> search(UUID orgId, String pattern, PageRequest page) {
        return Panache.withSession(() -> Pages.ids(repository.matching(orgId, pattern), page))
                .chain(ids -> reads.page(orgId, ids));
    }

    Uni<LargeAnswer> names(UUID orgId) {
        return reads.names(orgId);
    }

    /**
     * An environment with its secrets in clear, as the Reliably CLI can take it. A run gets every secret file in a
     * directory of its own. An administrator, who may run the CLI by hand, sees the files of an integration like that
     * too, but other files where they belong, unless the CLI would stumble over them.
     */
    @WithTransaction
    Uni<EnvironmentView> clear(Caller caller, UUID id) {
        return find(caller.orgId(), id)
                .call(environment -> audit.record(caller, "environment.clear", "environment", id, environment.name))
                .chain(this::clearView)
                .chain(truth -> integrations
                        .integrationsOfEnvironment(caller.orgId(), id)
                        .map(using -> caller.isRun() || using > 0
                                ? DistinctDirectories.forAll(truth)
                                : DistinctDirectories.whereNeeded(truth)));
    }

    @WithTransaction
    Uni<Void> update(Caller caller, UUID id, EnvironmentInput input) {
        Faults faults = Faults.inBody();
        input.check(faults);
        faults.throwIfAny();
        return findToChange(caller.orgId(), id).chain(environment -> {
            List<EnvironmentSecret> stored = reads.secretsOf(environment);
            refuseMasksOfUnknown(input.secrets(), stored, faults);
            faults.throwIfAny();
            environment.name = input.name();
            environment.envvars = write(input.envvars());
            environment.usedFor = input.usedFor() == null
                    ? environment.usedFor
                    : input.usedFor().toString();
            return replaceSecrets(environment, stored, input.secrets())
                    .chain(() -> changed(caller, environment, "environment.update"));
        });
    }

    /** Adds one variable or secret, or replaces the one of the same name or key. */
    @WithTransaction
    Uni<Void> set(Caller caller, UUID id, EnvironmentEntry entry) {
        return findToChange(caller.orgId(), id).chain(environment -> {
            List<EnvironmentVariable> variables = new ArrayList<>(reads.variablesOf(environment));
            List<EnvironmentSecret> stored = reads.secretsOf(environment);
            List<EnvironmentSecret> kept = new ArrayList<>(stored);
            int place = entry.isSecret()
                    ? takeOut(kept, secret -> secret.key().equals(entry.key()))
                    : takeOut(variables, variable -> variable.varName().equals(entry.varName()));
            Faults faults = Faults.inBody();
            new EnvironmentRules(faults).checkEntry(entry, variables, kept);
            if (entry.isSecret() && Mask.isMask(entry.value()) && kept.size() == stored.size()) {
                refuseMask(faults);
            }
            faults.throwIfAny();
            if (entry.isSecret()) {
                kept.add(place, entry.toSecret());
            } else {
                variables.add(place, entry.toVariable());
                environment.envvars = write(variables);
            }
            return replaceSecrets(environment, stored, kept)
                    .chain(() -> changed(caller, environment, "environment.set"));
        });
    }

    /** Removes the variable of this name, or else the secret of this key. */
    @WithTransaction
    Uni<Void> remove(Caller caller, UUID id, String key) {
        return findToChange(caller.orgId(), id).chain(environment -> {
            List<EnvironmentVariable> variables = new ArrayList<>(reads.variablesOf(environment));
            List<EnvironmentSecret> stored = reads.secretsOf(environment);
            List<EnvironmentSecret> kept = new ArrayList<>(stored);
            if (variables.removeIf(variable -> variable.varName().equals(key))) {
                environment.envvars = write(variables);
            } else if (!kept.removeIf(secret -> secret.key().equals(key))) {
                throw ProblemException.notFound(
                        "This environment has no variable of this name, and no secret of this key.");
            }
            return replaceSecrets(environment, stored, kept)
                    .chain(() -> changed(caller, environment, "environment.remove"));
        });
    }

    @WithTransaction
    Uni<EnvironmentView> clone(Caller caller, UUID id, String name) {
        return find(caller.orgId(), id).chain(original -> {
            Environment copy = newEnvironment(caller, name);
            copy.usedFor = original.usedFor;
            copy.envvars = original.envvars;
            copy.secrets = original.secrets;
            return repository
                    .persistAndFlush(copy)
                    .chain(() -> secrets.copy(ownerOf(original), ownerOf(copy)))
                    .replaceWith(() -> reads.view(copy));
        });
    }

    /**
     * Deletes an environment, and its secrets. Joins the transaction of its caller where there is one.
     *
     * @return fails with a 400 where a plan or an integration uses it
     */
    @WithTransaction
    public Uni<Void> delete(Caller caller, UUID id) {
        return findToChange(caller.orgId(), id)
                .call(() -> refuseWhereUsed(caller.orgId(), id))
                .call(environment -> secrets.removeAll(ownerOf(environment)))
                .call(environment -> audit.record(caller, "environment.delete", "environment", id, environment.name))
                .chain(repository::delete)
                .chain(repository::flush)
                // Somebody began to use it since we looked.
                .onFailure(ConstraintViolationException.class)
                .transform(e -> ProblemException.badRequest("This environment cannot be deleted: a plan uses it."));
    }

    @WithSession
    Uni<LargeAnswer> plans(UUID orgId, UUID id) {
        return find(orgId, id).chain(() -> plans.planIdsOfEnvironment(orgId, id));
    }

    /** Whether the organisation has this environment. Joins the session of its caller. */
    public Uni<Boolean> exists(UUID orgId, UUID id) {
        return repository.count("orgId = ?1 and id = ?2", orgId, id).map(count -> count > 0);
    }

    /**
     * An environment with its secrets in clear, and its files at the paths where they belong, for a runner that can
     * place them there. Joins the session of its caller, who audits it.
     *
     * @return null where the organisation has no such environment
     */
    public Uni<EnvironmentView> clearForRun(UUID orgId, UUID id) {
        return repository
                .find(orgId, id)
                .chain(environment -> environment == null ? Uni.createFrom().nullItem() : clearView(environment));
    }

    /**
     * The secrets of an environment, in clear, but for those that are just the path of one of its files. Joins the session
     * of its caller.
     *
     * @return empty where the organization has no such environment
     */
    public Uni<List<String>> secretValues(UUID orgId, UUID id) {
        return clearForRun(orgId, id).map(environment -> {
            if (environment == null) {
                return List.of();
            }
            Set<String> paths = environment.secrets().stream()
                    .filter(EnvironmentSecret::isFile)
                    .map(EnvironmentSecret::path)
                    .collect(Collectors.toSet());
            return environment.secrets().stream()
                    .map(EnvironmentSecret::value)
                    .filter(value -> !paths.contains(value))
                    .toList();
        });
    }

    /**
     * The variables of an environment that are not secret. Joins the session of its caller.
     *
     * @return by name; empty where the organisation has no such environment
     */
    public Uni<Map<String, String>> variables(UUID orgId, UUID id) {
        return repository.find(orgId, id).map(environment -> {
            Map<String, String> values = new LinkedHashMap<>();
            if (environment != null) {
                reads.variablesOf(environment).forEach(variable -> values.put(variable.varName(), variable.value()));
            }
            return values;
        });
    }

    /**
     * Checks an environment that is to be created with something else.
     *
     * @param faults point to where it stands in the request
     */
    public void check(EnvironmentInput input, Faults faults) {
        input.check(faults);
        refuseMasksOfUnknown(input.secrets(), List.of(), faults);
    }

    /**
     * Creates an environment that belongs to something else, after {@link #check}. Joins the transaction of its caller.
     *
     * @param use what it is for, where it does not say so itself
     * @return its id
     */
    public Uni<UUID> createChecked(Caller caller, EnvironmentInput input, EnvironmentUse use) {
        return store(caller, input, use).map(environment -> environment.id);
    }

    private Uni<Environment> store(Caller caller, EnvironmentInput input, EnvironmentUse use) {
        Environment environment = newEnvironment(caller, input.name());
        environment.usedFor = (input.usedFor() == null ? use : input.usedFor()).toString();
        environment.envvars = write(input.envvars());
        environment.secrets = "[]";
        return repository
                .persist(environment)
                .chain(() -> replaceSecrets(environment, List.of(), input.secrets()))
                .chain(repository::flush)
                .replaceWith(environment);
    }

    private Environment newEnvironment(Caller caller, String name) {
        Environment environment = new Environment();
        environment.id = UUID.randomUUID();
        environment.orgId = caller.orgId();
        environment.name = name;
        environment.createdAt = clock.instant();
        environment.createdBy = caller.id();
        environment.updatedAt = environment.createdAt;
        return environment;
    }

    /** Keeps the masked, seals the others, forgets what is not there any more. */
    private Uni<Void> replaceSecrets(
            Environment environment, List<EnvironmentSecret> stored, List<EnvironmentSecret> given) {
        Map<String, String> fresh = new LinkedHashMap<>();
        for (EnvironmentSecret secret : given) {
            if (!Mask.isMask(secret.value())) {
                fresh.put(secret.key(), secret.value());
            }
        }
        Uni<Void> removed = Uni.createFrom().voidItem();
        List<String> keys = given.stream().map(EnvironmentSecret::key).toList();
        for (EnvironmentSecret secret : stored) {
            if (!keys.contains(secret.key())) {
                removed = removed.chain(() -> secrets.remove(ownerOf(environment), secret.key()));
            }
        }
        environment.secrets =
                write(given.stream().map(secret -> secret.withValue(null)).toList());
        return removed.chain(() -> secrets.put(ownerOf(environment), fresh));
    }

    private Uni<Void> changed(Caller caller, Environment environment, String action) {
        environment.updatedAt = clock.instant();
        return plans.environmentChanged(environment.orgId, environment.id)
                .chain(() -> audit.record(caller, action, "environment", environment.id, environment.name));
    }

    private Uni<Void> refuseWhereUsed(UUID orgId, UUID id) {
        return plans.plansOfEnvironment(orgId, id)
                .invoke(using -> {
                    if (!using.isEmpty()) {
                        throw ProblemException.badRequest("This environment cannot be deleted: " + using.size()
                                + " plan(s) use it. Delete them, or give them another environment, first.");
                    }
                })
                .chain(() -> integrations.integrationsOfEnvironment(orgId, id))
                .invoke(using -> {
                    if (using > 0) {
                        throw ProblemException.badRequest(
                                "This environment belongs to an integration, and is deleted together with it.");
                    }
                })
                .replaceWithVoid();
    }

    /** A mask means "keep the stored secret", so there must be one. */
    private static void refuseMasksOfUnknown(
            List<EnvironmentSecret> given, List<EnvironmentSecret> stored, Faults faults) {
        List<String> known = stored.stream().map(EnvironmentSecret::key).toList();
        for (int i = 0; i < given.size(); i++) {
            EnvironmentSecret secret = given.get(i);
            if (secret != null && Mask.isMask(secret.value()) && !known.contains(secret.key())) {
                refuseMask(faults.at("secrets", i));
            }
        }
    }

    private static void refuseMask(Faults faults) {
        faults.reject(
                "value",
                "This is the mask of a secret, but none of this key is stored to be kept; give the secret" + " itself");
    }

    /** Removes the first element that matches, and returns where it was; the end where there is none. */
    private static <T> int takeOut(List<T> list, Predicate<T> match) {
        for (int i = 0; i < list.size(); i++) {
            if (match.test(list.get(i))) {
                list.remove(i);
                return i;
            }
        }
        return list.size();
    }

    private Uni<Environment> find(UUID orgId, UUID id) {
        return orNotFound(repository.find(orgId, id));
    }

    private Uni<Environment> findToChange(UUID orgId, UUID id) {
        return orNotFound(repository.findToChange(orgId, id));
    }

    private static <T> Uni<T> orNotFound(Uni<T> found) {
        return found.onItem()
                .ifNull()
                .failWith(() -> ProblemException.notFound("No environment of this organization has this id."));
    }

    private static SecretOwner ownerOf(Environment environment) {
        return SecretOwner.environment(environment.orgId, environment.id);
    }

    private Uni<EnvironmentView> clearView(Environment environment) {
        EnvironmentView masked = reads.view(environment);
        return secrets.open(ownerOf(environment))
                .map(clear -> masked.with(
                        masked.envvars(),
                        masked.secrets().stream()
                                .map(secret -> secret.withValue(Objects.requireNonNull(clear.get(secret.key()))))
                                .toList()));
    }

    private String write(List<?> entries) {
        try {
            return json.writeValueAsString(entries);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An environment cannot be written", e);
        }
    }
}
