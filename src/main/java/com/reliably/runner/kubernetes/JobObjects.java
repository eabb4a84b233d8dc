package com.reliably.runner.kubernetes;

import com.reliably.deployment.KubernetesJobDefinition;
import com.reliably.runner.ClientCommand;
import com.reliably.runner.EngineSchedule;
import com.reliably.runner.LaunchRequest;
import com.reliably.runner.SecretFile;
import com.reliably.schedule.CronSpelling;
import com.reliably.start.PublicUrl;
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
    private final ClientCommand command;
    private final KubernetesSettings settings;
    private final PublicUrl publicUrl;

    JobObjects(PodSpecs pods, ClientCommand command, KubernetesSettings settings, PublicUrl publicUrl) {
        this.pods = pods;
        this.command = command;
        this.settings = settings;
        this.publicUrl = publicUrl;
    }

    /** The Job of a run, suspended, so that nothing takes effect before everything is there. */
    Job job(LaunchRequest request, JobReference reference, String launch, List<SecretFile> files) {
        PodSpecs.Wanted wanted = new PodSpecs.Wanted(
                request.orgId(),
                request.planId(),
                request.runId(),
                (KubernetesJobDefinition) request.definition(),
                secretName(reference, launch),
                files,
                command.variables(request, serverUrl(), ""));
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

    /** A Job of no plan, for the API server to look at. */
    Job trial(UUID orgId, KubernetesJobDefinition definition) {
        UUID none = new UUID(0, 0);
        PodSpecs.Wanted wanted = new PodSpecs.Wanted(
                orgId, none, none, definition, "reliably-trial", List.of(), command.connection(orgId, serverUrl(), ""));
        return new JobBuilder()
                .withNewMetadata()
                .withGenerateName("reliably-trial-")
                .withNamespace(definition.namespace())
                .withLabels(Marks.labels(orgId, none))
                .endMetadata()
                .withSpec(jobSpec(wanted, null))
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
        return secret(job, job.getMetadata().getName() + "-" + launch, request.orgId(), request.planId(), token, files);
    }

    /** The CronJob of a plan, as it should be. */
    CronJob cronJob(EngineSchedule schedule, CronReference reference, List<SecretFile> files) {
        Map<String, String> variables = command.connection(schedule.orgId(), serverUrl(), "");
        variables.put("RELIABLY_PLAN_ID", schedule.planId().toString());
        PodSpecs.Wanted wanted = new PodSpecs.Wanted(
                schedule.orgId(),
                schedule.planId(),
                null,
                (KubernetesJobDefinition) schedule.definition(),
                reference.cronJob(),
                files,
                variables);
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

    /** The Secret of a plan's CronJob: configuration and files. */
    Secret secret(EngineSchedule schedule, CronJob cronJob, String token, List<SecretFile> files) {
        return secret(cronJob, cronJob.getMetadata().getName(), schedule.orgId(), schedule.planId(), token, files);
    }

    private Secret secret(
            HasMetadata owner, String name, UUID orgId, UUID planId, String token, List<SecretFile> files) {
        Map<String, String> data = new LinkedHashMap<>();
        data.put(PodSpecs.CONFIG_FILE, encoded(PodSpecs.configuration(serverUrl(), orgId, token)));
        for (int i = 0; i < files.size(); i++) {
            data.put(PodSpecs.keyOf(i), encoded(files.get(i).content()));
        }
        return new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(owner.getMetadata().getNamespace())
                .withLabels(Marks.labels(orgId, planId))
                .withOwnerReferences(ownerOf(owner))
                .endMetadata()
                .withType("Opaque")
                .withData(data)
                .build();
    }

    /** How a Pod reaches this server. */
    String serverUrl() {
        return settings.callbackUrl().map(url -> url.replaceAll("/+$", "")).orElseGet(publicUrl::value);
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
