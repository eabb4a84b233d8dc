package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.yaml.snakeyaml.Yaml;

/**
 * Stands in for GitHub: an HTTP server with one repository, which keeps files as git does, runs workflows, and is late, limited
 * and in trouble where a test wants that. Every request that it gets and every answer that it gives is held to GitHub's own
 * description; what is not as it says is in {@link #faults()}.
 */
public final class GitHubStandIn implements AutoCloseable {

    public static final String REPOSITORY = "acme/chaos";
    private static final int LOOKED_AT = 5;

    private static final int JOBS_OF_A_RUN = 100;

    /** What becomes of one request. */
    public enum Trouble {
        NONE,
        /** Nothing is done; 403, as where a right is lacking. */
        FORBIDDEN,
        /** Nothing is done; 502. */
        REFUSED_BEFORE,
        /** It is done; 502. */
        LOST_AFTER,
        /** It is done, and never answered. */
        SILENT_AFTER
    }

    /** What becomes of a job's log. */
    public enum LogTrouble {
        NONE,
        /** 403, as for tokens that may not. */
        FORBIDDEN,
        /** It is said to be on a host that nobody knows. */
        ELSEWHERE,
        /** Where it is said to be, it is not. */
        LOST
    }

    /** A request, for tests that have something happen at it. */
    public record Asked(int number, String method, String path) {}

    private final GitHubDescription description;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "github-stand-in");
        thread.setDaemon(true);
        return thread;
    });
    private final ObjectMapper json = new ObjectMapper();
    private final Clock clock;
    private final String prefix;
    private final boolean cloud;
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final Map<String, Map<String, String>> branches = new ConcurrentHashMap<>();
    private final List<String> commits = new CopyOnWriteArrayList<>();
    private final Map<String, Workflow> workflows = new ConcurrentHashMap<>();
    private final Map<Long, StandInRun> runs = new ConcurrentHashMap<>();
    private final List<StandInPull> pulls = new CopyOnWriteArrayList<>();
    private final AtomicLong ids = new AtomicLong(1000);

    public volatile String token = "github-token";
    /** Of the App that may ask for tokens; null where none may. */
    public volatile PublicKey appKey;

    public volatile boolean protectedBranch;
    /** How often others commit something else at the same moment. */
    public volatile int conflicts;

    public volatile boolean actionsEnabled = true;
    public volatile String environment = "production";
    public volatile Duration workflowsKnownAfter = Duration.ZERO;
    public volatile Duration runsListedAfter = Duration.ZERO;
    public volatile Instant limitedUntil;
    /** Seconds that the next request is told to wait, once; null for none. */
    public volatile String secondaryLimit;
    /** Of a classic token; empty for others. */
    public volatile String scopes = "";
    /** The commit that the branch of the action is at. */
    public volatile String actionCommit = "0123456789abcdef0123456789abcdef01234567";
    /** Base64, of the environment's key for secrets. */
    public volatile String secretsKey = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=";

    /** What the App may do. */
    public final Map<String, String> appPermissions = new ConcurrentHashMap<>(
            Map.of("contents", "write", "workflows", "write", "actions", "write", "metadata", "read"));

    /** The environment's secrets as they came: sealed, by their names. */
    public final Map<String, String> secrets = new ConcurrentHashMap<>();

    /** The repository is private, and these credentials do not reach it. */
    public volatile boolean hidden;
    /** How many cancellations are refused, because the run cannot be cancelled for the moment. */
    public final AtomicInteger cancelsRefused = new AtomicInteger();
    /** Runs have steps that go on when they are cancelled. */
    public volatile boolean ignoresCancel;

    public volatile LogTrouble logTrouble = LogTrouble.NONE;
    public volatile Function<Asked, Trouble> trouble = request -> Trouble.NONE;
    /** Whom it tells of runs; null for nobody. */
    public volatile GitHubWebhooks webhook;
    /** What runs the jobs; by default they go on until they are cancelled. */
    public volatile StandInRunner runner = (run, workflow) -> {};

    /** Runs the jobs of a workflow, in a thread of its own. */
    public interface StandInRunner {

        void run(StandInRun run, Map<String, Object> workflow);
    }

    private static final class Workflow {

        private final long id;
        private final Instant knownAt;
        private volatile String state = "active";

        private Workflow(long id, Instant knownAt) {
            this.id = id;
            this.knownAt = knownAt;
        }
    }

    private static final class StandInPull {

        private final String title;
        private final String branch;
        private volatile String state = "open";
        private volatile boolean merged;

        private StandInPull(String title, String branch) {
            this.title = title;
            this.branch = branch;
        }
    }

    /** A run of a workflow. */
    public static final class StandInRun {

        public final long id;
        public final String title;
        public final String file;
        public final String event;
        public final Map<String, String> inputs;
        public final Instant createdAt;
        public final Instant listedAt;
        public final StringBuffer log = new StringBuffer();
        public final List<Map<String, String>> steps = new CopyOnWriteArrayList<>();
        /** The logs of further jobs; the first one has {@link #log}. */
        public final List<String> moreJobs = new CopyOnWriteArrayList<>();

        private final String group;
        private volatile Instant startedAt;
        public volatile String status = "queued";
        public volatile String conclusion;
        public volatile Instant updatedAt;
        public volatile boolean cancelled;

        private StandInRun(
                long id,
                String title,
                String file,
                String event,
                Map<String, String> inputs,
                String group,
                Instant now,
                Instant listedAt) {
            this.id = id;
            this.group = group;
            this.title = title;
            this.file = file;
            this.event = event;
            this.inputs = inputs;
            this.createdAt = now;
            this.updatedAt = now;
            this.listedAt = listedAt;
        }
    }

    private GitHubStandIn(String descriptionFile, Clock clock) {
        this.description = GitHubDescription.of(descriptionFile);
        this.clock = clock;
        this.cloud = descriptionFile.equals(GitHubDescription.CLOUD);
        this.prefix = cloud ? "" : "/api/v3";
        branches.put("main", new ConcurrentHashMap<>());
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** As github.com is. */
    public static GitHubStandIn cloud(Clock clock) {
        return new GitHubStandIn(GitHubDescription.CLOUD, clock);
    }

    /** As an Enterprise Server is. */
    public static GitHubStandIn enterpriseServer(Clock clock) {
        return new GitHubStandIn(GitHubDescription.ENTERPRISE_SERVER, clock);
    }

    /** Where its API is. */
    public String apiUrl() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + prefix;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    /** Requests that GitHub would refuse, and answers that it would not give. */
    public List<String> faults() {
        return faults;
    }

    public List<Asked> asked() {
        return asked;
    }

    /** Runs that were dispatched, in their order. */
    public List<StandInRun> runs() {
        return runs.values().stream()
                .sorted(Comparator.comparingLong(run -> run.id))
                .toList();
    }

    public List<String> commits() {
        return commits;
    }

    /** The titles of the pull requests that are open. */
    public List<String> pulls() {
        return pulls.stream()
                .filter(pull -> pull.state.equals("open"))
                .map(pull -> pull.title)
                .toList();
    }

    public void deleteBranch(String branch) {
        branches.remove(branch);
    }

    /** As somebody closes what was offered from a branch, without merging it. */
    public void closePull(String branch) {
        pulls.stream().filter(pull -> pull.branch.equals(branch)).forEach(pull -> pull.state = "closed");
    }

    private ObjectNode pull(ObjectNode example, StandInPull pull) {
        example.putArray("requested_teams");
        example.put("title", pull.title).put("state", pull.state);
        return pull.merged ? example.put("merged_at", clock.instant().toString()) : example.putNull("merged_at");
    }

    /** A branch's files. */
    public Map<String, String> files(String branch) {
        return branches.get(branch);
    }

    /** Writes a file as somebody else would. */
    public void put(String path, String text) {
        branches.get("main").put(path, text);
        workflowWritten(path);
    }

    /** As somebody disables a workflow, or GitHub itself does. */
    public void disable(String file, String state) {
        workflows.get(file).state = state;
    }

    /** As where GitHub has not looked at a file yet. */
    public void forget(String file) {
        workflows.remove(file);
    }

    public String workflowState(String file) {
        return workflows.get(file).state;
    }

    /** As somebody merges what was offered. */
    public void merge() {
        branches.forEach((name, files) -> {
            if (!name.equals("main")) {
                files.forEach(this::put);
            }
        });
        pulls.forEach(pull -> {
            pull.merged = pull.state.equals("open");
            pull.state = "closed";
        });
    }

    /** As somebody deletes a run. */
    public void delete(StandInRun run) {
        runs.remove(run.id);
    }

    /** Starts a workflow as GitHub's schedule does. */
    public StandInRun fire(String file) {
        return start(file, "schedule", Map.of());
    }

    /** Something else in the repository starts: a workflow of other people's. */
    public StandInRun push() {
        StandInRun run = new StandInRun(
                ids.incrementAndGet(),
                "Fix it",
                "build.yaml",
                "push",
                Map.of(),
                "build",
                clock.instant().truncatedTo(ChronoUnit.SECONDS),
                Instant.now());
        runs.put(run.id, run);
        return run;
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        if (path.startsWith("/logs/")) {
            if (exchange.getRequestHeaders().containsKey("Authorization")) {
                faults.add("the token was sent to where a log is");
            }
            int status = logTrouble == LogTrouble.LOST ? 403 : 200;
            answer(exchange, status, logOf(Long.parseLong(path.substring(6))).getBytes(StandardCharsets.UTF_8));
            return;
        }
        String own = path.substring(prefix.length());
        Asked request;
        synchronized (asked) {
            request = new Asked(asked.size() + 1, exchange.getRequestMethod(), own);
            asked.add(request);
        }
        try {
            Trouble fate = trouble.apply(request);
            if (fate == Trouble.REFUSED_BEFORE) {
                answer(exchange, 502, "<html>Bad gateway</html>".getBytes(StandardCharsets.UTF_8));
                return;
            }
            if (fate == Trouble.FORBIDDEN) {
                answer(
                        exchange,
                        403,
                        json.writeValueAsBytes(message("Resource not accessible by personal access token")));
                return;
            }
            Answer answer = judged(request, query, bytes, exchange);
            switch (fate) {
                case LOST_AFTER -> answer(exchange, 502, "<html>Bad gateway</html>".getBytes(StandardCharsets.UTF_8));
                case SILENT_AFTER -> exchange.close();
                default -> {
                    answer.headers().forEach(exchange.getResponseHeaders()::set);
                    answer(
                            exchange,
                            answer.status(),
                            answer.body() == null ? new byte[0] : json.writeValueAsBytes(answer.body()));
                }
            }
        } catch (RuntimeException e) {
            faults.add(request + ": " + e);
            answer(exchange, 500, new byte[0]);
        }
    }

    private record Answer(int status, JsonNode body, Map<String, String> headers) {

        static Answer of(int status, JsonNode body) {
            return new Answer(status, body, Map.of());
        }
    }

    private Answer judged(Asked request, Map<String, String> query, byte[] bytes, HttpExchange exchange)
            throws IOException {
        JsonNode body = bytes.length == 0 ? null : json.readTree(bytes);
        description
                .faultsOfRequest(request.method(), request.path(), query, body)
                .forEach(fault -> faults.add("request " + request + ": " + fault));
        String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        Optional<Answer> refusal = refusal(request, authorization);
        Answer answer = refusal.isPresent() ? refusal.get() : answered(request, query, body);
        description
                .faultsOfAnswer(request.method(), request.path(), answer.status(), beginning(answer.body()))
                .forEach(fault -> faults.add("answer to " + request + ": " + fault));
        if (answer.status() == 200 && request.method().equals("GET")) {
            String etag = "\"" + sha1(answer.body().toString()) + "\"";
            Map<String, String> headers = Map.of(
                    "ETag",
                    etag,
                    "github-authentication-token-expiration",
                    "2027-01-01 00:00:00 UTC",
                    "x-oauth-scopes",
                    scopes);
            return etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))
                    ? new Answer(304, null, headers)
                    : new Answer(200, answer.body(), headers);
        }
        return answer;
    }

    /** Of a page the first runs, which are made like all others: to look at a hundred of them takes its time. */
    private static JsonNode beginning(JsonNode body) {
        if (body == null || body.path("workflow_runs").size() <= LOOKED_AT) {
            return body;
        }
        ObjectNode beginning = body.deepCopy();
        ArrayNode runs = (ArrayNode) beginning.get("workflow_runs");
        while (runs.size() > LOOKED_AT) {
            runs.remove(runs.size() - 1);
        }
        return beginning;
    }

    /** What is said to whoever asks too often, or with the wrong credentials. */
    private Optional<Answer> refusal(Asked request, String authorization) throws IOException {
        if (secondaryLimit != null) {
            String seconds = secondaryLimit;
            secondaryLimit = null;
            return Optional.of(new Answer(
                    403, message("You have exceeded a secondary rate limit."), Map.of("retry-after", seconds)));
        }
        if (limitedUntil != null && clock.instant().isBefore(limitedUntil)) {
            return Optional.of(new Answer(
                    403,
                    message("API rate limit exceeded for user ID 1."),
                    Map.of(
                            "x-ratelimit-remaining",
                            "0",
                            "x-ratelimit-reset",
                            Long.toString(limitedUntil.getEpochSecond()),
                            "date",
                            DateTimeFormatter.RFC_1123_DATE_TIME.format(
                                    clock.instant().atZone(ZoneOffset.UTC)))));
        }
        boolean asApp =
                request.path().endsWith("/installation") || request.path().startsWith("/app/");
        boolean good = asApp ? isSignedByApp(authorization) : authorization.equals("Bearer " + token);
        return good ? Optional.empty() : Optional.of(Answer.of(401, message("Bad credentials")));
    }

    /** Whether it is a JWT as an App makes it: signed with its key, and good for ten minutes at most. */
    private boolean isSignedByApp(String authorization) throws IOException {
        String[] parts = authorization.replace("Bearer ", "").split("\\.");
        if (appKey == null || parts.length != 3) {
            return false;
        }
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initVerify(appKey);
            signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
            JsonNode claims = json.readTree(Base64.getUrlDecoder().decode(parts[1]));
            long now = clock.instant().getEpochSecond();
            return signature.verify(Base64.getUrlDecoder().decode(parts[2]))
                    && claims.path("iat").asLong() <= now
                    && claims.path("exp").asLong() > now
                    && claims.path("exp").asLong() <= now + 600;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private Answer answered(Asked request, Map<String, String> query, JsonNode body) {
        String base = "/repos/" + REPOSITORY;
        String path = request.path();
        if (path.equals("/repos/reliablyhq/actions")) {
            return Answer.of(200, repository());
        }
        if (path.equals("/repos/reliablyhq/actions/commits/main")) {
            ObjectNode commit = description.example("get", "/repos/{owner}/{repo}/commits/{ref}", 200);
            // The example's files lack what the schema demands.
            commit.remove("files");
            return Answer.of(200, commit.put("sha", actionCommit));
        }
        if (path.equals("/app/installations/77/access_tokens")) {
            token = "ghs_" + ids.incrementAndGet();
            ObjectNode made = description.example("post", "/app/installations/{installation_id}/access_tokens", 201);
            made.remove("repositories");
            made.set("permissions", json.valueToTree(appPermissions));
            return Answer.of(
                    201,
                    made.put("token", token)
                            .put(
                                    "expires_at",
                                    clock.instant().plus(Duration.ofHours(1)).toString()));
        }
        if (hidden || !path.equals(base) && !path.startsWith(base + "/")) {
            return unknown();
        }
        String rest = path.substring(base.length());
        String key = request.method() + " " + rest;
        if (rest.isEmpty()) {
            return Answer.of(200, repository());
        }
        if (rest.equals("/installation")) {
            return Answer.of(
                    200,
                    description
                            .example("get", "/repos/{owner}/{repo}/installation", 200)
                            .put("id", 77));
        }
        if (rest.startsWith("/contents/")) {
            return contents(request.method(), rest.substring(10), query, body);
        }
        if (rest.startsWith("/actions/workflows/")) {
            return workflow(request.method(), rest.substring(19), query, body);
        }
        if (key.equals("GET /actions/runs")) {
            return Answer.of(200, page(null, query));
        }
        if (rest.startsWith("/actions/runs/")) {
            return run(request.method(), rest.substring(14));
        }
        if (rest.matches("/actions/jobs/[0-9]+/logs")) {
            if (logTrouble == LogTrouble.FORBIDDEN) {
                return Answer.of(403, message("Must have admin rights to Repository."));
            }
            String place = logTrouble == LogTrouble.ELSEWHERE
                    ? "https://storage.example.com"
                    : "http://127.0.0.1:" + server.getAddress().getPort();
            return new Answer(302, null, Map.of("Location", place + "/logs/" + rest.split("/")[3]));
        }
        if (key.equals("GET /actions/permissions")) {
            return Answer.of(
                    200,
                    json.createObjectNode()
                            .put("enabled", actionsEnabled)
                            .put("allowed_actions", "all")
                            .put("selected_actions_url", "https://api.github.com/x"));
        }
        if (rest.startsWith("/environments/" + environment + "/secrets/")) {
            return secret(request.method(), rest.substring(rest.lastIndexOf('/') + 1), body);
        }
        if (rest.startsWith("/environments/")) {
            return rest.substring(14).equals(environment)
                    ? Answer.of(
                            200,
                            description
                                    .example("get", "/repos/{owner}/{repo}/environments/{environment_name}", 200)
                                    .put("name", environment))
                    : unknown();
        }
        return git(key, query, body);
    }

    private Answer secret(String method, String name, JsonNode body) {
        if (name.equals("public-key")) {
            return Answer.of(200, json.createObjectNode().put("key_id", "key-1").put("key", secretsKey));
        }
        if (!name.matches("[A-Z_][A-Z0-9_]*") || name.startsWith("GITHUB_")) {
            return unknown();
        }
        switch (method) {
            case "PUT" -> {
                if (!body.path("key_id").asText().equals("key-1")) {
                    faults.add("a secret that nobody can open");
                }
                boolean isNew = secrets.put(name, body.get("encrypted_value").asText()) == null;
                return isNew ? Answer.of(201, json.createObjectNode()) : Answer.of(204, null);
            }
            case "DELETE" -> {
                return secrets.remove(name) == null ? unknown() : Answer.of(204, null);
            }
            default -> {
                return secrets.containsKey(name)
                        ? Answer.of(
                                200,
                                description
                                        .example(
                                                "get",
                                                "/repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}",
                                                200)
                                        .put("name", name))
                        : unknown();
            }
        }
    }

    private Answer git(String key, Map<String, String> query, JsonNode body) {
        if (key.equals("GET /pulls")) {
            ArrayNode listed = json.createArrayNode();
            String branch = query.get("head").replace("acme:", "");
            for (int i = pulls.size() - 1; i >= 0 && listed.isEmpty(); i--) {
                if (pulls.get(i).branch.equals(branch)) {
                    listed.add(pull(
                            (ObjectNode) description
                                    .examples("get", "/repos/{owner}/{repo}/pulls", 200)
                                    .get(0),
                            pulls.get(i)));
                }
            }
            return Answer.of(200, listed);
        }
        if (key.equals("POST /pulls")) {
            String branch = body.path("head").asText();
            if (pulls.stream().anyMatch(pull -> pull.branch.equals(branch) && pull.state.equals("open"))) {
                return Answer.of(422, message("A pull request already exists for acme:" + branch + "."));
            }
            StandInPull made = new StandInPull(body.path("title").asText(), branch);
            pulls.add(made);
            return Answer.of(201, pull(description.example("post", "/repos/{owner}/{repo}/pulls", 201), made));
        }
        if (key.equals("POST /git/refs")) {
            String branch = body.path("ref").asText().replace("refs/heads/", "");
            if (branches.putIfAbsent(branch, new ConcurrentHashMap<>(branches.get("main"))) != null) {
                return Answer.of(422, message("Reference already exists"));
            }
            return Answer.of(201, description.example("post", "/repos/{owner}/{repo}/git/refs", 201));
        }
        if (key.startsWith("GET /git/ref/heads/")) {
            return branches.containsKey(key.substring(19))
                    ? Answer.of(200, description.example("get", "/repos/{owner}/{repo}/git/ref/{ref}", 200))
                    : unknown();
        }
        if (key.startsWith("DELETE /git/refs/heads/")) {
            String branch = key.substring(23);
            if (branches.remove(branch) == null) {
                return Answer.of(422, message("Reference does not exist"));
            }
            closePull(branch);
            return Answer.of(204, null);
        }
        if (key.startsWith("PATCH /git/refs/heads/")) {
            branches.put(key.substring(22), new ConcurrentHashMap<>(branches.get("main")));
            return Answer.of(200, description.example("patch", "/repos/{owner}/{repo}/git/refs/{ref}", 200));
        }
        return unknown();
    }

    private Answer unknown() {
        return Answer.of(404, message("Not Found"));
    }

    private ObjectNode message(String text) {
        return json.createObjectNode().put("message", text).put("documentation_url", "https://docs.github.com/rest");
    }

    private ObjectNode repository() {
        ObjectNode repository = description.example("get", "/repos/{owner}/{repo}", 200);
        // What the example lacks, although the schema demands it.
        repository.remove(List.of("source", "parent", "template_repository"));
        repository.putNull("language");
        repository.put("name", "chaos").put("full_name", REPOSITORY).put("default_branch", "main");
        ((ObjectNode) repository.get("owner")).put("login", "acme");
        repository.put("url", apiUrl() + "/repos/" + REPOSITORY);
        ((ObjectNode) repository.get("permissions"))
                .put("push", true)
                .put("pull", true)
                .put("admin", false);
        return repository;
    }

    private synchronized Answer contents(String method, String path, Map<String, String> query, JsonNode body) {
        String branch = body != null && body.has("branch")
                ? body.get("branch").asText()
                : query.getOrDefault("ref", query.getOrDefault("branch", "main"));
        Map<String, String> files = branches.get(branch);
        if (files == null) {
            return Answer.of(404, message("Branch " + branch + " not found"));
        }
        String present = files.get(path);
        if (method.equals("GET")) {
            return present == null ? unknown() : Answer.of(200, file(path, present));
        }
        String given = body != null && body.has("sha") ? body.get("sha").asText() : query.get("sha");
        if (conflicts > 0 && method.equals("PUT")) {
            conflicts--;
            return Answer.of(409, message("is at 0123456 but expected 89abcde"));
        }
        if (protectedBranch && branch.equals("main")) {
            return Answer.of(
                    409, message("Repository rule violations found: Changes must be made through a pull request."));
        }
        if (present != null && given == null) {
            return Answer.of(422, message("Invalid request.\n\n\"sha\" wasn't supplied."));
        }
        if (present == null ? given != null : !blobSha(present).equals(given)) {
            return Answer.of(409, message(path + " does not match " + given));
        }
        commits.add(method + " " + path + "\n" + (body == null ? query : body));
        if (method.equals("DELETE")) {
            files.remove(path);
            workflows.remove(path.substring(path.lastIndexOf('/') + 1));
            ObjectNode deleted = description.example("put", "/repos/{owner}/{repo}/contents/{path}", 201);
            deleted.putNull("content");
            return Answer.of(200, deleted);
        }
        String text =
                new String(Base64.getMimeDecoder().decode(body.get("content").asText()), StandardCharsets.UTF_8);
        files.put(path, text);
        if (branch.equals("main")) {
            workflowWritten(path);
        }
        ObjectNode written = description.example("put", "/repos/{owner}/{repo}/contents/{path}", 201);
        ((ObjectNode) written.get("content")).put("path", path).put("sha", blobSha(text));
        return Answer.of(present == null ? 201 : 200, written);
    }

    private void workflowWritten(String path) {
        if (path.startsWith(".github/workflows/")) {
            workflows.computeIfAbsent(
                    path.substring(18),
                    file -> new Workflow(ids.incrementAndGet(), Instant.now().plus(workflowsKnownAfter)));
        }
    }

    private ObjectNode file(String path, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ObjectNode file = json.createObjectNode();
        String url = apiUrl() + "/repos/" + REPOSITORY + "/contents/" + path;
        file.put("type", "file").put("encoding", "base64").put("size", bytes.length);
        file.put("name", path.substring(path.lastIndexOf('/') + 1)).put("path", path);
        file.put("content", Base64.getMimeEncoder(60, new byte[] {'\n'}).encodeToString(bytes) + "\n");
        file.put("sha", blobSha(text))
                .put("url", url)
                .put("git_url", url)
                .put("html_url", url)
                .put("download_url", url);
        file.putObject("_links").put("git", url).put("self", url).put("html", url);
        return file;
    }

    private Answer workflow(String method, String rest, Map<String, String> query, JsonNode body) {
        String[] parts = rest.split("/");
        // By the name of its file, or by its number.
        parts[0] = workflows.entrySet().stream()
                .filter(one -> Long.toString(one.getValue().id).equals(parts[0]))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(parts[0]);
        Workflow workflow = workflows.get(parts[0]);
        if (workflow == null || workflow.knownAt.isAfter(Instant.now())) {
            return unknown();
        }
        String what = parts.length > 1 ? parts[1] : "";
        switch (method + " " + what) {
            case "GET " -> {
                return Answer.of(
                        200,
                        description
                                .example("get", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}", 200)
                                .put("id", workflow.id)
                                .put("url", apiUrl() + "/repos/" + REPOSITORY + "/actions/workflows/" + workflow.id)
                                .put("path", ".github/workflows/" + parts[0])
                                .put("state", workflow.state));
            }
            case "PUT enable" -> {
                workflow.state = "active";
                return Answer.of(204, null);
            }
            case "PUT disable" -> {
                workflow.state = "disabled_manually";
                return Answer.of(204, null);
            }
            case "GET runs" -> {
                return Answer.of(200, page(parts[0], query));
            }
            case "POST dispatches" -> {
                return dispatch(parts[0], workflow, body);
            }
            default -> {
                return unknown();
            }
        }
    }

    private Answer dispatch(String file, Workflow workflow, JsonNode body) {
        if (!workflow.state.equals("active")) {
            return Answer.of(422, message("Cannot trigger a 'workflow_dispatch' on a disabled workflow"));
        }
        Map<String, Object> parsed = parsed(file);
        if (!(parsed.get("on") instanceof Map<?, ?> on) || !on.containsKey("workflow_dispatch")) {
            return Answer.of(422, message("Workflow does not have 'workflow_dispatch' trigger"));
        }
        Map<String, String> inputs = new LinkedHashMap<>();
        body.path("inputs")
                .fields()
                .forEachRemaining(
                        input -> inputs.put(input.getKey(), input.getValue().asText()));
        StandInRun run = start(file, "workflow_dispatch", inputs);
        if (cloud && body.path("return_run_details").asBoolean()) {
            return Answer.of(
                    200,
                    json.createObjectNode()
                            .put("workflow_run_id", run.id)
                            .put("run_url", apiUrl() + "/repos/" + REPOSITORY + "/actions/runs/" + run.id)
                            .put("html_url", htmlUrl(run)));
        }
        return Answer.of(204, null);
    }

    private synchronized StandInRun start(String file, String event, Map<String, String> inputs) {
        Map<String, Object> workflow = parsed(file);
        String title = String.valueOf(workflow.get("run-name"));
        for (Map.Entry<String, String> input : inputs.entrySet()) {
            title = title.replace("${{ inputs." + input.getKey() + " }}", input.getValue());
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        long id = ids.incrementAndGet();
        StandInRun run = new StandInRun(
                id,
                title,
                file,
                event,
                inputs,
                groupOf(workflow, id),
                now,
                Instant.now().plus(runsListedAfter));
        runs.put(run.id, run);
        deliver("requested", run);
        if (queued(run, workflow)) {
            run.status = "pending";
        } else {
            threads.execute(() -> runner.run(run, workflow));
        }
        return run;
    }

    private static String groupOf(Map<String, Object> workflow, long id) {
        String group = workflow.get("concurrency") instanceof Map<?, ?> concurrency
                ? String.valueOf(concurrency.get("group"))
                : "run " + id;
        return group.replace("${{ github.run_id }}", Long.toString(id));
    }

    /**
     * Whether another run of its concurrency group goes on, behind which it waits. GitHub lets one wait, the latest; the one
     * that waited before is cancelled.
     */
    private boolean queued(StandInRun run, Map<String, Object> workflow) {
        List<StandInRun> others = runs().stream()
                .filter(other -> other != run && other.group.equals(run.group) && !other.status.equals("completed"))
                .toList();
        if (workflow.get("concurrency") instanceof Map<?, ?> concurrency
                && Boolean.TRUE.equals(concurrency.get("cancel-in-progress"))) {
            others.forEach(other -> end(other, "cancelled"));
            return false;
        }
        others.stream().filter(other -> other.status.equals("pending")).forEach(other -> end(other, "cancelled"));
        return !others.isEmpty();
    }

    private void startNext(StandInRun ended) {
        List<StandInRun> others = runs().stream()
                .filter(other -> other.group.equals(ended.group) && !other.status.equals("completed"))
                .toList();
        boolean free = others.stream().allMatch(other -> other.status.equals("pending"));
        others.stream().filter(other -> free).findFirst().ifPresent(next -> {
            next.status = "queued";
            threads.execute(() -> runner.run(next, parsed(next.file)));
        });
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> parsed(String file) {
        Map<Object, Object> workflow = new Yaml().load(branches.get("main").get(".github/workflows/" + file));
        Map<String, Object> byName = new TreeMap<>();
        // YAML 1.1 reads the key 'on' as true.
        workflow.forEach((name, value) -> byName.put(Boolean.TRUE.equals(name) ? "on" : String.valueOf(name), value));
        return byName;
    }

    /** Latest first; of what is filtered by what started it, a thousand can be seen, as GitHub says. */
    private ObjectNode page(String file, Map<String, String> query) {
        String event = query.get("event");
        int size = Math.min(100, Integer.parseInt(query.getOrDefault("per_page", "30")));
        int number = Integer.parseInt(query.getOrDefault("page", "1"));
        List<StandInRun> listed = new ArrayList<>(runs().stream()
                .filter(run -> run.listedAt.isBefore(Instant.now())
                        && (file == null || run.file.equals(file))
                        && (event == null || run.event.equals(event)))
                .toList());
        Collections.reverse(listed);
        ObjectNode page = json.createObjectNode();
        page.put("total_count", listed.size());
        ArrayNode items = page.putArray("workflow_runs");
        listed.stream()
                .limit(event == null ? Long.MAX_VALUE : 1000)
                .skip((number - 1L) * size)
                .limit(size)
                .forEach(run -> items.add(asJson(run)));
        return page;
    }

    private static String htmlUrl(StandInRun run) {
        return "https://github.com/" + REPOSITORY + "/actions/runs/" + run.id;
    }

    private ObjectNode asJson(StandInRun run) {
        ObjectNode one = description.example("get", "/repos/{owner}/{repo}/actions/runs/{run_id}", 200);
        one.put("id", run.id)
                .put("display_title", run.title)
                .put("event", run.event)
                .put("status", run.status);
        one.put("conclusion", run.conclusion).put("path", ".github/workflows/" + run.file);
        one.put("html_url", htmlUrl(run)).put("created_at", run.createdAt.toString());
        one.put("run_started_at", run.createdAt.toString()).put("updated_at", run.updatedAt.toString());
        return one;
    }

    private Answer run(String method, String rest) {
        String[] parts = rest.split("/");
        StandInRun run = runs.get(Long.parseLong(parts[0]));
        if (run == null) {
            return unknown();
        }
        String what = parts.length > 1 ? parts[1] : "";
        if (method.equals("POST")) {
            if (run.status.equals("completed")) {
                return Answer.of(409, message("Cannot cancel a workflow run that is completed."));
            }
            if (cancelsRefused.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
                return Answer.of(409, message("Cannot cancel a workflow run that has not been queued yet."));
            }
            run.cancelled = true;
            if (what.equals("force-cancel") || !ignoresCancel) {
                end(run, "cancelled");
            }
            return Answer.of(202, json.createObjectNode());
        }
        return Answer.of(200, what.equals("jobs") ? jobs(run) : asJson(run));
    }

    private ObjectNode jobs(StandInRun run) {
        ObjectNode page = description.example("get", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", 200);
        ArrayNode all = json.createArrayNode();
        for (int number = 0; number <= run.moreJobs.size(); number++) {
            all.add(job(run, number, (ObjectNode) page.get("jobs").get(0).deepCopy()));
        }
        page.set("jobs", all);
        page.put("total_count", all.size());
        return page;
    }

    private String logOf(long jobId) {
        StandInRun run = runs.get(jobId / JOBS_OF_A_RUN);
        int number = (int) (jobId % JOBS_OF_A_RUN);
        return number == 0 ? run.log.toString() : run.moreJobs.get(number - 1);
    }

    private static ObjectNode job(StandInRun run, int number, ObjectNode job) {
        job.put("created_at", run.createdAt.toString());
        // Of a job that waits it is when it was made, and it has no steps.
        job.put("started_at", (run.startedAt == null ? run.createdAt : run.startedAt).toString());
        job.put("id", run.id * JOBS_OF_A_RUN + number)
                .put("run_id", run.id)
                .put("name", number == 0 ? "chaos" : "chaos " + number);
        job.put("status", run.status.equals("completed") ? "completed" : "in_progress")
                .put("conclusion", run.conclusion);
        if (!run.status.equals("completed")) {
            job.putNull("completed_at");
        }
        ArrayNode steps = job.putArray("steps");
        for (int i = 0; number == 0 && i < run.steps.size(); i++) {
            Map<String, String> step = run.steps.get(i);
            steps.addObject()
                    .put("name", step.get("name"))
                    .put("status", "completed")
                    .put("conclusion", step.get("conclusion"))
                    .put("number", i + 1);
        }
        return job;
    }

    /** A run has a runner, unless it had one. */
    public synchronized void begin(StandInRun run) {
        if (run.status.equals("queued")) {
            run.status = "in_progress";
            run.startedAt = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            run.updatedAt = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            deliver("in_progress", run);
        }
    }

    /** Tells the webhook, by and by, as GitHub does. */
    private void deliver(String action, StandInRun run) {
        GitHubWebhooks receiver = webhook;
        if (receiver != null) {
            ObjectNode delivery = delivery(action, run);
            threads.execute(() -> receiver.send(delivery));
        }
    }

    /** What a webhook is told of a run as it is now. */
    public ObjectNode delivery(String action, StandInRun run) {
        ObjectNode delivery = json.createObjectNode().put("action", action);
        ObjectNode told = asJson(run);
        told.putArray("pull_requests");
        told.put("status", run.status.equals("queued") ? "requested" : run.status);
        delivery.set("workflow_run", told);
        delivery.set("repository", repository());
        delivery.set("sender", repository().get("owner"));
        delivery.set(
                "workflow",
                description
                        .example("get", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}", 200)
                        .put("path", ".github/workflows/" + run.file));
        description
                .faultsOfDelivery("workflow-run-" + action.replace('_', '-'), delivery)
                .forEach(fault -> faults.add("delivery of " + action + ": " + fault));
        return delivery;
    }

    /** A step of a run has ended. */
    public void step(StandInRun run, String name, boolean good) {
        begin(run);
        run.steps.add(Map.of("name", name, "conclusion", good ? "success" : "failure"));
    }

    /** A run ends, unless it has. */
    public synchronized void end(StandInRun run, String conclusion) {
        if (!run.status.equals("completed")) {
            run.status = "completed";
            run.conclusion = conclusion;
            run.updatedAt = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            deliver("completed", run);
            startNext(run);
        }
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().putIfAbsent("Content-Type", List.of("application/json; charset=utf-8"));
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new LinkedHashMap<>();
        if (raw != null) {
            for (String pair : raw.split("&")) {
                String[] parts = pair.split("=", 2);
                query.put(parts[0], URLDecoder.decode(parts.length > 1 ? parts[1] : "", StandardCharsets.UTF_8));
            }
        }
        return query;
    }

    /** As git names a blob. */
    private static String blobSha(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return sha1("blob " + bytes.length + "\0" + text);
    }

    private static String sha1(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
