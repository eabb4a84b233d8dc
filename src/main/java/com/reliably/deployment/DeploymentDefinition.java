package com.reliably.deployment;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.reliably.problem.Faults;
import java.util.Collection;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.DiscriminatorMapping;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * Where and how plans are run: a closed set, one record per type, told apart by the wire's member {@code type}.
 *
 * <p>A definition comes from a user, so nothing of it is believed before {@link #check}. Secrets leave it before it is
 * stored ({@link #secrets}, {@link #masked}) and come back only for a runner ({@link #withSecrets}).
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = GitHubDefinition.class, name = GitHubDefinition.TYPE),
    @JsonSubTypes.Type(value = CliDefinition.class, name = CliDefinition.TYPE),
    @JsonSubTypes.Type(value = ContainerDefinition.class, name = ContainerDefinition.TYPE),
    @JsonSubTypes.Type(value = KubernetesJobDefinition.class, name = KubernetesJobDefinition.TYPE),
    @JsonSubTypes.Type(value = NoopDefinition.class, name = NoopDefinition.TYPE),
    @JsonSubTypes.Type(value = ReliablyCloudDefinition.class, name = ReliablyCloudDefinition.TYPE)
})
@Schema(
        name = "DeploymentDefinition",
        description = "Where and how plans are run; the member `type` says which kind it is",
        oneOf = {
            GitHubDefinition.class,
            CliDefinition.class,
            ContainerDefinition.class,
            KubernetesJobDefinition.class,
            NoopDefinition.class
        },
        discriminatorProperty = "type",
        discriminatorMapping = {
            @DiscriminatorMapping(value = GitHubDefinition.TYPE, schema = GitHubDefinition.class),
            @DiscriminatorMapping(value = CliDefinition.TYPE, schema = CliDefinition.class),
            @DiscriminatorMapping(value = ContainerDefinition.TYPE, schema = ContainerDefinition.class),
            @DiscriminatorMapping(value = KubernetesJobDefinition.TYPE, schema = KubernetesJobDefinition.class),
            @DiscriminatorMapping(value = NoopDefinition.TYPE, schema = NoopDefinition.class)
        })
public sealed interface DeploymentDefinition
        permits GitHubDefinition,
                CliDefinition,
                ContainerDefinition,
                KubernetesJobDefinition,
                NoopDefinition,
                ReliablyCloudDefinition {

    /** The wire's name of this type, as in {@code "type": "github"}. */
    @JsonIgnore
    String typeName();

    /** Finds everything that is wrong with this definition; {@code faults} already point into it. */
    void check(Faults faults, DeploymentPolicy policy);

    /**
     * What of its secrets nobody is to find in any output. Takes some time where a secret is a document.
     *
     * @return may have nulls
     */
    default Collection<String> secretValues() {
        return secrets().values();
    }

    /** Whether {@link #check} takes long enough, when it is the first of its kind, to be done by a worker. */
    @JsonIgnore
    default boolean checksLong() {
        return false;
    }

    /** The secret members that are set, by member name; the mask where the stored value is meant. */
    @JsonIgnore
    default Map<String, String> secrets() {
        return Map.of();
    }

    /**
     * To which hosts secrets are sent as they are, by member name. Who may change a deployment may not see its secrets,
     * so that a stored one is not kept where it would be sent to another host.
     */
    @JsonIgnore
    default Map<String, String> recipients() {
        return Map.of();
    }

    /** The same, with the mask in place of every secret. */
    @JsonIgnore
    default DeploymentDefinition masked() {
        return this;
    }

    /** The same, with secrets in clear, by member name. */
    default DeploymentDefinition withSecrets(Map<String, String> clear) {
        return this;
    }
}
