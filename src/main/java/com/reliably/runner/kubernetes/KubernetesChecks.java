package com.reliably.runner.kubernetes;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.CheckResult;
import com.reliably.runner.ServerAddress;
import com.reliably.runner.kubernetes.RequiredRight.Identity;
import com.reliably.runner.kubernetes.cluster.ClusterFailure;
import com.reliably.runner.kubernetes.cluster.ClusterLease;
import com.reliably.runner.kubernetes.cluster.KubernetesClusters;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.authentication.SelfSubjectReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.VersionInfo;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Looks for what would stop a run in a cluster, up to a Pod like that of a run, which starts no experiment. Leaves nothing
 * behind.
 */
@Singleton
final class KubernetesChecks {

    private static final String REACHABLE = "API server reachable";
    private static final String CREDENTIALS = "credentials";
    private static final String NAMESPACE = "namespace";
    private static final String RIGHTS = "permissions";
    private static final String ACCOUNT = "service account";
    private static final String SECURITY = "Pod Security";
    private static final String PULL_SECRETS = "image pull secrets";
    private static final String POD = "Pod starts";
    private static final String CALLBACK = "server reachable from a Pod";

    private static final String ENFORCED = "pod-security.kubernetes.io/enforce";
    private static final String PRIVILEGED = "privileged";
    private static final String ANONYMOUS = "system:anonymous";
    /** The first with time zones of CronJobs. */
    private static final int OLDEST_MINOR = 27;

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    /** In looks: how long a Pod may take to begin and to ask. */
    private static final int LOOKS = 60;
    /** In looks: for how long the same reason must hold up a Pod; a first one may pass. */
    private static final int SURE_AFTER = 3;

    private static final long MOST_EVENTS = 500L;

    private final KubernetesClusters clusters;
    private final ClusterWork work;
    private final PodSpecs pods;
    private final JobObjects objects;
    private final ServerAddress address;

    KubernetesChecks(
            KubernetesClusters clusters, ClusterWork work, PodSpecs pods, JobObjects objects, ServerAddress address) {
        this.clusters = clusters;
        this.work = work;
        this.pods = pods;
        this.objects = objects;
        this.address = address;
    }

    /**
     * Looks for what would stop a run.
     *
     * @param definition with its secrets in clear
     * @return one result for each thing looked at, in the order in which people would mend them
     */
    Uni<List<CheckResult>> check(UUID orgId, KubernetesJobDefinition definition) {
        return clusters.lease(orgId, definition)
                .chain(lease -> check(orgId, definition, lease).eventually(lease::close))
                .onFailure(ClusterFailure.class)
                .recoverWithItem(failure -> withRest(List.of(failed(REACHABLE, (ClusterFailure) failure))));
    }

    private Uni<List<CheckResult>> check(UUID orgId, KubernetesJobDefinition definition, ClusterLease lease) {
        PodTemplateSpec template = pods.template(new PodSpecs.Wanted(
                orgId, UUID.randomUUID(), UUID.randomUUID(), definition, "reliably-check", List.of(), Map.of()));
        Look look = new Look(lease, definition, template);
        return work.call(lease.client(), look::take)
                // Whatever it is that answers makes calls fail as it likes, and is no matter for the log.
                .onFailure(RuntimeException.class)
                .transform(failure ->
                        lease.explain(failure) instanceof ClusterFailure known ? known : lease.noApiServer(failure))
                .chain(found -> {
                    if (found.stream().anyMatch(result -> result.outcome() == CheckResult.Outcome.FAILED)) {
                        return Uni.createFrom().item(withRest(found));
                    }
                    return probe(orgId, definition, lease, template.getSpec()).map(probed -> {
                        List<CheckResult> all = new ArrayList<>(found);
                        all.addAll(probed);
                        return all;
                    });
                });
    }

    /** What was not come to is said to be skipped. */
    private static List<CheckResult> withRest(List<CheckResult> found) {
        Set<String> names = found.stream().map(CheckResult::name).collect(Collectors.toSet());
        List<CheckResult> all = new ArrayList<>(found);
        for (String name : List.of(CREDENTIALS, NAMESPACE, RIGHTS, ACCOUNT, SECURITY, PULL_SECRETS, POD, CALLBACK)) {
            if (!names.contains(name)) {
                all.add(CheckResult.skipped(name, "Not looked at: mend what failed above first."));
            }
        }
        return all;
    }

    private static CheckResult failed(String name, ClusterFailure failure) {
        return CheckResult.failed(name, failure.problem(), failure.remedy());
    }

    /** Runs a Pod like that of a run, which asks this server something. */
    private Uni<List<CheckResult>> probe(
            UUID orgId, KubernetesJobDefinition definition, ClusterLease lease, PodSpec run) {
        String url = objects.serverUrl();
        String name = "reliably-check-" + UUID.randomUUID().toString().substring(0, 8);
        Job job = ProbeJob.of(name, definition.namespace(), run, url + "/api/v1/organization/" + orgId + "/plans");
        KubernetesClient client = lease.client();
        return work.call(client, () -> client.resource(job).create())
                .chain(made -> work.call(client, new Probe(client, made)::look)
                        .onItem()
                        .call(seen -> seen.isOver()
                                ? Uni.createFrom().voidItem()
                                : Uni.createFrom().voidItem().onItem().delayIt().by(LOOK_EVERY))
                        .repeat()
                        .whilst(seen -> !seen.isOver())
                        .collect()
                        .last())
                .map(seen -> results(seen, url, address.reachedFromThisHostOnly()))
                .onFailure()
                .recoverWithItem(failure -> notMade(lease, failure, definition.namespace()))
                .eventually(() -> remove(client, definition.namespace(), name));
    }

    private Uni<Void> remove(KubernetesClient client, String namespace, String name) {
        return work.call(client, () -> client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(namespace)
                        .withName(name)
                        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                        .delete())
                .replaceWithVoid();
    }

    private static List<CheckResult> notMade(ClusterLease lease, Throwable failure, String namespace) {
        ClusterFault fault = ClusterFault.of(lease.explain(failure), namespace);
        return List.of(
                CheckResult.failed(
                        POD, "A Job like that of a run cannot be made: " + fault.words(), "See the message."),
                CheckResult.skipped(CALLBACK, "Not looked at: no Pod could ask."));
    }

    private static List<CheckResult> results(Seen seen, String url, String reachedFrom) {
        if (seen.end().isEmpty()) {
            return List.of(
                    CheckResult.failed(
                            POD,
                            seen.reason().orElse("A Pod like that of a run did not begin within a minute."),
                            "Mend what the message says, or look at the cluster's events: kubectl get events."),
                    CheckResult.skipped(CALLBACK, "Not looked at: no Pod could ask."));
        }
        CheckResult begun = CheckResult.passed(POD, "A Pod with the deployment's image was pulled and started.");
        ContainerStateTerminated end = seen.end().get();
        if (!ProbeJob.hasSpoken(end)) {
            return List.of(
                    begun,
                    CheckResult.skipped(
                            CALLBACK,
                            "Not looked at: the image has no usable python3 to ask with"
                                    + (end.getReason() == null ? "." : " (" + end.getReason() + ").")));
        }
        if (ProbeJob.hasReachedUs(end)) {
            return List.of(begun, CheckResult.passed(CALLBACK, "A Pod reaches this server at " + url + "."));
        }
        String remedy = "Set RELIABLY_KUBERNETES_CALLBACK_URL to an address at which the cluster's Pods reach this"
                + " server, let it listen there (QUARKUS_HTTP_HOST), and see that no network policy is in between.";
        return List.of(
                begun,
                CheckResult.failed(
                        CALLBACK,
                        end.getMessage().startsWith("failed ")
                                ? "A Pod does not reach this server at " + url + ": "
                                        + end.getMessage()
                                                .substring("failed ".length())
                                                .strip() + "." + reachedFrom
                                : "What a Pod reaches at " + url + " is not this server: it answers "
                                        + end.getMessage().strip() + ".",
                        remedy));
    }

    /** What was seen of the Pod: how it ended, or why it does not begin; neither while it is on its way. */
    private record Seen(Optional<ContainerStateTerminated> end, Optional<String> reason, boolean isOver) {}

    /** Looks at a Pod until it has ended, or will not begin. */
    private static final class Probe {

        private final KubernetesClient client;
        private final Job job;
        private int looks;
        private int sameReason;
        private Optional<String> reason = Optional.empty();

        Probe(KubernetesClient client, Job job) {
            this.client = client;
            this.job = job;
        }

        Seen look() {
            looks++;
            Optional<Pod> pod = client
                    .pods()
                    .inNamespace(job.getMetadata().getNamespace())
                    .withLabel("batch.kubernetes.io/job-name", job.getMetadata().getName())
                    .list()
                    .getItems()
                    .stream()
                    .findFirst();
            Optional<ContainerStateTerminated> end = pod.flatMap(ProbeJob::end);
            if (end.isPresent()) {
                return new Seen(end, Optional.empty(), true);
            }
            Optional<String> now = PendingReason.of(job, pod.orElse(null), warnings(pod));
            sameReason = now.isPresent() && now.equals(reason) ? sameReason + 1 : 0;
            reason = now;
            return new Seen(Optional.empty(), reason, looks >= LOOKS || sameReason >= SURE_AFTER);
        }

        /** The latest warning about the Job and its Pod; nothing where events may not be read. */
        private Map<String, Event> warnings(Optional<Pod> pod) {
            Map<String, Event> latest = new HashMap<>();
            if (!PendingReason.needsEvents(pod.orElse(null))) {
                return latest;
            }
            try {
                for (Event event : client.v1()
                        .events()
                        .inNamespace(job.getMetadata().getNamespace())
                        .list(new ListOptionsBuilder()
                                .withFieldSelector("type=Warning,involvedObject.uid="
                                        + pod.map(p -> p.getMetadata().getUid())
                                                .orElse(job.getMetadata().getUid()))
                                .withLimit(MOST_EVENTS)
                                .build())
                        .getItems()) {
                    ObjectReference about = event.getInvolvedObject();
                    latest.put(about.getUid(), event);
                }
            } catch (KubernetesClientException e) {
                // They say more, and are not needed.
                return Map.of();
            }
            return latest;
        }
    }

    /** What a cluster says without anything being made there; every method waits for answers. */
    private static final class Look {

        private final ClusterLease lease;
        private final KubernetesClient client;
        private final KubernetesJobDefinition definition;
        private final PodTemplateSpec template;
        private final List<CheckResult> found = new ArrayList<>();

        Look(ClusterLease lease, KubernetesJobDefinition definition, PodTemplateSpec template) {
            this.lease = lease;
            this.client = lease.client();
            this.definition = definition;
            this.template = template;
        }

        List<CheckResult> take() {
            Optional<Identity> identity;
            try {
                identity = identity();
            } catch (RuntimeException e) {
                ClusterFailure failure =
                        lease.explain(e) instanceof ClusterFailure known ? known : lease.noApiServer(e);
                boolean answered = failure instanceof ClusterFailure.CredentialsRefused
                        || failure instanceof ClusterFailure.CredentialsExpired;
                if (answered) {
                    found.add(CheckResult.passed(REACHABLE, "The API server answers."));
                }
                found.add(failed(answered ? CREDENTIALS : REACHABLE, failure));
                return found;
            }
            version();
            credentials(identity);
            Optional<Namespace> namespace = namespace();
            rights(identity.orElse(new Identity(ANONYMOUS)));
            if (found.stream().noneMatch(result -> result.outcome() == CheckResult.Outcome.FAILED)) {
                Optional<ServiceAccount> account = account();
                security(namespace);
                pullSecrets(account);
            }
            return found;
        }

        /** Empty where the cluster is too old to say. */
        private Optional<Identity> identity() {
            try {
                return Optional.of(new Identity(client.resource(new SelfSubjectReview())
                        .create()
                        .getStatus()
                        .getUserInfo()
                        .getUsername()));
            } catch (KubernetesClientException e) {
                if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                    return Optional.empty();
                }
                throw e;
            }
        }

        private void version() {
            VersionInfo version = client.getKubernetesVersion();
            String words = "Kubernetes " + version.getGitVersion() + " at "
                    + client.getConfiguration().getMasterUrl().replaceAll("/+$", "") + ".";
            found.add(
                    "1".equals(version.getMajor())
                                    && Integer.parseInt(version.getMinor().replaceAll("[^0-9].*", "")) < OLDEST_MINOR
                            ? CheckResult.warning(
                                    REACHABLE,
                                    words + " CronJobs have time zones from 1." + OLDEST_MINOR + " on.",
                                    "Update the cluster, or give its plans no cron schedule.")
                            : CheckResult.passed(REACHABLE, words));
        }

        private void credentials(Optional<Identity> identity) {
            if (identity.isEmpty()) {
                found.add(CheckResult.skipped(CREDENTIALS, "The cluster is too old to say whose they are."));
            } else if (ANONYMOUS.equals(identity.get().username())) {
                found.add(CheckResult.failed(
                        CREDENTIALS,
                        "The cluster does not see any credentials: it takes the deployment for anybody.",
                        "Put credentials of this cluster into the deployment."));
            } else {
                found.add(CheckResult.passed(
                        CREDENTIALS, "They are of '" + identity.get().username() + "'."));
            }
        }

        private Optional<Namespace> namespace() {
            String name = definition.namespace();
            return read(
                    NAMESPACE,
                    () -> client.namespaces().withName(name).get(),
                    namespace -> "Terminating".equals(namespace.getStatus().getPhase())
                            ? CheckResult.failed(
                                    NAMESPACE,
                                    "The namespace '" + name + "' is being deleted.",
                                    "Wait until it is gone and create it again, or name another in the deployment.")
                            : CheckResult.passed(NAMESPACE, "The namespace '" + name + "' is there."),
                    CheckResult.failed(
                            NAMESPACE,
                            "The cluster has no namespace '" + name + "'.",
                            "kubectl create namespace " + name));
        }

        private void rights(Identity identity) {
            List<RequiredRight> missing = RequiredRight.all().stream()
                    .filter(right -> !isAllowed(right))
                    .toList();
            String role = missing.isEmpty() ? null : RequiredRight.role(missing, definition.namespace(), identity);
            String words = missing.stream().map(RequiredRight::words).collect(Collectors.joining(", "));
            if (missing.isEmpty()) {
                found.add(CheckResult.passed(RIGHTS, "The credentials may do all that runs need."));
            } else if (missing.stream().anyMatch(RequiredRight::needed)) {
                found.add(CheckResult.failed(RIGHTS, "The credentials may not: " + words + ".", role));
            } else {
                found.add(CheckResult.warning(
                        RIGHTS,
                        "The credentials may do what runs need, but less can be said of what goes wrong. They may not: "
                                + words + ".",
                        role));
            }
        }

        private boolean isAllowed(RequiredRight right) {
            String[] resource = right.resource().split("/", 2);
            return Boolean.TRUE.equals(client.authorization()
                    .v1()
                    .selfSubjectAccessReview()
                    .create(new SelfSubjectAccessReviewBuilder()
                            .withNewSpec()
                            .withNewResourceAttributes()
                            .withNamespace(definition.namespace())
                            .withGroup(right.group())
                            .withResource(resource[0])
                            .withSubresource(resource.length > 1 ? resource[1] : null)
                            .withName("namespaces".equals(right.resource()) ? definition.namespace() : null)
                            .withVerb(right.verb())
                            .endResourceAttributes()
                            .endSpec()
                            .build())
                    .getStatus()
                    .getAllowed());
        }

        private Optional<ServiceAccount> account() {
            String name = template.getSpec().getServiceAccountName();
            return read(
                    ACCOUNT,
                    () -> client.serviceAccounts()
                            .inNamespace(definition.namespace())
                            .withName(name)
                            .get(),
                    account -> CheckResult.passed(ACCOUNT, "The service account '" + name + "' is there."),
                    CheckResult.failed(
                            ACCOUNT,
                            "The namespace has no service account '" + name + "', which Pods run with.",
                            "kubectl -n " + definition.namespace() + " create serviceaccount " + name));
        }

        /** Whether the namespace admits the Pod. The default one meets the strictest level. */
        private void security(Optional<Namespace> namespace) {
            String level = namespace
                    .map(seen -> seen.getMetadata().getLabels())
                    .map(labels -> labels.get(ENFORCED))
                    .orElse(null);
            if (definition.useDefaultManifest() || level == null && namespace.isPresent() || PRIVILEGED.equals(level)) {
                found.add(CheckResult.passed(
                        SECURITY,
                        namespace.isEmpty()
                                ? "The default Pod meets every level."
                                : "The namespace enforces '" + (level == null ? PRIVILEGED : level)
                                        + "', which admits the Pod."));
                return;
            }
            Pod pod = new PodBuilder()
                    .withNewMetadataLike(template.getMetadata())
                    .withGenerateName("reliably-check-")
                    .withNamespace(definition.namespace())
                    .endMetadata()
                    .withSpec(template.getSpec())
                    .build();
            try {
                client.resource(pod).dryRun().create();
                found.add(CheckResult.passed(SECURITY, "The namespace admits the Pod of the manifest."));
            } catch (KubernetesClientException e) {
                String said = e.getStatus() == null
                        ? ""
                        : String.valueOf(e.getStatus().getMessage());
                found.add(
                        said.contains("violates PodSecurity")
                                ? CheckResult.failed(
                                        SECURITY,
                                        "The namespace does not admit the Pod of the manifest: " + said + ".",
                                        "Change the manifest, or the namespace's label " + ENFORCED + ".")
                                : CheckResult.skipped(
                                        SECURITY,
                                        "The credentials may not try the manifest's Pod out (create pods), which runs"
                                                + " do not need; the Pod below is tried instead."));
            }
        }

        private void pullSecrets(Optional<ServiceAccount> account) {
            Set<String> names = new LinkedHashSet<>();
            template.getSpec().getImagePullSecrets().stream()
                    .map(LocalObjectReference::getName)
                    .forEach(names::add);
            account.ifPresent(seen -> seen.getImagePullSecrets().stream()
                    .map(LocalObjectReference::getName)
                    .forEach(names::add));
            if (names.isEmpty()) {
                found.add(CheckResult.passed(PULL_SECRETS, "None are named, and public images need none."));
                return;
            }
            Set<String> absent = new LinkedHashSet<>();
            for (String name : names) {
                try {
                    if (client.secrets()
                                    .inNamespace(definition.namespace())
                                    .withName(name)
                                    .get()
                            == null) {
                        absent.add(name);
                    }
                } catch (KubernetesClientException e) {
                    found.add(CheckResult.skipped(
                            PULL_SECRETS,
                            "The credentials may not look for '" + name
                                    + "' (get secrets), which runs do not need; the Pod below pulls with it."));
                    return;
                }
            }
            found.add(
                    absent.isEmpty()
                            ? CheckResult.passed(PULL_SECRETS, String.join(", ", names) + " are there.")
                            : CheckResult.failed(
                                    PULL_SECRETS,
                                    "The namespace has no Secret " + String.join(", ", absent)
                                            + ", with which the image is to be pulled.",
                                    "kubectl -n " + definition.namespace() + " create secret docker-registry "
                                            + absent.iterator().next()
                                            + " --docker-server=… --docker-username=… --docker-password=…"));
        }

        /** Reads something that the credentials need not be allowed to read. */
        private <T> Optional<T> read(
                String name, Supplier<T> get, Function<T, CheckResult> judge, CheckResult whereAbsent) {
            try {
                T there = get.get();
                found.add(there == null ? whereAbsent : judge.apply(there));
                return Optional.ofNullable(there);
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
                    throw e;
                }
                found.add(CheckResult.skipped(
                        name, "The credentials may not look, which runs do not need; the Pod below shows it."));
                return Optional.empty();
            }
        }
    }
}
