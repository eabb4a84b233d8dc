package com.reliably.runner.kubernetes.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.smallrye.mutiny.Uni;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/**
 * The proof that an API server answers nearby, before anything else is asked there. Whatever else there may be (nothing, an
 * open port, another service with or without TLS) takes the same time, and ends in the same words.
 */
final class ApiServerProof {

    private static final int LARGEST_ANSWER = 64 * 1024;

    private final ObjectMapper json;
    private final Duration within;

    /** @param within how long it takes where there is no API server, and may take where there is one */
    ApiServerProof(ObjectMapper json, Duration within) {
        this.json = json;
        this.within = within;
    }

    /** Asks for the version; fails, after the whole time, where no API server answers. */
    Uni<Void> of(KubernetesClient client, ClusterFailure failure) {
        Uni<Boolean> answered = Uni.createFrom()
                .deferred(() -> ask(client))
                .onFailure()
                .recoverWithItem(false)
                .chain(proven ->
                        proven ? Uni.createFrom().item(true) : Uni.createFrom().nothing());
        return answered.ifNoItem()
                .after(within)
                .recoverWithItem(false)
                .chain(proven ->
                        proven ? Uni.createFrom().voidItem() : Uni.createFrom().failure(failure));
    }

    /** The failure, after the same time. */
    <T> Uni<T> lateFailure(ClusterFailure failure) {
        return Uni.createFrom().voidItem().onItem().delayIt().by(within).chain(() -> Uni.createFrom()
                .failure(failure));
    }

    private Uni<Boolean> ask(KubernetesClient client) {
        HttpRequest request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(client.getMasterUrl().toString().replaceAll("/+$", "") + "/version")
                .timeout(within.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)
                .build();
        Answer answer = new Answer();
        return Uni.createFrom()
                .completionStage(() -> client.getHttpClient()
                        .consumeBytes(request, answer::take)
                        .thenCompose(response -> {
                            response.body().consume();
                            return response.body().done().thenApply(done -> response.code());
                        }))
                .map(code -> ApiServerAnswer.isToVersion(code, answer.bytes(), json));
    }

    /** The beginning of a body. */
    private static final class Answer {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        synchronized void take(List<ByteBuffer> buffers, AsyncBody body) {
            for (ByteBuffer buffer : buffers) {
                byte[] piece = new byte[buffer.remaining()];
                buffer.get(piece);
                bytes.writeBytes(piece);
            }
            if (bytes.size() > LARGEST_ANSWER) {
                body.cancel();
            } else {
                body.consume();
            }
        }

        synchronized byte[] bytes() {
            return bytes.toByteArray();
        }
    }
}
