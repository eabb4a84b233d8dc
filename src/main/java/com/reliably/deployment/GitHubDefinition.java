package com.reliably.deployment;

import com.reliably.problem.Faults;
import com.reliably.secret.Mask;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;

/**
 * Plans run as GitHub Actions workflows.
 *
 * @param repo        the repository's full URL, as in {@code https://github.com/my-org/my-repo}
 * @param token       a GitHub token that reaches the repository; secret, may be null until a plan needs it
 * @param username    whom the token belongs to; may be null
 * @param ref         the branch that workflows are written to
 * @param baseDir     the repository's directory that plans are run from
 * @param environment the GitHub environment that holds the secrets; may be null
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
        String environment)
        implements DeploymentDefinition {

    /** Its name on the wire. */
    public static final String TYPE = "github";

    public GitHubDefinition {
        ref = ref == null ? "main" : ref;
        baseDir = baseDir == null ? "plans" : baseDir;
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
        }
        if (environment != null && (environment.isBlank() || environment.length() > 255)) {
            faults.reject("environment", "A GitHub environment's name has 1 to 255 characters", environment);
        }
    }

    @Override
    public Map<String, String> secrets() {
        return token == null ? Map.of() : Map.of("token", token);
    }

    @Override
    public GitHubDefinition masked() {
        return new GitHubDefinition(repo, Mask.of(token), username, ref, baseDir, environment);
    }

    @Override
    public GitHubDefinition withSecrets(Map<String, String> clear) {
        return new GitHubDefinition(repo, clear.get("token"), username, ref, baseDir, environment);
    }

    /** Without the token: records are logged easily. */
    @Override
    public String toString() {
        return "GitHubDefinition[" + repo + "]";
    }
}
