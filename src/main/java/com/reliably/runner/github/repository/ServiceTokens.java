package com.reliably.runner.github.repository;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.reliably.deployment.GitHubDefinition;
import com.reliably.runner.LaunchFailure;
import com.reliably.runner.github.api.GitHubApi;
import com.reliably.runner.github.api.GitHubFault;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Gives the clients of a plan their token as a secret of a GitHub environment, where a deployment wants that. Each plan has a
 * secret of its own name: a token is limited to one plan, and several plans may use the same environment. The secret
 * {@code RELIABLY_SERVICE_TOKEN} stays people's own.
 */
@Singleton
public final class ServiceTokens {

    private static final String PREFIX = "RELIABLY_SERVICE_TOKEN_";

    private final SecureRandom random = new SecureRandom();

    @RegisterForReflection
    private record PublicKey(
            @JsonProperty("key_id") String id,
            @JsonProperty("key") String key) {}

    @RegisterForReflection
    private record SealedSecret(
            @JsonProperty("encrypted_value") String value,
            @JsonProperty("key_id") String keyId) {}

    /** The name of a plan's secret. */
    static String nameOf(UUID planId) {
        return PREFIX + planId.toString().replace("-", "").toUpperCase(Locale.ROOT);
    }

    /** What a workflow says to get a plan's secret; null where the deployment leaves the secret to people. */
    public static String expressionOf(GitHubDefinition definition, UUID planId) {
        return definition.manageServiceToken() ? "${{ secrets." + nameOf(planId) + " }}" : null;
    }

    /**
     * Puts a new token into the environment, instead of the one before; does nothing where the deployment leaves that to
     * people.
     *
     * @param environment null where neither the deployment nor the plan names one, which is a {@link LaunchFailure}
     */
    public Uni<Void> put(
            GitHubApi api,
            GitHubDefinition definition,
            String environment,
            UUID planId,
            Supplier<Uni<String>> newToken) {
        if (!definition.manageServiceToken()) {
            return Uni.createFrom().voidItem();
        }
        if (environment == null) {
            return Uni.createFrom()
                    .failure(
                            new LaunchFailure(
                                    "The deployment says 'manage_service_token', and neither it nor the plan names"
                                            + " the GitHub environment to put the token into: give the deployment an 'environment'."));
        }
        return api.resource(secretsOf(environment) + "/public-key")
                .map(answer -> api.read(answer, PublicKey.class))
                .chain(key -> newToken.get().map(token -> sealed(key, token)))
                .chain(secret -> api.change("PUT", secretsOf(environment) + "/" + nameOf(planId), secret))
                .replaceWithVoid()
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && isForPeople(refused))
                .transform(failure -> new LaunchFailure(
                        "The plan's token cannot be put into the GitHub environment '" + environment + "': "
                                + failure.getMessage()
                                + ". See that the environment is there, and give the deployment's credentials the right to"
                                + " write the repository's environments and secrets; or leave out 'manage_service_token',"
                                + " and put a secret RELIABLY_SERVICE_TOKEN there yourself.",
                        failure));
    }

    /** Removes the secret of a plan, where it is there. */
    public Uni<Void> remove(GitHubApi api, GitHubDefinition definition, String environment, UUID planId) {
        if (!definition.manageServiceToken() || environment == null) {
            return Uni.createFrom().voidItem();
        }
        return api.change("DELETE", secretsOf(environment) + "/" + nameOf(planId), null)
                .replaceWithVoid()
                .onFailure(failure -> failure instanceof GitHubFault.Refused refused && refused.isUnknown())
                .recoverWithNull();
    }

    /** Where the secrets of an environment are. Who may read its key may not yet write them, but mostly does. */
    public static String secretsOf(String environment) {
        return "/environments/" + GitHubApi.encoded(environment) + "/secrets";
    }

    private static boolean isForPeople(GitHubFault.Refused refused) {
        return refused.status() == 403 || refused.status() == 404 || refused.status() == 422;
    }

    private SealedSecret sealed(PublicKey key, String token) {
        byte[] sealed = new SealedBox(Base64.getDecoder().decode(key.key()))
                .seal(token.getBytes(StandardCharsets.UTF_8), random);
        return new SealedSecret(Base64.getEncoder().encodeToString(sealed), key.id());
    }
}
