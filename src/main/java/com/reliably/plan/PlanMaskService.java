package com.reliably.plan;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.reliably.deployment.DeploymentService;
import com.reliably.environment.EnvironmentService;
import com.reliably.integration.IntegrationService;
import com.reliably.secret.SecretMask;
import com.reliably.web.TextWork;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Masks the secrets of plans: those of a plan's environment, of its integrations and of its deployment. They are asked for
 * every few seconds while reports come; what was replaced meanwhile goes on being masked, because clients that run have it.
 */
@ApplicationScoped
public class PlanMaskService {

    /** How late a change of a secret may be seen; a client takes longer to begin. */
    private static final long FRESH_NANOS = Duration.ofSeconds(3).toNanos();

    private static final Duration KEPT = Duration.ofHours(1);
    /** Characters that are looked for, of all plans: some thirty megabytes of memory. */
    private static final long MOST_CHARACTERS = 512 * 1024;

    private static final int LEAST_WEIGHT = 256;

    private final PlanRepository repository;
    private final EnvironmentService environments;
    private final IntegrationService integrations;
    private final DeploymentService deployments;
    private final Cache<Key, Known> known = Caffeine.newBuilder()
            .maximumWeight(MOST_CHARACTERS)
            .weigher((Key key, Known value) -> value.mask().size() + LEAST_WEIGHT)
            .expireAfterAccess(KEPT)
            .build();

    PlanMaskService(
            PlanRepository repository,
            EnvironmentService environments,
            IntegrationService integrations,
            DeploymentService deployments) {
        this.repository = repository;
        this.environments = environments;
        this.integrations = integrations;
        this.deployments = deployments;
    }

    private record Key(UUID orgId, UUID planId) {}

    /**
     * The secrets of a plan.
     *
     * @param values as they are now
     * @param former as they were before that, where they were others
     * @param asOf   when they were read, by {@link System#nanoTime}
     */
    private record Known(Set<String> values, Set<String> former, SecretMask mask, long asOf) {

        boolean isFresh() {
            return System.nanoTime() - asOf < FRESH_NANOS;
        }

        Known again() {
            return new Known(values, former, mask, System.nanoTime());
        }
    }

    /**
     * Masks the secrets of a plan.
     *
     * @param planId may be null, and of a plan that was deleted; where the organisation never had it, it has no secrets
     */
    public Uni<SecretMask> of(UUID orgId, UUID planId) {
        if (planId == null) {
            return Uni.createFrom().item(SecretMask.OF_TOKENS);
        }
        Key key = new Key(orgId, planId);
        Known before = known.getIfPresent(key);
        return before != null && before.isFresh()
                ? Uni.createFrom().item(before.mask())
                : values(orgId, planId)
                        .chain(values -> refreshed(key, values, before))
                        .map(Known::mask);
    }

    private Uni<Known> refreshed(Key key, Set<String> values, Known before) {
        Uni<Known> next = before != null && before.values().equals(values)
                ? Uni.createFrom().item(before::again)
                : made(values, before == null ? Set.of() : before.values());
        return next.invoke(made -> known.put(key, made));
    }

    private static Uni<Known> made(Set<String> values, Set<String> former) {
        Set<String> all = new HashSet<>(values);
        all.addAll(former);
        return TextWork.on(all.stream().mapToInt(String::length).sum(), () -> SecretMask.of(all))
                .map(mask -> new Known(values, former, mask, System.nanoTime()));
    }

    /** Joins the session of its caller, or opens one and closes it before it answers. */
    @WithSession
    Uni<Set<String>> values(UUID orgId, UUID planId) {
        return repository
                .findEver(orgId, planId)
                .chain(plan -> plan == null
                        ? Uni.createFrom().item(Set.<String>of())
                        : repository
                                .integrations(Set.of(planId))
                                .map(rows -> rows.stream()
                                        .map(row -> row.integrationId)
                                        .collect(Collectors.toSet()))
                                .chain(ids -> ids.isEmpty()
                                        ? Uni.createFrom().item(List.<UUID>of())
                                        : integrations
                                                .environmentsOf(orgId, ids)
                                                .map(found -> List.copyOf(found.values())))
                                .chain(ofIntegrations -> values(plan, ofIntegrations)));
    }

    private Uni<Set<String>> values(Plan plan, List<UUID> environmentsOfIntegrations) {
        Set<UUID> ids = new HashSet<>(environmentsOfIntegrations);
        if (plan.environmentId != null) {
            ids.add(plan.environmentId);
        }
        return Multi.createFrom()
                .iterable(ids)
                .onItem()
                .transformToUniAndConcatenate(id -> environments.secretValues(plan.orgId, id))
                .collect()
                .asList()
                .chain(ofEnvironments -> deployments
                        .secretValues(plan.orgId, plan.deploymentId)
                        .map(ofDeployment -> {
                            Set<String> all = new HashSet<>(ofDeployment);
                            ofEnvironments.forEach(all::addAll);
                            all.removeIf(Objects::isNull);
                            return all;
                        }));
    }
}
