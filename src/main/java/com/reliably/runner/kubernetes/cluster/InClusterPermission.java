package com.reliably.runner.kubernetes.cluster;

import com.reliably.deployment.DeploymentPolicy;
import com.reliably.organization.OrganizationCount;
import com.reliably.organization.OrganizationNames;
import com.reliably.runner.kubernetes.cluster.ClusterFailure.NotAllowed;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Says whose deployments may use the service account of this server (docs/adr/0024). */
@Singleton
public class InClusterPermission {

    private static final String ALL = "true";
    private static final String NONE = "false";

    private final Optional<String> setting;
    private final Supplier<Uni<Boolean>> severalOrganizations;
    private final Function<UUID, Uni<String>> names;

    @Inject
    InClusterPermission(DeploymentPolicy policy, OrganizationCount organizations, OrganizationNames names) {
        this(policy.kubernetes().inClusterAllowed(), organizations::isSeveral, names::of);
    }

    /**
     * A permission.
     *
     * @param setting as the operator gives it
     * @param names   of organizations, by their ids
     */
    InClusterPermission(
            Optional<String> setting, Supplier<Uni<Boolean>> severalOrganizations, Function<UUID, Uni<String>> names) {
        this.setting = setting.map(String::strip).filter(text -> !text.isEmpty());
        this.severalOrganizations = severalOrganizations;
        this.names = names;
    }

    /** Whether there are several organizations; asked here, as all that depends on it is. */
    Uni<Boolean> isShared() {
        return severalOrganizations.get();
    }

    /** Whether an organization's deployments may use it. */
    public Uni<Boolean> isGiven(UUID orgId) {
        if (setting.isEmpty()) {
            return severalOrganizations.get().map(several -> !several);
        }
        String text = setting.get();
        if (text.equalsIgnoreCase(ALL) || text.equalsIgnoreCase(NONE)) {
            return Uni.createFrom().item(text.equalsIgnoreCase(ALL));
        }
        List<String> allowed = Stream.of(text.split(",")).map(String::strip).toList();
        return allowed.stream().anyMatch(orgId.toString()::equalsIgnoreCase)
                ? Uni.createFrom().item(true)
                : names.apply(orgId).map(name -> !name.isEmpty() && allowed.contains(name));
    }

    /** Why it is not given, and what to do. */
    static NotAllowed refusal() {
        return new NotAllowed(
                "The operator does not let this organization's deployments use the server's own service account"
                        + " (RELIABLY_KUBERNETES_IN_CLUSTER_ALLOWED).",
                "Give a kubeconfig in credentials, or have the operator name the organization in that setting.",
                null);
    }
}
