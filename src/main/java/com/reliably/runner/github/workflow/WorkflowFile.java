package com.reliably.runner.github.workflow;

import com.reliably.runner.LaunchFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file of a plan's workflow. Its first lines say who made it, and have a digest of the rest: a file whose digest is
 * right was changed by nobody else, and may be replaced.
 *
 * @param text the whole file
 */
public record WorkflowFile(String text) {

    /** The repository's own workflow that plans' workflows are made from, where it has one. */
    public static final String TEMPLATE_PATH = ".github/workflows/reliably-plan.yaml";

    private static final String DEFAULT = "default-workflow.yaml";
    private static final Pattern HEADER =
            // Possessive, so that any number of lines is passed over without a frame on the stack for each.
            Pattern.compile(
                    "\\A(?:# (?!reliably-digest: )[^\\r\\n]*+\\r?+\\n)*+# reliably-digest: ([0-9a-f]{64})\\r?\\n");

    /**
     * Makes a plan's workflow from the repository's template.
     *
     * @throws LaunchFailure where the template cannot be used; says what to change
     */
    public static WorkflowFile fromTemplate(String template, WorkflowOrder order) {
        String body = WorkflowEdit.of(template, order, false);
        return withHeader(order.planId(), TEMPLATE_PATH, body);
    }

    /** Makes a plan's workflow from the server's default. */
    public static WorkflowFile fromDefault(WorkflowOrder order) {
        String template = defaultTemplate().replace("reliablyhq/actions/plan@main", order.action());
        return withHeader(order.planId(), "the default", WorkflowEdit.of(template, order, true));
    }

    private static WorkflowFile withHeader(UUID planId, String origin, String body) {
        return new WorkflowFile("# Made by Reliably for plan " + planId + ", from " + origin + ".\n"
                + "# Change the template " + TEMPLATE_PATH + " instead of this file: a plan whose file was changed is"
                + " not started.\n"
                + "# reliably-digest: " + digest(body) + "\n" + body);
    }

    /** Whether it is as it was made, so that nothing of anybody's is lost when it is replaced. */
    public boolean isUntouched() {
        Matcher header = HEADER.matcher(text);
        return header.find() && header.group(1).equals(digest(text.substring(header.end())));
    }

    /** Whether what this file should be is there already. */
    public boolean isSameAs(Optional<WorkflowFile> other) {
        return other.filter(this::equals).isPresent();
    }

    private static String defaultTemplate() {
        try (InputStream resource = WorkflowFile.class.getResourceAsStream(DEFAULT)) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String digest(String body) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
