package com.reliably.deployment;

import com.reliably.problem.Faults;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;

/** Accepts plans and runs nothing: for dry runs. */
@Schema(
        name = "NoopDeployment",
        description = "Accepts plans and runs nothing",
        requiredProperties = "type",
        properties = @SchemaProperty(name = "type", type = SchemaType.STRING, enumeration = NoopDefinition.TYPE))
public record NoopDefinition() implements DeploymentDefinition {

    /** Its name on the wire. */
    public static final String TYPE = "noop";

    @Override
    public String typeName() {
        return TYPE;
    }

    @Override
    public void check(Faults faults, DeploymentPolicy policy) {
        // Nothing can be wrong with nothing.
    }
}
