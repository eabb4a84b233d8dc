package com.reliably.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.ApiTest;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.Tenant;
import com.reliably.testing.Wire;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The recordings of real clients and the existing server, sent to this one: same status, same members, same types, but
 * for what {@link Deviations} lists.
 */
@ApiTest
@OnEveryJdk
class RecordingsTest {

    /** The plan that the recorded server ran itself was made, and its run recorded, after the other runs. */
    private static final int BEFORE_THE_MANAGED_RUN = 207;

    private static final String ORGANIZATION = "775a0f3c-9928-4c53-acb0-c8457949e102";
    private static final String TOKEN = "5eb8e7b0c6f3113c17a0742876d21b4e";

    private static final String MANAGED_DEPLOYMENT = "f14f77ad-3d5b-43ce-8043-9460712cdf8b";
    private static final String MANUAL_DEPLOYMENT = "7035f7ea-c864-4bd8-a86a-a6d72ce84146";

    /**
     * A recorded run.
     *
     * @param plan the recorded id of its plan
     */
    private record Run(String recording, String plan) {}

    /** In the order in which they were recorded: a later one sees what an earlier one left. */
    private static final List<Run> RUNS = List.of(
            new Run("cli-manual-success.jsonl", "9a793917-4a51-4153-82af-1f4558dc8539"),
            new Run("cli-manual-deviated.jsonl", "f95f6f76-ea14-4cf9-80bd-c80cab250133"),
            new Run("cli-pause.jsonl", "ca1c0013-f5ad-402b-b017-a7eaa3a17493"),
            new Run("cli-terminate-soft.jsonl", "ca1c0013-f5ad-402b-b017-a7eaa3a17493"),
            new Run("cli-managed.jsonl", "6a44bc24-e7f3-435b-b59a-5b2e4c619c87"));

    private final List<Exchange> tour = Exchange.load("api.jsonl");

    @Test
    void everyRecordingReplaysAsRecorded() {
        Translation names = names();
        Replay replay = new Replay(names, Deviations.all());
        replay.send(tour.subList(0, BEFORE_THE_MANAGED_RUN));
        String managed = names.of(MANAGED_DEPLOYMENT);
        createTheManagedPlan(replay, names);
        RUNS.forEach(run -> replay.send(Exchange.load(run.recording())));
        names.put(MANAGED_DEPLOYMENT, managed);
        replay.send(tour.subList(BEFORE_THE_MANAGED_RUN + 1, tour.size()));
        assertNothing("Differences that are no listed deviation", replay.unexplained());
        List<String> stale = new ArrayList<>(replay.stale());
        stale.removeIf(deviation -> deviation.startsWith(Deviations.FAILED_SOON.toString()));
        assertNothing("Listed deviations that do not show any more", stale);
    }

    @Test
    void everyRecordedRunReplaysWithATokenThatIsLimitedToItsPlan() {
        Translation names = names();
        List<Deviation> deviations = new ArrayList<>(Deviations.all());
        deviations.add(Deviation.everywhere(
                "\\$\\.user_id another id", "the user of a run is its token, not the administrator's"));
        Replay replay = new Replay(names, deviations);
        replay.send(tour.subList(0, BEFORE_THE_MANAGED_RUN));
        createTheManagedPlan(replay, names);
        for (Run run : RUNS) {
            replay.asClient(tokenOf(run, names));
            replay.send(Exchange.load(run.recording()));
        }
        assertNothing("Differences that are no listed deviation", replay.unexplained());
    }

    /** With the manual deployment: with the managed one the server would run it now, in a process of its own. */
    private void createTheManagedPlan(Replay replay, Translation names) {
        names.put(MANAGED_DEPLOYMENT, names.of(MANUAL_DEPLOYMENT));
        replay.send(tour.subList(BEFORE_THE_MANAGED_RUN, BEFORE_THE_MANAGED_RUN + 1));
    }

    private static String tokenOf(Run run, Translation names) {
        Wire.Answer answer = new Wire()
                .json(
                        "POST",
                        "/api/v1/organization/" + names.of(ORGANIZATION) + "/tokens",
                        names.of(TOKEN),
                        "{\"name\": \"" + run.recording() + "\", \"plan_id\": \"" + names.of(run.plan()) + "\"}");
        assertEquals(201, answer.status(), answer.toString());
        return answer.json().path("token").textValue();
    }

    private static Translation names() {
        Tenant first = Tenant.create();
        Tenant second = Tenant.create();
        Tenant third = Tenant.create();
        Translation names = new Translation();
        names.put(ORGANIZATION, first.id());
        names.put(TOKEN, first.token());
        names.put("97f1e68a9956754539f0068195a39c2c", first.token());
        names.put("565c41e0-a09d-4607-bdf5-59da69163068", second.id());
        names.put("f1c3a702d379f2dc00d057c12f85ab9e", second.token());
        names.put("5f36a29b-d61b-4285-8648-22bd652d2032", third.id());
        names.put("38df751c4a989b34aa5d5d555f47358e", third.token());
        return names;
    }

    private static void assertNothing(String what, List<?> found) {
        StringBuilder list = new StringBuilder();
        found.forEach(one -> list.append("\n  ").append(one));
        assertEquals(0, found.size(), what + list);
    }
}
