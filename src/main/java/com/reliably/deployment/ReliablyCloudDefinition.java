package com.reliably.deployment;

import com.reliably.problem.Faults;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Known, so that it can be refused in words. */
@Schema(hidden = true)
public record ReliablyCloudDefinition() implements DeploymentDefinition {

    static final String TYPE = "reliably_cloud";

    @Override
    public String typeName() {
        return TYPE;
    }

    @Override
    public void check(Faults faults, DeploymentPolicy policy) {
        faults.reject(
                "type",
                "'reliably_cloud' named a hosted service that this server does not have; use"
                        + " 'reliably_cli' with the mode 'managed', 'container' or 'k8s_job'",
                TYPE);
    }
}
