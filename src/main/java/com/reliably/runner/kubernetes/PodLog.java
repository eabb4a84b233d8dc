package com.reliably.runner.kubernetes;

import com.reliably.runner.RunnerEvent;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * The log of a container, read without a thread: while the container runs it is followed, and once it has ended it is
 * read to its end. What has arrived waits here, and no more is fetched than that.
 */
final class PodLog {

    /** What may wait here before fetching pauses. */
    private static final int MOST_WAITING = 64 * 1024;

    private static final Duration TRY_AGAIN_AFTER = Duration.ofSeconds(2);
    private static final int MOST_FAILURES_AT_END = 5;
    private static final int GONE = 404;
    /** After the end of its container a log that is followed ends by itself, unless its node is gone. */
    private static final Duration FOLLOWED_TO_ITS_END_WITHIN = Duration.ofSeconds(10);

    private final String namespace;
    private final String pod;
    private final String container;
    private final Bell bell;
    private final LogLines lines;

    private AsyncBody body;
    /** Counts readings: what an earlier one still sends means nothing any more. */
    private int reading;

    private boolean open;
    /** What is open is the last reading. */
    private boolean endOpen;

    private boolean toTheEnd;
    private boolean complete;
    private boolean paused;
    private int waiting;
    private int failures;
    private long notBefore = System.nanoTime();
    private long endingSince;

    PodLog(String namespace, String pod, String container, long fromByte, Bell bell) {
        this.namespace = namespace;
        this.pod = pod;
        this.container = container;
        this.bell = bell;
        this.lines = new LogLines(fromByte);
    }

    String pod() {
        return pod;
    }

    /** Sees to it that the log is being followed; after a cut it is taken up again in a moment. */
    void follow(KubernetesClient client) {
        synchronized (this) {
            if (complete || open || System.nanoTime() - notBefore < 0) {
                return;
            }
            begin();
        }
        read(client, true);
    }

    /** Sees to it that all is read of a log that grows no more; {@link #isComplete} says when it is. */
    void finish(KubernetesClient client) {
        boolean hangs;
        synchronized (this) {
            if (!toTheEnd) {
                toTheEnd = true;
                endingSince = System.nanoTime();
                notBefore = endingSince;
            }
            hangs = open && !endOpen && System.nanoTime() - endingSince > FOLLOWED_TO_ITS_END_WITHIN.toNanos();
        }
        if (hangs) {
            close();
        }
        synchronized (this) {
            if (complete || open || System.nanoTime() - notBefore < 0) {
                return;
            }
            begin();
            endOpen = true;
        }
        read(client, false);
    }

    private void begin() {
        open = true;
        endOpen = false;
        reading++;
        lines.beginReading();
    }

    /** Whether there is nothing more to come. */
    synchronized boolean isComplete() {
        return complete && waiting == 0;
    }

    /** What has arrived. */
    List<RunnerEvent.Output> drain() {
        List<RunnerEvent.Output> drained;
        AsyncBody next = null;
        synchronized (this) {
            drained = lines.drain();
            waiting = 0;
            if (paused) {
                paused = false;
                next = body;
            }
        }
        if (next != null) {
            next.consume();
        }
        return drained;
    }

    /** Stops reading with the client that it was read with; the next look reads on. */
    void cut() {
        close();
        synchronized (this) {
            notBefore = System.nanoTime();
        }
    }

    /** Stops reading. */
    void close() {
        AsyncBody last;
        synchronized (this) {
            last = body;
            body = null;
            open = false;
            reading++;
        }
        if (last != null) {
            last.cancel();
        }
    }

    private void read(KubernetesClient client, boolean follow) {
        int mine;
        StringBuilder url = new StringBuilder(client.getMasterUrl().toString().replaceAll("/+$", ""));
        synchronized (this) {
            mine = reading;
            url.append("/api/v1/namespaces/").append(namespace);
            url.append("/pods/")
                    .append(pod)
                    .append("/log?timestamps=true&container=")
                    .append(container);
            if (follow) {
                url.append("&follow=true");
            }
            if (lines.since() != null) {
                // The node takes whole seconds.
                url.append("&sinceTime=")
                        .append(java.time.Instant.ofEpochSecond(lines.since().getEpochSecond()));
            }
        }
        HttpRequest request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(url.toString())
                .forStreaming()
                .build();
        client.getHttpClient()
                .consumeBytes(request, (buffers, source) -> arrived(mine, buffers, source))
                .whenComplete((response, failure) -> answered(mine, response, failure));
    }

    private void answered(int mine, HttpResponse<AsyncBody> response, Throwable failure) {
        if (failure != null) {
            ended(mine, failure, 0);
            return;
        }
        if (!response.isSuccessful()) {
            response.body().cancel();
            ended(mine, new IllegalStateException("status " + response.code()), response.code());
            return;
        }
        boolean wanted;
        synchronized (this) {
            wanted = mine == reading;
            if (wanted) {
                body = response.body();
                paused = false;
            }
        }
        if (!wanted) {
            response.body().cancel();
            return;
        }
        response.body().done().whenComplete((ignored, cut) -> ended(mine, cut, 0));
        response.body().consume();
    }

    private void arrived(int mine, List<ByteBuffer> buffers, AsyncBody source) {
        boolean more;
        synchronized (this) {
            if (mine != reading) {
                return;
            }
            for (ByteBuffer buffer : buffers) {
                waiting += buffer.remaining();
                lines.take(buffer);
            }
            more = waiting < MOST_WAITING;
            paused = !more;
        }
        bell.ring();
        if (more) {
            source.consume();
        }
    }

    private void ended(int mine, Throwable failure, int status) {
        synchronized (this) {
            if (mine != reading || failure instanceof CancellationException) {
                return;
            }
            open = false;
            body = null;
            notBefore = System.nanoTime() + TRY_AGAIN_AFTER.toNanos();
            if (!endOpen) {
                // Cut, or its container has ended: what follows is read then.
                if (toTheEnd) {
                    notBefore = System.nanoTime();
                }
            } else if (failure == null) {
                lines.endReading();
                waiting++;
                complete = true;
            } else {
                failures++;
                // The Pod is gone, or its node does not answer: there is nothing more to be had.
                complete = status == GONE || failures >= MOST_FAILURES_AT_END;
            }
        }
        bell.ring();
    }
}
