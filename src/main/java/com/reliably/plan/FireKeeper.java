package com.reliably.plan;

import com.fasterxml.jackson.annotation.JsonValue;
import com.reliably.deployment.CliDefinition;
import com.reliably.deployment.DeploymentDefinition;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.deployment.KubernetesJobDefinition;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Who starts a cron plan when it is time. */
@Schema(
        name = "FireKeeper",
        enumeration = {"server", "engine", "nobody"},
        description =
                "`server`: this server; `engine`: the deployment's own scheduler; `nobody`: the plan is suspended, or its"
                        + " deployment never starts plans")
public enum FireKeeper {
    SERVER,
    ENGINE,
    NOBODY;

    /** Who keeps the schedules of plans with this deployment. */
    static FireKeeper of(DeploymentDefinition deployment) {
        return of(deployment.typeName(), !isManual(deployment));
    }

    /**
     * The same by what the database has of the deployment.
     *
     * @param type    its name on the wire
     * @param managed whether it says that this server runs the CLI
     */
    static FireKeeper of(String type, boolean managed) {
        return switch (type) {
            case CliDefinition.TYPE -> managed ? SERVER : NOBODY;
            case GitHubDefinition.TYPE, KubernetesJobDefinition.TYPE -> ENGINE;
            default -> SERVER;
        };
    }

    /** Whether runs of plans with this deployment are ever started by us or by an engine of ours. */
    static boolean isStarted(DeploymentDefinition deployment) {
        return !isManual(deployment);
    }

    /** Whether somebody else starts the client of plans with this deployment. */
    static boolean isManual(DeploymentDefinition deployment) {
        return deployment instanceof CliDefinition cli && !cli.isManaged();
    }

    /** The wire's name. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
