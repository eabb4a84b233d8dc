package com.reliably.runner.github.standin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the repository keeps as git does: branches with files that only who knows them may change, and pull requests. */
public final class StandInGit {

    private static final String CONTENTS = "/contents/";

    private final StandInWords words;
    private final Clock clock;
    private final Map<String, Map<String, String>> branches = new ConcurrentHashMap<>();
    private final List<String> commits = new CopyOnWriteArrayList<>();
    private final List<Pull> pulls = new CopyOnWriteArrayList<>();
    private volatile Watcher watcher;

    /** No commit is taken on the branch 'main'. */
    public volatile boolean protectedBranch;
    /** How often others commit something else at the same moment. */
    public volatile int conflicts;

    /** Who is told what becomes of files. */
    interface Watcher {

        /** On the branch 'main', by whomever. */
        void written(String path);

        void deleted(String path);
    }

    private static final class Pull {

        private final String title;
        private final String branch;
        private volatile String state = "open";
        private volatile boolean merged;

        private Pull(String title, String branch) {
            this.title = title;
            this.branch = branch;
        }
    }

    StandInGit(StandInWords words, Clock clock) {
        this.words = words;
        this.clock = clock;
        branches.put("main", new ConcurrentHashMap<>());
    }

    void watchedBy(Watcher one) {
        watcher = one;
    }

    /** Every commit that was taken: what was done to which file, and the request's body. */
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

    /** A branch's files. */
    public Map<String, String> files(String branch) {
        return branches.get(branch);
    }

    /** Writes a file as somebody else would. */
    public void put(String path, String text) {
        branches.get("main").put(path, text);
        watcher.written(path);
    }

    public void deleteBranch(String branch) {
        branches.remove(branch);
    }

    /** As somebody closes what was offered from a branch, without merging it. */
    public void closePull(String branch) {
        pulls.stream().filter(pull -> pull.branch.equals(branch)).forEach(pull -> pull.state = "closed");
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

    StandInAnswer answer(StandInRequest request) {
        if (request.path().startsWith(CONTENTS)) {
            return contents(request.below(CONTENTS));
        }
        return request.path().equals("/pulls") ? pulls(request) : references(request);
    }

    private synchronized StandInAnswer contents(StandInRequest request) {
        String path = request.path();
        String branch = given(request, "branch", request.query().getOrDefault("ref", "main"));
        Map<String, String> files = branches.get(branch);
        if (files == null) {
            return words.refusal(404, "Branch " + branch + " not found");
        }
        String present = files.get(path);
        if (request.method().equals("GET")) {
            return present == null ? words.unknown() : StandInAnswer.of(200, file(path, present));
        }
        String sha = given(request, "sha", null);
        if (conflicts > 0 && request.method().equals("PUT")) {
            conflicts--;
            return words.refusal(409, "is at 0123456 but expected 89abcde");
        }
        if (protectedBranch && branch.equals("main")) {
            return words.refusal(409, "Repository rule violations found: Changes must be made through a pull request.");
        }
        if (present != null && sha == null) {
            return words.refusal(422, "Invalid request.\n\n\"sha\" wasn't supplied.");
        }
        if (present == null ? sha != null : !blobSha(present).equals(sha)) {
            return words.refusal(409, path + " does not match " + sha);
        }
        commits.add(request.method() + " " + path + "\n" + (request.body() == null ? request.query() : request.body()));
        if (request.method().equals("DELETE")) {
            files.remove(path);
            watcher.deleted(path);
            ObjectNode deleted = words.example("put", "/repos/{owner}/{repo}/contents/{path}", 201);
            deleted.putNull("content");
            return StandInAnswer.of(200, deleted);
        }
        String text = new String(Base64.getMimeDecoder().decode(request.text("content")), StandardCharsets.UTF_8);
        files.put(path, text);
        if (branch.equals("main")) {
            watcher.written(path);
        }
        ObjectNode written = words.example("put", "/repos/{owner}/{repo}/contents/{path}", 201);
        ((ObjectNode) written.get("content")).put("path", path).put("sha", blobSha(text));
        return StandInAnswer.of(present == null ? 201 : 200, written);
    }

    /** Of the body, else of the query. */
    private static String given(StandInRequest request, String name, String otherwise) {
        return request.body() != null && request.body().has(name)
                ? request.body().get(name).asText()
                : request.query().getOrDefault(name, otherwise);
    }

    private ObjectNode file(String path, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ObjectNode file = words.object();
        String url = words.urlOf(CONTENTS + path);
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

    private StandInAnswer pulls(StandInRequest request) {
        if (request.method().equals("GET")) {
            ArrayNode listed = words.object().arrayNode();
            String branch = request.query().get("head").replace("acme:", "");
            for (int i = pulls.size() - 1; i >= 0 && listed.isEmpty(); i--) {
                if (pulls.get(i).branch.equals(branch)) {
                    listed.add(pull(words.firstExample("get", "/repos/{owner}/{repo}/pulls", 200), pulls.get(i)));
                }
            }
            return StandInAnswer.of(200, listed);
        }
        String branch = request.text("head");
        if (pulls.stream().anyMatch(pull -> pull.branch.equals(branch) && pull.state.equals("open"))) {
            return words.refusal(422, "A pull request already exists for acme:" + branch + ".");
        }
        Pull made = new Pull(request.text("title"), branch);
        pulls.add(made);
        return StandInAnswer.of(201, pull(words.example("post", "/repos/{owner}/{repo}/pulls", 201), made));
    }

    private ObjectNode pull(ObjectNode example, Pull pull) {
        example.putArray("requested_teams");
        example.put("title", pull.title).put("state", pull.state);
        return pull.merged ? example.put("merged_at", clock.instant().toString()) : example.putNull("merged_at");
    }

    private StandInAnswer references(StandInRequest request) {
        String key = request.key();
        if (key.equals("POST /git/refs")) {
            String branch = request.text("ref").replace("refs/heads/", "");
            if (branches.putIfAbsent(branch, new ConcurrentHashMap<>(branches.get("main"))) != null) {
                return words.refusal(422, "Reference already exists");
            }
            return StandInAnswer.of(201, words.example("post", "/repos/{owner}/{repo}/git/refs", 201));
        }
        String branch = request.path().replaceFirst("/git/refs?/heads/", "");
        if (key.startsWith("GET /git/ref/heads/")) {
            return branches.containsKey(branch)
                    ? StandInAnswer.of(200, words.example("get", "/repos/{owner}/{repo}/git/ref/{ref}", 200))
                    : words.unknown();
        }
        if (key.startsWith("DELETE /git/refs/heads/")) {
            if (branches.remove(branch) == null) {
                return words.refusal(422, "Reference does not exist");
            }
            closePull(branch);
            return StandInAnswer.done();
        }
        if (key.startsWith("PATCH /git/refs/heads/")) {
            branches.put(branch, new ConcurrentHashMap<>(branches.get("main")));
            return StandInAnswer.of(200, words.example("patch", "/repos/{owner}/{repo}/git/refs/{ref}", 200));
        }
        return words.unknown();
    }

    private static String blobSha(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Sha1.of("blob " + bytes.length + "\0" + text);
    }
}
