package com.reliably.runner.github.api;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.kohsuke.github.connector.GitHubConnector;
import org.kohsuke.github.connector.GitHubConnectorRequest;
import org.kohsuke.github.connector.GitHubConnectorResponse;

/** Lets the github-api library send through {@link GitHubHttp}, which decides on hosts, redirects and limits. */
final class LibraryConnector implements GitHubConnector {

    private final GitHubHttp http;
    private final RepositoryAddress address;
    private final String caller;

    LibraryConnector(GitHubHttp http, RepositoryAddress address, String caller) {
        this.http = http;
        this.address = address;
        this.caller = caller;
    }

    @Override
    public GitHubConnectorResponse send(GitHubConnectorRequest request) throws IOException {
        Map<String, String> headers = new HashMap<>();
        request.allHeaders().forEach((name, values) -> {
            // What is refused, and why, is read here, and is to come as it is.
            if (!name.equalsIgnoreCase("Accept-Encoding")) {
                headers.put(name, String.join(",", values));
            }
        });
        byte[] body = null;
        if (request.hasBody()) {
            headers.putIfAbsent(
                    "Content-Type", request.contentType() == null ? "application/json" : request.contentType());
            try (InputStream content = request.body()) {
                body = content.readAllBytes();
            }
        }
        URI uri = URI.create(request.url().toString());
        if (!address.isAt(uri)) {
            // It follows addresses in answers, which may name any.
            throw new GitHubFault.Refused(
                    403, "An answer of " + address.host() + " names another host, which is not called.");
        }
        return new Response(
                request, http.sendHere(new GitHubHttp.Request(caller, request.method(), uri, headers, body)));
    }

    private static final class Response extends GitHubConnectorResponse.ByteArrayResponse {

        private final byte[] body;

        Response(GitHubConnectorRequest request, GitHubAnswer answer) {
            super(request, answer.status(), answer.headers());
            this.body = answer.body();
        }

        @Override
        protected InputStream rawBodyStream() {
            return new ByteArrayInputStream(body);
        }
    }
}
