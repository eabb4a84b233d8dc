package com.reliably.runner.kubernetes;

import static com.reliably.testing.Scenario.experiment;
import static com.reliably.testing.Scenario.process;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.reliably.testing.BlockedEventLoops;
import com.reliably.testing.Scenario;
import com.reliably.testing.ServerProcess;
import com.reliably.testing.TcpLink;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Servers that are killed, connections that are cut, credentials that end: no run is lost or doubled, no line of output. */
@EnabledIfEnvironmentVariable(
        named = TestCluster.KUBECONFIG,
        matches = ".+",
        disabledReason = "needs the kubeconfig of a disposable cluster")
// The client that this test looks at the cluster with reads its answers on event loops of its own.
@Tag(BlockedEventLoops.ON_PURPOSE)
@Order(2)
@ResourceLock(TestCluster.KUBECONFIG)
class KubernetesOutagesIT {

    private static final int ROUNDS = Integer.getInteger("reliably.test.kills", 20);
    private static final long SEED = Long.getLong("reliably.test.seed", 6);

    /** How long an API server is not there that is killed. */
    private static final Duration AWAY = Duration.ofSeconds(8);

    @TempDir
    Path temporary;

    TestCluster cluster;

    @BeforeEach
    void join() {
        cluster = TestCluster.join();
    }

    @AfterEach
    void leave() {
        cluster.close();
    }

    /** Its Pods write their run's id to a file of this host, so that none that began is overlooked. */
    @Test
    void aServerKilledAtRandomMomentsLosesNothingAndDoublesNothing() throws IOException, InterruptedException {
        Path marks = marks();
        ServerProcess.Setup setup = TestCluster.server(temporary.resolve("data"))
                .with("RELIABLY_KUBERNETES_LEFTOVER_AFTER", "PT5S")
                .with("RELIABLY_RUNS_SWEEP", "5s")
                .with("RELIABLY_RUNS_LEASE", "PT5S");
        Random random = new Random(SEED);
        List<String> plans = new ArrayList<>();
        ServerProcess server = setup.start();
        try {
            String deployment = new Scenario(server)
                    .deployment(marking(marks, "echo began; sleep 1; " + TestCluster.REPORT + "; echo ended"));
            for (int round = 0; round < ROUNDS; round++) {
                Scenario scenario = new Scenario(server);
                for (int i = 0; i < 2; i++) {
                    plans.add(scenario.plan(deployment, experiment(process("say", "echo")), null));
                }
                // The moment is the test's subject.
                TimeUnit.MILLISECONDS.sleep(random.nextInt(3_500));
                server.kill();
                server = setup.start();
            }
            Scenario scenario = new Scenario(server);
            List<String> runs = new ArrayList<>();
            for (String plan : plans) {
                JsonPath run = scenario.ended(plan);
                assertEquals("succeeded", run.getString("state"), run.getString("error"));
                assertEquals(1, scenario.get("/plans/" + plan + "/runs").getInt("count"));
                assertEquals("began\nended\n", scenario.log(run.getString("id")));
                runs.add(run.getString("id"));
            }
            Collections.sort(runs);
            List<String> begun = new ArrayList<>(Files.readAllLines(marks.resolve("begun")));
            Collections.sort(begun);
            assertEquals(runs, begun, "every run has begun once (seed " + SEED + ")");
            cluster.awaitNothingLeft();
        } finally {
            server.close();
        }
    }

    /** A directory that Pods may write to. */
    private Path marks() throws IOException {
        Path marks = Files.createDirectory(temporary.resolve("marks"));
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(marks, PosixFilePermissions.fromString("rwxrwxrwx"));
        return marks;
    }

    /**
     * A deployment whose Pods write down that they began, and go on with a line of shell.
     *
     * @param shell without {@code '}
     */
    private Map<String, Object> marking(Path marks, String shell) {
        return cluster.manifest("""
                apiVersion: v1
                kind: Pod
                spec:
                  terminationGracePeriodSeconds: 1
                  volumes: [{name: marks, hostPath: {path: "%s"}}]
                  containers:
                    - name: client
                      image: local/busybox:test
                      command: [sh, -c, 'echo $RELIABLY_RUN_ID >> /marks/begun; %s']
                      volumeMounts: [{name: marks, mountPath: /marks}]
                """.formatted(marks, shell));
    }

    @Test
    void aRunOutlivesAnApiServerThatIsKilledAndStartedAgain() throws IOException {
        ApiServerProcess found = ApiServerProcess.of(cluster).orElse(null);
        assumeTrue(found != null, "the cluster's API server is no process of this machine that can be started again");
        Path marks = marks();
        try (ApiServerProcess apiServer = found;
                ServerProcess server =
                        TestCluster.server(temporary.resolve("data")).start()) {
            Scenario scenario = new Scenario(server);
            String deployment = scenario.deployment(marking(
                    marks,
                    TestCluster.REPORT
                            + "; for i in $(seq 1 60); do echo line $i; sleep 0.5; done; date +%s > /marks/ended"));
            String plan = scenario.plan(deployment, experiment(process("say", "echo")), null);
            scenario.awaitLog(plan, "line 5\n");

            apiServer.kill();
            await().pollDelay(AWAY).until(() -> true);
            String seen = scenario.log(scenario.latestRun(plan));
            apiServer.start();
            apiServer.awaitAnswer();
            Instant back = Instant.now();
            assertFalse(seen.contains("line 60\n"), "the run was to go on while the API server was away");

            JsonPath run = scenario.ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            assertEquals(1, scenario.get("/plans/" + plan + "/runs").getInt("count"));
            assertEquals(lines(60), scenario.log(run.getString("id")));
            assertEquals(List.of(run.getString("id")), Files.readAllLines(marks.resolve("begun")));
            Instant ended = Instant.ofEpochSecond(
                    Long.parseLong(Files.readString(marks.resolve("ended")).strip()));
            System.out.printf(
                    "The end of the Pod was seen %d s after it, and %d s after the API server was back%n",
                    Duration.between(ended, Instant.parse(run.getString("ended_at")))
                            .toSeconds(),
                    Duration.between(back, Instant.parse(run.getString("ended_at")))
                            .toSeconds());
            cluster.awaitNothingLeft();
        }
    }

    @Test
    void whatIsPrintedWhileTheClusterIsOutOfReachIsNotLost() {
        try (TcpLink link = new TcpLink(cluster.apiPort());
                ServerProcess server =
                        TestCluster.server(temporary.resolve("data")).start()) {
            Scenario scenario = new Scenario(server);
            Map<String, Object> definition = cluster.shell(TestCluster.REPORT
                    + "; i=0; while [ ! -e /tmp/let-go ]; do i=$((i+1)); echo line $i; sleep 0.15; done; echo all");
            String first = cluster.mightyToken("first");
            definition.put("credentials", cluster.kubeconfigWith(first, link.port()));
            String plan = scenario.plan(scenario.deployment(definition), experiment(process("say", "echo")), null);
            for (TcpLink.State fault : List.of(TcpLink.State.CUT, TcpLink.State.SWALLOWING)) {
                String seen = scenario.log(awaitRun(scenario, plan));
                await().atMost(Duration.ofMinutes(3))
                        .until(() -> scenario.log(scenario.latestRun(plan)).length() > seen.length() + 10);
                link.put(fault);
                await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
                link.put(TcpLink.State.OPEN);
            }
            cluster.letGoOn(plan);

            JsonPath run = scenario.ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            String log = scenario.log(run.getString("id"));
            assertEquals(lines((int) log.lines().count() - 1) + "all\n", log);
            cluster.awaitNothingLeft();
        }
    }

    private static String lines(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());
    }

    private static String awaitRun(Scenario scenario, String plan) {
        return scenario.awaitState(plan, List.of("running", "succeeded")).getString("id");
    }

    @Test
    void aRunGoesOnWithCredentialsThatWereReplaced() {
        try (TcpLink link = new TcpLink(cluster.apiPort());
                ServerProcess server =
                        TestCluster.server(temporary.resolve("data")).start()) {
            Scenario scenario = new Scenario(server);
            Map<String, Object> definition = cluster.shell(
                    TestCluster.REPORT + "; echo began; while [ ! -e /stop ]; do sleep 0.2; done; echo ended");
            String first = cluster.mightyToken("first");
            definition.put("credentials", cluster.kubeconfigWith(first, link.port()));
            String deployment = scenario.deployment(definition);
            String plan = scenario.plan(deployment, experiment(process("say", "echo")), null);
            scenario.awaitLog(plan, "began");

            // The token ends with its account, and what is connected is not asked again until it connects again.
            cluster.admin()
                    .serviceAccounts()
                    .inNamespace(cluster.namespace())
                    .withName("first")
                    .delete();
            // An API server takes a token that it has seen for ten seconds more.
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> cluster.refuses(first));
            link.put(TcpLink.State.CUT);
            link.put(TcpLink.State.OPEN);
            assertEquals(
                    "running", scenario.awaitState(plan, List.of("running")).getString("state"));

            definition.put("credentials", cluster.kubeconfigWith(cluster.mightyToken("second"), link.port()));
            Map<String, Object> update = new HashMap<>();
            update.put("name", "replaced");
            update.put("definition", definition);
            server.request()
                    .body(update)
                    .put("/deployments/" + deployment)
                    .then()
                    .statusCode(200);
            cluster.admin()
                    .pods()
                    .inNamespace(cluster.namespace())
                    .withName(cluster.podOf(plan).getMetadata().getName())
                    .writingOutput(System.out)
                    .exec("touch", "/stop")
                    .exitCode()
                    .join();
            JsonPath run = scenario.ended(plan);
            assertEquals("succeeded", run.getString("state"), run.getString("error"));
            assertTrue(scenario.log(run.getString("id")).endsWith("began\nended\n"), scenario.log(run.getString("id")));
            cluster.awaitNothingLeft();
        }
    }
}
