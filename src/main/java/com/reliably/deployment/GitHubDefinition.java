package com.reliably.deployment;

import com.fasterxml.jackson.annotation.JsonValue;
import com.reliably.problem.Faults;
import com.reliably.secret.Mask;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;

/**
 * Plans run as GitHub Actions workflows.
 *
 * @param repo        the repository's full URL, as in {@code https://github.com/my-org/my-repo}; what git takes for the same
 *                    repository becomes that
 * @param token       a GitHub token that reaches the repository; secret, may be null until a plan needs it
 * @param username    whom the token belongs to; may be null
 * @param ref         the branch that workflows are written to
 * @param baseDir     the repository's directory that plans are run from
 * @param environment the GitHub environment that holds the secrets; may be null
 * @param delivery    how workflows come into the repository
 * @param appId       the GitHub App that is used instead of a token; may be null
 * @param appPrivateKey its private key in PEM; secret, may be null
 * @param manageServiceToken whether the server puts a token of its own, limited to the plan, into the GitHub environment
 * @param webhookSecret what GitHub signs deliveries of the repository's webhook with; secret, null where none are taken
 */
@Schema(
        name = "GitHubDeployment",
        description = "Plans run as workflows of a GitHub repository",
        requiredProperties = "type",
        properties = @SchemaProperty(name = "type", type = SchemaType.STRING, enumeration = GitHubDefinition.TYPE))
public record GitHubDefinition(
        @Schema(
                required = true,
                description = "The repository's full URL",
                examples = "https://github.com/my-org/my-repo")
        String repo,

        @Schema(
                nullable = true,
                description = "A GitHub token that reaches the repository; shown masked",
                examples = "**********")
        String token,

        @Schema(nullable = true, description = "Whom the token belongs to", examples = "octocat")
        String username,

        @Schema(defaultValue = "main", description = "The branch that workflows are written to")
        String ref,

        @Schema(defaultValue = "plans", description = "The repository's directory that plans are run from")
        String baseDir,

        @Schema(nullable = true, description = "The GitHub environment that holds the secrets", examples = "production")
        String environment,

        @Schema(
                defaultValue = "commit",
                description = "How workflows come into the repository; `pull_request` for protected branches")
        Delivery delivery,

        @Schema(
                nullable = true,
                description = "The id of a GitHub App that is installed in the repository, instead of a token",
                examples = "123456")
        String appId,

        @Schema(nullable = true, description = "The App's private key in PEM; shown masked", examples = "**********")
        String appPrivateKey,

        @Schema(
                defaultValue = "false",
                description =
                        "Whether the server gives each plan's runs a token that is limited to the plan, as a secret"
                                + " of the GitHub environment, instead of the secret `RELIABLY_SERVICE_TOKEN` that you put there")
        Boolean manageServiceToken,

        @Schema(
                nullable = true,
                description =
                        "The secret of the repository's webhook, 16 to 255 characters, by which GitHub tells at once"
                                + " what happens to runs; shown masked",
                examples = "**********")
        String webhookSecret)
        implements DeploymentDefinition {

    /** Its name on the wire. */
    public static final String TYPE = "github";

    /** Of what headers can carry; masks are that too. */
    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{1,2000}");

    private static final Pattern APP_ID = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern PRIVATE_KEY = Pattern.compile("-----BEGIN (RSA )?PRIVATE KEY-----");

    /** Short ones can be guessed from a single delivery that somebody has seen. */
    private static final int SHORTEST_WEBHOOK_SECRET = 16;

    private static final int LONGEST_WEBHOOK_SECRET = 255;

    private static final int LONGEST_ENVIRONMENT = 255;

    /** How workflows come into the repository. */
    @Schema(
            name = "GitHubDelivery",
            enumeration = {"commit", "pull_request"},
            description = "`commit`: by a commit on the branch; `pull_request`: by one that people merge")
    public enum Delivery {
        COMMIT,
        PULL_REQUEST;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public GitHubDefinition {
        repo = GitHubRepository.normalized(repo);
        delivery = delivery == null ? Delivery.COMMIT : delivery;
        ref = ref == null ? "main" : ref;
        baseDir = baseDir == null ? "plans" : baseDir;
        manageServiceToken = manageServiceToken != null && manageServiceToken;
    }

    @Override
    public String typeName() {
        return TYPE;
    }

    @Override
    public void check(Faults faults, DeploymentPolicy policy) {
        if (repo == null) {
            faults.missing("repo");
        } else {
            GitHubRepository.fault(repo, policy.gitHub().allowedHosts()).ifPresent(m -> faults.reject("repo", m, repo));
        }
        GitHubRepository.refFault(ref).ifPresent(m -> faults.reject("ref", m, ref));
        GitHubRepository.directoryFault(baseDir).ifPresent(m -> faults.reject("base_dir", m, baseDir));
        if (token != null && token.isBlank()) {
            faults.reject("token", "The token is empty; leave it out, or give a GitHub token");
        } else if (token != null && !TOKEN.matcher(token.strip()).matches()) {
            faults.reject(
                    "token",
                    "A GitHub token has letters, digits and underscores only, without blanks or line ends in between;"
                            + " copy it again");
        }
        if (appId != null && !APP_ID.matcher(appId).matches()) {
            faults.reject("app_id", "Give the App's id or client id, as in '123456' or 'Iv1.8a61f9b3a7aba766'", appId);
        }
        if (appId == null && appPrivateKey != null) {
            faults.reject("app_id", "Give the id of the App that the private key belongs to", null);
        }
        if (appId != null && appPrivateKey == null) {
            faults.reject("app_private_key", "Give a private key of the App, as GitHub made it");
        }
        if (appPrivateKey != null
                && !Mask.isMask(appPrivateKey)
                && !PRIVATE_KEY.matcher(appPrivateKey).find()) {
            faults.reject("app_private_key", "Give the App's private key in PEM, with its first and last line");
        }
        if (webhookSecret != null && !Mask.isMask(webhookSecret) && !isGoodSecret(webhookSecret)) {
            faults.reject(
                    "webhook_secret",
                    "A webhook's secret has " + SHORTEST_WEBHOOK_SECRET + " to " + LONGEST_WEBHOOK_SECRET
                            + " characters, not blank; make a random one, as by 'openssl rand -hex 32', and enter it at"
                            + " GitHub, too");
        }
        if (environment != null) {
            environmentFault(environment).ifPresent(m -> faults.reject("environment", m, environment));
        }
    }

    /** What is wrong with the name of a GitHub environment; empty where nothing is. */
    public static Optional<String> environmentFault(String name) {
        if (name.isBlank() || name.length() > LONGEST_ENVIRONMENT) {
            return Optional.of("A GitHub environment's name has 1 to " + LONGEST_ENVIRONMENT + " characters");
        }
        // In a workflow GitHub would evaluate it.
        return name.contains("${{") || name.chars().anyMatch(Character::isISOControl)
                ? Optional.of("A GitHub environment's name has neither '${{' nor line ends in it")
                : Optional.empty();
    }

    private static boolean isGoodSecret(String secret) {
        return secret.length() >= SHORTEST_WEBHOOK_SECRET
                && secret.length() <= LONGEST_WEBHOOK_SECRET
                && !secret.isBlank();
    }

    @Override
    public Map<String, String> secrets() {
        Map<String, String> secrets = new HashMap<>();
        if (token != null) {
            secrets.put("token", token);
        }
        if (appPrivateKey != null) {
            secrets.put("app_private_key", appPrivateKey);
        }
        if (webhookSecret != null) {
            secrets.put("webhook_secret", webhookSecret);
        }
        return Map.copyOf(secrets);
    }

    @Override
    public Map<String, String> recipients() {
        String host = repo == null ? "" : GitHubRepository.host(repo);
        return Map.of("token", host, "app_private_key", host);
    }

    @Override
    public GitHubDefinition masked() {
        return with(Mask.of(token), Mask.of(appPrivateKey), Mask.of(webhookSecret));
    }

    @Override
    public GitHubDefinition withSecrets(Map<String, String> clear) {
        return with(clear.get("token"), clear.get("app_private_key"), clear.get("webhook_secret"));
    }

    private GitHubDefinition with(String newToken, String newKey, String newWebhookSecret) {
        return new GitHubDefinition(
                repo,
                newToken,
                username,
                ref,
                baseDir,
                environment,
                delivery,
                appId,
                newKey,
                manageServiceToken,
                newWebhookSecret);
    }

    /** Without the token: records are logged easily. */
    @Override
    public String toString() {
        return "GitHubDefinition[" + repo + "]";
    }
}
