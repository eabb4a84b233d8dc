package com.reliably;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.access.Caller;
import com.reliably.access.Permit;
import com.reliably.web.WithoutToken;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.net.Socket;
import java.net.URLConnection;
import java.net.http.HttpClient;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.time.Instant;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.junit.jupiter.api.Test;

/** Rules of the layout that the compiler does not know. */
class ArchitectureTest {

    private static final JavaClasses SERVER =
            new ClassFileImporter().importPaths(List.of(java.nio.file.Path.of("target/classes/com/reliably")));

    /** What has a repository beside the service of its feature, because it does one thing for other features or by itself. */
    private static final Set<String> BESIDE_SERVICES = Set.of(
            // Of tokens, plans and executions, for those who must not know the rest of them
            "TokenAuthenticator",
            "ExecutionsByRun",
            "PlanDirectory",
            "PlanReach",
            "PlanRuns",
            "PlanSchedules",
            "PlanViews",
            "PlansInUse",
            // The state of runs and their logs, and of schedules at engines
            "EngineClaims",
            "EngineJournal",
            "EngineRuns",
            "RunCancellation",
            "RunClaims",
            "RunJournal",
            "RunLogFeed",
            "RunLogs",
            "RunLogText",
            // Secrets, which have no endpoint
            "KeyRotation",
            "SecretStore",
            // Work that no request asked for
            "BacklogMetrics",
            "EventFeed",
            "EventSweeper");

    /**
     * Classes, or single methods, that wait for files, processes, sockets, JDBC or other threads, and which threads do so:
     * none of an event loop.
     */
    private static final Map<String, String> BLOCKING = Map.ofEntries(
            entry("com.reliably.start.DataDirectory", "the main thread, before anything is served"),
            entry("com.reliably.start.EmbeddedDatabase", "the main thread, before anything is served and after"),
            entry("com.reliably.start.FileTree", "the main thread, before anything is served"),
            entry("com.reliably.start.FirstStart", "the main thread, before anything is served"),
            entry("com.reliably.start.LocalResources", "the main thread, before anything is served"),
            entry("com.reliably.start.PostgresBinaries", "the main thread, before anything is served"),
            entry("com.reliably.start.StartFailureExplanation", "the main thread, once the start has failed"),
            entry("com.reliably.outbound.HostResolver", "workers, as GuardedHttpClient and KubernetesClusters hand to"),
            entry("com.reliably.run.RunSupervisor.stop", "the thread that stops the server"),
            entry("com.reliably.engine.EngineSupervisor.stop", "the thread that stops the server"),
            entry("com.reliably.web.OffsetClock", "a thread of its own, in drills only"),
            entry("com.reliably.runner.kubernetes.cluster.InClusterAccess", "workers, as KubernetesClusters hands to"),
            entry("com.reliably.runner.cli.CliRunner", "workers, as the test below sees"),
            entry("com.reliably.problem.ProblemMapper.refusalSaidBy", "nothing: it reads an exception"),
            entry("com.reliably.runner.cli.ConfinementWarning.probe", "a worker, at the start"),
            entry("com.reliably.runner.cli.HostPython.isPython3", "workers, as CliRunner and ConfinementWarning do"),
            entry("com.reliably.runner.cli.HostPython.path", "workers, as CliRunner and ConfinementWarning do"),
            entry("com.reliably.runner.cli.TreeRemoval.empty", "workers, as RunDirectory does"),
            entry("com.reliably.runner.cli.TreeRemoval.moveUp", "workers, as RunDirectory does"),
            entry("com.reliably.runner.cli.TreeRemoval.remove", "workers, as RunDirectory does"),
            entry("com.reliably.runner.cli.TreeRemoval.removeContent", "workers, as RunDirectory does"),
            entry("com.reliably.runner.cli.LauncherScripts", "workers, as the test below sees"),
            entry("com.reliably.runner.cli.ProcessesOfRun", "workers, as the test below sees"),
            entry("com.reliably.runner.cli.RunDirectory", "workers, as the test below sees"),
            entry("com.reliably.runner.docker.Engine", "workers of its own"),
            entry("com.reliably.runner.docker.EngineClock", "an engine's workers"),
            entry("com.reliably.runner.docker.EngineTransport", "an engine's workers"),
            entry("com.reliably.runner.docker.EngineWorkers", "workers of its own; what it asks for is there"),
            entry("com.reliably.runner.docker.VolumeSources", "a worker"),
            entry("com.reliably.runner.github.api.GitHubHttp.answer", "workers, as GitHubApi has it"));

    private static final DescribedPredicate<JavaMethod> ENDPOINTS =
            DescribedPredicate.describe("that are endpoints", method -> method.getAnnotations().stream()
                    .anyMatch(annotation -> annotation.getRawType().isAnnotatedWith(HttpMethod.class)));

    @Test
    void everyEndpointSaysWhoMayCallIt() {
        methods()
                .that(ENDPOINTS)
                .and()
                .areDeclaredInClassesThat(belowApi())
                .should()
                .beAnnotatedWith(Permit.class)
                .orShould()
                .beAnnotatedWith(WithoutToken.class)
                .check(SERVER);
        // EveryEndpointTest names them.
        methods()
                .that()
                .areAnnotatedWith(WithoutToken.class)
                .should()
                .notBeAnnotatedWith(Permit.class)
                .check(SERVER);
    }

    @Test
    void everyEndpointIsDescribed() {
        methods()
                .that(ENDPOINTS)
                .and()
                .areDeclaredInClassesThat(belowApi())
                .should()
                .beAnnotatedWith(Operation.class)
                .check(SERVER);
    }

    @Test
    void everyEndpointIsPublicBecauseOthersAreSilentlyIgnored() {
        methods().that(ENDPOINTS).should().bePublic().check(SERVER);
    }

    @Test
    void noEndpointBlocks() {
        // One that returns a plain value runs on a worker thread, where the access filter cannot reach the database.
        methods().that(ENDPOINTS).should(returnAPipeline()).check(SERVER);
    }

    @Test
    void repositoriesAreReachedFromTheServicesOfTheirOwnFeatureOnly() {
        classes()
                .that(are(simpleNameEndingWith("Repository")))
                .and()
                // One of GitHub's, that is.
                .doNotHaveSimpleName("GitHubRepository")
                .should(new ArchCondition<>("be used by services and named classes of their own package only") {
                    @Override
                    public void check(JavaClass repository, ConditionEvents events) {
                        repository.getDirectDependenciesToSelf().stream()
                                .filter(use -> !isOfItsFeature(use.getOriginClass(), repository))
                                .forEach(use -> events.add(SimpleConditionEvent.violated(use, use.getDescription())));
                    }
                })
                .check(SERVER);
    }

    private static boolean isOfItsFeature(JavaClass user, JavaClass repository) {
        String name = nameOfFile(user).substring(nameOfFile(user).lastIndexOf('.') + 1);
        return user.getPackage().equals(repository.getPackage())
                && (name.endsWith("Service")
                        || name.equals(repository.getSimpleName())
                        || BESIDE_SERVICES.contains(name));
    }

    private static String nameOfFile(JavaClass type) {
        return type.getName().replaceFirst("\\$.*", "");
    }

    @Test
    void onlyNamedClassesCallWhatBlocks() {
        Set<String> found = SERVER.stream()
                .flatMap(BlockingCalls::of)
                .map(JavaAccess::getOrigin)
                .map(unit -> {
                    String type = nameOfFile(unit.getOwner());
                    return BLOCKING.containsKey(type) ? type : type + "." + unit.getName();
                })
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(BLOCKING.keySet()), found, "what waits for files, processes or the like");
    }

    @Test
    void whatBlocksInTheRunnerIsDoneByWorkers() {
        JavaClasses runner = SERVER.that(DescribedPredicate.describe(
                "of the runner", type -> type.getPackageName().equals("com.reliably.runner.cli")));
        Set<JavaCodeUnit> blocking = BlockingCalls.blockingCallers(runner, "blocking");
        // The rule would hold of nothing, too.
        assertTrue(blocking.stream().anyMatch(unit -> unit.getFullName().contains("RunDirectory.read(")));
        assertEquals(
                List.of(),
                blocking.stream()
                        .filter(unit -> unit instanceof JavaConstructor
                                || unit.getRawReturnType().isAssignableTo(Uni.class)
                                || unit.getRawReturnType().isAssignableTo(Multi.class))
                        .map(JavaCodeUnit::getFullName)
                        .toList(),
                "pipelines and constructors that block whoever makes them");
        assertEquals(
                List.of(),
                SERVER.stream()
                        .filter(type -> !type.getPackageName().equals("com.reliably.runner.cli"))
                        .flatMap(type -> type.getAccessesFromSelf().stream())
                        .filter(access -> BlockingCalls.isOf(access, blocking))
                        .map(JavaAccess::getDescription)
                        .toList(),
                "callers of what blocks from elsewhere");
    }

    @Test
    void whatIsConnectedToForDeploymentsGoesThroughOneWayOut() {
        noClasses()
                .that()
                .resideOutsideOfPackage("com.reliably.outbound")
                .and()
                // The server's own database, on this host.
                .resideOutsideOfPackage("com.reliably.start")
                .should()
                .callMethodWhere(target(name("createHttpClient"))
                        .or(target(name("createNetClient")))
                        .or(target(name("createWebSocketClient")))
                        .or(target(name("httpClientBuilder")))
                        .or(target(name("createDatagramSocket")))
                        .or(target(name("newHttpClient")))
                        .or(target(name("openConnection")))
                        .or(target(name("getAllByName"))))
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(
                        Socket.class,
                        SocketChannel.class,
                        HttpClient.class,
                        DatagramChannel.class,
                        AsynchronousSocketChannel.class,
                        URLConnection.class)
                .check(SERVER);
    }

    @Test
    void nothingWaitsForAPipeline() {
        noClasses()
                .should()
                .callMethodWhere(target(name("await")).and(target(owner(assignableTo(Uni.class)))))
                .check(SERVER);
    }

    @Test
    void timesAreInstantsFromTheInjectedClock() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Date.class, Calendar.class)
                .check(SERVER);
        noClasses().should().callMethod(Instant.class, "now").check(SERVER);
    }

    @Test
    void featuresDoNotDependOnEachOtherInCircles() {
        slices().matching("com.reliably.(*)..")
                .should()
                .beFreeOfCycles()
                // Making a token is audited, and the audit trail says which token acted.
                .ignoreDependency(resideInAPackage("com.reliably.audit"), type(Caller.class))
                .check(SERVER);
    }

    @Test
    void packagesDoNotDependOnEachOtherInCircles() {
        // What is below a feature does not know the feature, where the feature knows it.
        slices().matching("com.reliably.(**)")
                .should()
                .beFreeOfCycles()
                .ignoreDependency(resideInAPackage("com.reliably.audit"), type(Caller.class))
                .check(SERVER);
    }

    @Test
    void whatIsBelowTheRunnerOfGitHubKnowsOnlyWhatItIsMadeOf() {
        String runner = "com.reliably.runner.github";
        Map.of(
                        "api", Set.<String>of(),
                        "workflow", Set.<String>of(),
                        "repository", Set.of("api", "workflow"),
                        "webhook", Set.of("api"))
                .forEach((part, known) -> noClasses()
                        .that()
                        .resideInAPackage(runner + "." + part)
                        .should()
                        .dependOnClassesThat(DescribedPredicate.describe(
                                "of the runner, but not of " + known,
                                type -> type.getPackageName().startsWith(runner)
                                        && !type.getPackageName().equals(runner + "." + part)
                                        && !known.contains(type.getPackageName().replace(runner + ".", ""))))
                        .check(SERVER));
        noClasses()
                .that()
                .resideInAPackage(runner + ".workflow")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.net..", "io.smallrye.mutiny..", "io.vertx..", "org.kohsuke..")
                .check(SERVER);
    }

    private static DescribedPredicate<JavaClass> belowApi() {
        return DescribedPredicate.describe(
                "below /api",
                type -> type.isAnnotatedWith(Path.class)
                        && type.getAnnotationOfType(Path.class).value().startsWith("/api"));
    }

    private static ArchCondition<JavaMethod> returnAPipeline() {
        return new ArchCondition<>("return a Uni or a Multi") {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                boolean pipeline = method.getRawReturnType().isAssignableTo(Uni.class)
                        || method.getRawReturnType().isAssignableTo(Multi.class);
                events.add(new SimpleConditionEvent(
                        method,
                        pipeline,
                        method.getDescription() + " returns "
                                + method.getRawReturnType().getName()));
            }
        };
    }
}
