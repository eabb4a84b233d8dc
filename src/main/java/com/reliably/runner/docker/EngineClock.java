package com.reliably.runner.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** The clock of an engine, read off an answer on its way to docker-java. For one request. */
final class EngineClock implements DockerHttpClient {

    private final DockerHttpClient transport;
    private String date;

    EngineClock(DockerHttpClient transport) {
        this.transport = transport;
    }

    @Override
    public Response execute(Request request) {
        Response answer = transport.execute(request);
        date = answer.getHeader("Date");
        return answer;
    }

    /** When the engine answered. */
    Instant now() {
        return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    }

    /** Leaves the transport to those who share it. */
    @Override
    public void close() throws IOException {
        // Nothing of its own.
    }
}
