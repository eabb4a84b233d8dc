package com.reliably.runner.github.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.kohsuke.github.GHRepository;
import org.kohsuke.github.GitHubBuilder;

/**
 * One repository, with one set of credentials. What the github-api library has is done with it; it has no answer to a
 * dispatch, no conditional requests, and not every status, so that these are requests of our own. Every method is done by a
 * worker, and fails with a {@link GitHubFault}.
 */
public final class GitHubApi {

    private static final int LARGEST_FILE = 262_144;
    /** The most runs that GitHub has on a page. */
    public static final int RUNS_OF_A_PAGE = 100;
    /** The same of jobs. */
    public static final int JOBS_OF_A_PAGE = 100;

    private final GitHubHttp http;
    private final RepositoryAddress address;
    private final String caller;
    private final Callable<String> authorization;
    private final Callable<Optional<Map<String, String>>> permissions;
    private final BooleanSupplier renewal;

    /**
     * @param caller        by which limits and what is shared are kept apart; no secret
     * @param authorization the header's value; may ask GitHub for it
     * @param permissions   of a GitHub App; empty for tokens, which do not say
     * @param renewal       has the next authorization be a new one, where that may be another; says whether it may
     */
    GitHubApi(
            GitHubHttp http,
            RepositoryAddress address,
            String caller,
            Callable<String> authorization,
            Callable<Optional<Map<String, String>>> permissions,
            BooleanSupplier renewal) {
        this.http = http;
        this.address = address;
        this.caller = caller;
        this.authorization = authorization;
        this.permissions = permissions;
        this.renewal = renewal;
    }

    /** Of the repository. */
    public RepositoryAddress address() {
        return address;
    }

    /** Tells who asks, without saying it. */
    public String caller() {
        return caller;
    }

    /** What a GitHub App may do here, as in {@code contents: write}; empty for tokens, which do not say. */
    public Uni<Optional<Map<String, String>>> permissions() {
        return work(permissions);
    }

    /**
     * What is known of the repository.
     *
     * @param archived whether it takes no changes any more
     * @param mayWrite whether these credentials may push to it
     */
    public record Facts(String defaultBranch, boolean archived, boolean mayWrite) {}

    /** What GitHub says of the repository now. */
    public Uni<Facts> facts() {
        return work(() -> {
            GHRepository repository = repository();
            return new Facts(repository.getDefaultBranch(), repository.isArchived(), repository.hasPushAccess());
        });
    }

    /**
     * A file as it is on a branch.
     *
     * @param sha  by which git knows what is in it
     * @param text read as UTF-8
     */
    public record RepositoryFile(String sha, String text) {}

    @RegisterForReflection
    private record Content(String type, long size, String sha, String encoding, String content) {}

    /**
     * The file, or empty where the branch has none of this path. A repository that these credentials do not see has not no
     * file: that is refused.
     */
    public Uni<Optional<RepositoryFile>> file(String path, String branch) {
        return work(() -> {
            GitHubAnswer answer;
            try {
                answer = http.sendHere(get("/contents/" + path + "?ref=" + encoded(branch)));
            } catch (GitHubFault.Refused refusal) {
                if (!refusal.isUnknown()) {
                    throw refusal;
                }
                http.sendHere(get(""));
                return Optional.empty();
            }
            Content content = answer.text().startsWith("[") ? null : http.read(answer, Content.class);
            if (content == null
                    || !"file".equals(content.type())
                    || !"base64".equals(content.encoding())
                    || content.size() > LARGEST_FILE) {
                throw new GitHubFault.Refused(
                        413, path + " in the repository is no file, or larger than " + LARGEST_FILE + " bytes.");
            }
            return Optional.of(new RepositoryFile(
                    content.sha(),
                    new String(Base64.getMimeDecoder().decode(content.content()), StandardCharsets.UTF_8)));
        });
    }

    /** Writes a file by a commit; refused where it is not (any more) the one with this sha, null for none. */
    public Uni<Void> write(String path, String branch, String text, String sha, String message) {
        return work(() -> {
            var content = repository()
                    .createContent()
                    .path(path)
                    .branch(branch)
                    .message(message)
                    .content(text);
            if (sha != null) {
                content.sha(sha);
            }
            content.commit();
            return null;
        });
    }

    /**
     * Deletes a file by a commit, where it is there. The library would say which in the query, where GitHub's description has
     * a body.
     */
    public Uni<Void> delete(String path, String branch, String message) {
        return file(path, branch)
                .chain(found -> found.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : change(
                                        "DELETE",
                                        "/contents/" + path,
                                        Map.of(
                                                "message",
                                                message,
                                                "sha",
                                                found.get().sha(),
                                                "branch",
                                                branch))
                                .replaceWithVoid());
    }

    /** Whether a workflow can be started; as GitHub says it: {@code active, disabled_manually…}. */
    public Uni<String> workflowState(String fileName) {
        return work(() -> repository().getWorkflow(fileName).getState());
    }

    /** Lets a workflow be started, by its file's name. */
    public Uni<Void> enable(String fileName) {
        return work(() -> {
            repository().getWorkflow(fileName).enable();
            return null;
        });
    }

    /** Keeps a workflow from being started, by its file's name. */
    public Uni<Void> disable(String fileName) {
        return work(() -> {
            repository().getWorkflow(fileName).disable();
            return null;
        });
    }

    /**
     * What a dispatch told of the run that it made.
     *
     * @param runId   GitHub's number of the run
     * @param htmlUrl of the run for people
     */
    @RegisterForReflection
    public record Dispatched(
            @JsonProperty("workflow_run_id") Long runId,
            @JsonProperty("html_url") String htmlUrl) {}

    /**
     * Starts a workflow. Empty where this GitHub does not say which run it made of that.
     *
     * @param window within which the request may be sent; it fails with {@link GitHubFault.Unsent} where that is over
     */
    public Uni<Optional<Dispatched>> dispatch(
            String fileName, String ref, Map<String, String> inputs, SendingWindow window) {
        return work(() -> {
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("ref", ref);
            body.put("inputs", inputs);
            if (address.isCloud()) {
                body.put("return_run_details", true);
            }
            // May ask for a token, and comes to be done when a worker is free: only then is it known how late it is.
            GitHubHttp.Request request =
                    request("POST", "/actions/workflows/" + fileName + "/dispatches", body, Map.of());
            if (window.isOver()) {
                throw new GitHubFault.Unsent("It took too long until GitHub could be asked.");
            }
            GitHubAnswer answer = http.sendHere(request);
            return answer.status() == 200
                    ? Optional.of(http.read(answer, Dispatched.class)).filter(made -> made.runId() != null)
                    : Optional.empty();
        });
    }

    /** The latest runs of a workflow. */
    public Uni<GitHubRun.Page> runsOf(String fileName) {
        return work(() -> http.read(
                http.sendHere(get("/actions/workflows/" + fileName + "/runs?per_page=" + RUNS_OF_A_PAGE)),
                GitHubRun.Page.class));
    }

    /** Runs of a workflow that its schedule started, latest first; pages are counted from 1. */
    public Uni<GitHubRun.Page> scheduledRunsOf(String fileName, int page) {
        return work(() -> http.read(
                http.sendHere(get("/actions/workflows/" + fileName + "/runs?event=schedule&per_page=" + RUNS_OF_A_PAGE
                        + "&page=" + page)),
                GitHubRun.Page.class));
    }

    /** The latest runs of the repository; the same as before where nothing is new. */
    public Uni<Seen<GitHubRun.Page>> runs(Seen<GitHubRun.Page> before) {
        return conditional("/actions/runs?per_page=" + RUNS_OF_A_PAGE, GitHubRun.Page.class, before);
    }

    /** One run, by GitHub's number; the same as before where nothing is new. */
    public Uni<Seen<GitHubRun>> run(long id, Seen<GitHubRun> before) {
        return conditional("/actions/runs/" + id, GitHubRun.class, before);
    }

    /** One of the attempts to run it, as that was or is, whatever came after it. */
    public Uni<GitHubRun> attempt(long id, int attempt) {
        return work(
                () -> http.read(http.sendHere(get("/actions/runs/" + id + "/attempts/" + attempt)), GitHubRun.class));
    }

    /** The jobs of an attempt to run it, the same as before where nothing is new; pages are counted from 1. */
    public Uni<Seen<GitHubJob.Page>> jobs(long runId, int attempt, int page, Seen<GitHubJob.Page> before) {
        return conditional(
                "/actions/runs/" + runId + "/attempts/" + attempt + "/jobs?per_page=" + JOBS_OF_A_PAGE + "&page="
                        + page,
                GitHubJob.Page.class,
                before);
    }

    /**
     * What was seen of something.
     *
     * @param etag  of the answer; null where it had none
     * @param value null before it was ever seen
     */
    public record Seen<T>(String etag, T value) {

        /** Of what was never looked at. */
        public static <T> Seen<T> nothing() {
            return new Seen<>(null, null);
        }
    }

    private <T> Uni<Seen<T>> conditional(String path, Class<T> type, Seen<T> before) {
        return work(() -> {
            Map<String, String> condition = before.etag() == null ? Map.of() : Map.of("If-None-Match", before.etag());
            GitHubAnswer answer = http.sendHere(request("GET", path, null, condition));
            return answer.status() == 304
                    ? before
                    : new Seen<>(answer.header("etag").orElse(null), http.read(answer, type));
        });
    }

    /** Asks for the end of a run. Nothing comes of it where it has ended. */
    public Uni<Void> cancel(long runId) {
        return work(() -> {
            try {
                http.sendHere(request("POST", "/actions/runs/" + runId + "/cancel", null, Map.of()));
            } catch (GitHubFault.Refused e) {
                if (e.status() != 409 && !e.isUnknown()) {
                    throw e;
                }
            }
            return null;
        });
    }

    /**
     * The beginning of a job's log; empty where GitHub has none (any more).
     *
     * @param most bytes that are wanted
     */
    public Uni<byte[]> log(long jobId, int most) {
        return work(() -> {
            try {
                return http.fetchRedirected(get("/actions/jobs/" + jobId + "/logs"), most);
            } catch (GitHubFault.Refused e) {
                if (e.isUnknown() || e.status() == 410) {
                    return new byte[0];
                }
                throw e;
            }
        });
    }

    /** Any other resource of the repository's. */
    public Uni<GitHubAnswer> resource(String path) {
        return work(() -> http.sendHere(get(path)));
    }

    /** Any other resource of the host's API. */
    public Uni<GitHubAnswer> resourceOfHost(String path) {
        return work(() -> http.sendHere(new GitHubHttp.Request(
                caller, "GET", URI.create(address.api() + path), headers(false, Map.of()), null)));
    }

    /**
     * Any other change of the repository.
     *
     * @param body what is written as JSON; null where there is none
     */
    public Uni<GitHubAnswer> change(String method, String path, Object body) {
        return work(() -> http.sendHere(request(method, path, body, Map.of())));
    }

    /** What JSON an answer has; throws a {@link GitHubFault}, wrapped, where it is not as promised. */
    public <T> T read(GitHubAnswer answer, Class<T> type) {
        try {
            return http.read(answer, type);
        } catch (GitHubFault e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A name as a part of a path. */
    public static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private GitHubHttp.Request get(String path) throws Exception {
        return request("GET", path, null, Map.of());
    }

    private GitHubHttp.Request request(String method, String path, Object body, Map<String, String> more)
            throws Exception {
        return new GitHubHttp.Request(
                caller, method, address.at(path), headers(body != null, more), body == null ? null : http.jsonOf(body));
    }

    private Map<String, String> headers(boolean hasBody, Map<String, String> more) throws Exception {
        Map<String, String> headers = new HashMap<>(more);
        headers.put("Authorization", authorization.call());
        headers.put("Accept", "application/vnd.github+json");
        if (hasBody) {
            headers.put("Content-Type", "application/json");
        }
        return headers;
    }

    private GHRepository repository() throws IOException {
        return new GitHubBuilder()
                .withEndpoint(address.api().toString())
                .withConnector(new LibraryConnector(http, address, caller))
                .withAuthorizationProvider(this::authorizationNow)
                .build()
                .getRepository(address.fullName());
    }

    private String authorizationNow() throws IOException {
        try {
            return authorization.call();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private <T> Uni<T> work(Callable<T> work) {
        return Uni.createFrom()
                .<T>emitter(emitter -> {
                    try {
                        emitter.complete(done(work));
                    } catch (Exception e) {
                        emitter.fail(GitHubFault.behind(e));
                    }
                })
                .runSubscriptionOn(http.workers());
    }

    /** Does it, and once again where it was refused because the token of an App is not what the App may do now. */
    private <T> T done(Callable<T> work) throws Exception {
        try {
            return work.call();
        } catch (IOException failure) {
            boolean mayBeTheToken = GitHubFault.behind(failure) instanceof GitHubFault.Refused refused
                    && (refused.status() == 401 || refused.status() == 403);
            if (mayBeTheToken && renewal.getAsBoolean()) {
                return work.call();
            }
            throw failure;
        }
    }
}
