package com.reliably.runner.kubernetes;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.SecretFile;
import com.reliably.schedule.CronSpelling;
import com.reliably.trace.RunTraces;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpec;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpecBuilder;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What this server makes in a cluster: Jobs, CronJobs and their Secrets. Nothing is sent from here. */
@Singleton
final class JobObjects {

    /** The least that Kubernetes can keep: its controller looks every ten seconds. */
    private static final long SHORTEST_WINDOW_SECONDS = 10;
    /**
     * Ended Jobs are removed once their run is stored; what the history holds is only what ended while no server was
     * there.
     */
    private static final int HISTORY = 20;

    private final PodSpecs pods;
    private final RunTraces traces;
    private final KubernetesSettings settings;

    JobObjects(PodSpecs pods, RunTraces traces, KubernetesSettings settings) {
        this.pods = pods;
        this.traces = traces;
        this.settings = settings;
    }

    /** The Job of a run, suspended, so that nothing takes effect before everything is there. */
    Job job(LaunchRequest request, JobReference reference, String launch, List<SecretFile> files) {
        String secret = secretName(reference, launch);
        Map<String, String> more = new LinkedHashMap<>();
        if (request.requestedBy() != null) {
            more.put("RELIABLY_USER_ID", request.requestedBy().toString());
        }
        traces.parentOf(request.runId()).ifPresent(parent -> more.put("TRACEPARENT", parent));
        PodSpecs.Wanted wanted = new PodSpecs.Wanted(
                request.orgId(),
                request.planId(),
                request.runId(),
                (KubernetesJobDefinition) request.definition(),
                secret,
                secret,
                files,
                more);
        return new JobBuilder()
                .withNewMetadata()
                .withName(reference.job())
                .withNamespace(reference.namespace())
                .withLabels(Marks.labels(request.orgId(), request.planId()))
                .addToLabels(Marks.RUN, request.runId().toString())
                .addToAnnotations(Marks.ATTEMPT, Integer.toString(request.attempt()))
                .addToAnnotations(Marks.LAUNCH, launch)
                .endMetadata()
                .withSpec(new JobSpecBuilder(jobSpec(wanted, request.timeout()))
                        .withSuspend(true)
                        .build())
                .build();
    }

    private JobSpec jobSpec(PodSpecs.Wanted wanted, Duration timeout) {
        return new JobSpecBuilder()
                .withParallelism(1)
                .withCompletions(1)
                .withBackoffLimit(0)
                .withActiveDeadlineSeconds(timeoutOr(timeout).toSeconds())
                .withTtlSecondsAfterFinished((int) settings.keepFinished().toSeconds())
                .withTemplate(pods.template(wanted))
                .build();
    }

    /** How long a run may take. */
    Duration timeoutOr(Duration timeout) {
        return timeout == null ? settings.timeout() : timeout;
    }

    /** Every launch has a Secret of its own, so that a launch that was stopped half way never writes another's token. */
    static String secretName(JobReference reference, String launch) {
        return reference.job() + "-" + launch;
    }

    /** The Secret of a run's Job: configuration and files. */
    Secret secret(LaunchRequest request, Job job, String launch, String token, List<SecretFile> files) {
        Map<String, String> data = new LinkedHashMap<>();
        data.put(PodSpecs.CONFIG_FILE, encoded(pods.configuration(request.orgId(), token)));
        addFiles(data, files);
        return secret(
                job, job.getMetadata().getName() + "-" + launch, Marks.labels(request.orgId(), request.planId()), data);
    }

    /** The CronJob of a plan, as it should be. */
    CronJob cronJob(EngineSchedule schedule, CronReference reference, List<SecretFile> files) {
        PodSpecs.Wanted wanted = new PodSpecs.Wanted(
                schedule.orgId(),
                schedule.planId(),
                null,
                (KubernetesJobDefinition) schedule.definition(),
                configSecretName(reference),
                filesSecretName(reference),
                files,
                Map.of());
        Map<String, String> labels = Marks.labels(schedule.orgId(), schedule.planId());
        return new CronJobBuilder()
                .withNewMetadata()
                .withName(reference.cronJob())
                .withNamespace(reference.namespace())
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withSchedule(CronSpelling.withDaysOfWeekListed(schedule.pattern()))
                .withTimeZone(schedule.timezone())
                .withSuspend(schedule.suspended())
                .withConcurrencyPolicy(
                        switch (schedule.overlap()) {
                            case FORBID -> "Forbid";
                            case ALLOW -> "Allow";
                            case REPLACE -> "Replace";
                        })
                .withStartingDeadlineSeconds(Math.max(
                        SHORTEST_WINDOW_SECONDS, schedule.catchUpWindow().toSeconds()))
                .withSuccessfulJobsHistoryLimit(HISTORY)
                .withFailedJobsHistoryLimit(HISTORY)
                .withNewJobTemplate()
                .withNewMetadata()
                .withLabels(labels)
                .endMetadata()
                .withSpec(jobSpec(wanted, schedule.timeout()))
                .endJobTemplate()
                .endSpec()
                .build();
    }

    static String configSecretName(CronReference reference) {
        return reference.cronJob();
    }

    static String filesSecretName(CronReference reference) {
        return reference.cronJob() + "-files";
    }

    /** The Secret with a schedule's configuration; made once, because a new token ends the one that runs have. */
    Secret configSecret(EngineSchedule schedule, CronJob cronJob, CronReference reference, String token) {
        return secret(
                cronJob,
                configSecretName(reference),
                Marks.labels(schedule.orgId(), schedule.planId()),
                Map.of(PodSpecs.CONFIG_FILE, encoded(pods.configuration(schedule.orgId(), token))));
    }

    /** The configuration of a schedule whose token is known. */
    String configuration(UUID orgId, String token) {
        return pods.configuration(orgId, token);
    }

    /** The Secret with the files of a schedule's environment. */
    Secret filesSecret(EngineSchedule schedule, CronJob cronJob, CronReference reference, List<SecretFile> files) {
        Map<String, String> data = new LinkedHashMap<>();
        addFiles(data, files);
        return secret(cronJob, filesSecretName(reference), Marks.labels(schedule.orgId(), schedule.planId()), data);
    }

    private static void addFiles(Map<String, String> data, List<SecretFile> files) {
        for (int i = 0; i < files.size(); i++) {
            data.put(PodSpecs.keyOf(i), encoded(files.get(i).content()));
        }
    }

    private static Secret secret(HasMetadata owner, String name, Map<String, String> labels, Map<String, String> data) {
        return new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(owner.getMetadata().getNamespace())
                .withLabels(labels)
                .withOwnerReferences(ownerOf(owner))
                .endMetadata()
                .withType("Opaque")
                .withData(data)
                .build();
    }

    /** What goes when its owner goes. */
    private static OwnerReference ownerOf(HasMetadata owner) {
        return new OwnerReferenceBuilder()
                .withApiVersion(owner.getApiVersion())
                .withKind(owner.getKind())
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .build();
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
