package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.concurrent.Executor;

/** What a webhook is told of runs. */
public final class StandInDeliveries {

    private final StandInWords words;
    private final GitHubDescription description;
    private final List<String> faults;
    private final Executor threads;

    /** Whom it tells; null for nobody. */
    public volatile GitHubWebhooks webhook;

    StandInDeliveries(StandInWords words, GitHubDescription description, List<String> faults, Executor threads) {
        this.words = words;
        this.description = description;
        this.faults = faults;
        this.threads = threads;
    }

    /** Tells of a run as it is now; by and by, as GitHub does. */
    void tell(String action, StandInRun run) {
        GitHubWebhooks receiver = webhook;
        if (receiver != null) {
            ObjectNode delivery = of(action, run);
            threads.execute(() -> receiver.send(delivery));
        }
    }

    /** What is told of a run as it is now. */
    public ObjectNode of(String action, StandInRun run) {
        ObjectNode delivery = words.object().put("action", action);
        ObjectNode told = words.told(run);
        told.putArray("pull_requests");
        told.put("status", run.status.equals("queued") ? "requested" : run.status);
        delivery.set("workflow_run", told);
        delivery.set("repository", words.repository());
        delivery.set("sender", words.repository().get("owner"));
        delivery.set(
                "workflow",
                words.example("get", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}", 200)
                        .put("path", ".github/workflows/" + run.file));
        description
                .faultsOfDelivery("workflow-run-" + action.replace('_', '-'), delivery)
                .forEach(fault -> faults.add("delivery of " + action + ": " + fault));
        return delivery;
    }
}
