package com.reliably.environment;

import com.reliably.problem.Faults;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * An environment to create, or what to make of one.
 *
 * @param usedFor null: what the environment already is for; a new one is for plans
 */
@Schema(name = "EnvironmentCreate")
public record EnvironmentInput(
        @Schema(description = "Environments may share a name", examples = "staging")
        @NotNull
        @Size(min = 1, max = 200, message = "String should have 1 to 200 characters")
        String name,

        @NotNull List<EnvironmentVariable> envvars,
        @NotNull List<EnvironmentSecret> secrets,
        @Schema(nullable = true, defaultValue = "plan") EnvironmentUse usedFor) {

    /** Finds everything that is wrong with this; {@code faults} already point to it. */
    public void check(Faults faults) {
        if (name.isBlank()) {
            faults.reject("name", "The name is blank; give one that people recognize", name);
        }
        new EnvironmentRules(faults).check(envvars, secrets);
    }
}
