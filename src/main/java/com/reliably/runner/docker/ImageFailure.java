package com.reliably.runner.docker;

import com.reliably.deployment.ContainerDefinition;
import com.reliably.runner.LaunchFailure;
import java.util.Locale;

/** Why an image cannot be pulled, and what to do about it. */
final class ImageFailure {

    private ImageFailure() {}

    static LaunchFailure of(ContainerDefinition definition, EngineFailure failure) {
        return new LaunchFailure(
                "The image " + definition.image() + " cannot be pulled: " + failure.getMessage() + ". "
                        + remedy(definition, failure),
                failure);
    }

    /** What to do, by what registries and engines say. */
    static String remedy(ContainerDefinition definition, EngineFailure failure) {
        String said = failure.getMessage().toLowerCase(Locale.ROOT);
        if (!failure.isAnswer()) {
            return "Start the engine, or correct its address.";
        }
        if (said.contains("unauthorized")
                || said.contains("denied")
                || said.contains("authentication")
                || said.contains("no basic auth")) {
            return definition.registry() == null
                    ? "Check its name; if it is private, give the registry's credentials in the deployment (registry)."
                    : "The registry does not accept the credentials of the deployment (registry) for this image.";
        }
        if (said.contains("not found") || said.contains("manifest unknown") || failure.isNotFound()) {
            return "The registry does not have it: check the name and the tag.";
        }
        if (said.contains("no space left")) {
            return "The disk of the engine's host is full: remove images and containers that are not needed.";
        }
        return "Check that the engine's host reaches the registry, and the image's name.";
    }
}
