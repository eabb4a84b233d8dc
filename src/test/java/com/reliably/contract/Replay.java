package com.reliably.contract;

import com.reliably.testing.Wire;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** Sends recorded requests to this server, in order, and keeps what differs from the recorded answers. */
final class Replay {

    private final Wire wire = new Wire();
    private final Translation names;
    private final List<Deviation> deviations;
    /** Which lines of which recording showed a deviation. */
    private final Map<Deviation, Set<Integer>> shown = new HashMap<>();

    private final List<String> unexplained = new ArrayList<>();
    private String clientToken;

    Replay(Translation names, List<Deviation> deviations) {
        this.names = names;
        this.deviations = deviations;
    }

    /** Sends these, except those that are not part of this project. */
    void send(List<Exchange> exchanges) {
        for (Exchange exchange : exchanges) {
            if (!Scope.isOutside(exchange)) {
                send(exchange);
            }
        }
    }

    /** What differs although no deviation says so. */
    List<String> unexplained() {
        return unexplained;
    }

    /** Deviations that did not show, or not on all of their lines: either they were mended, or they never were. */
    List<String> stale() {
        List<String> stale = new ArrayList<>();
        for (Deviation deviation : deviations) {
            Set<Integer> lines = shown.getOrDefault(deviation, Set.of());
            if (lines.isEmpty() || !lines.containsAll(deviation.lines())) {
                stale.add(deviation + ", shown on " + lines);
            }
        }
        return stale;
    }

    private void send(Exchange exchange) {
        UnaryOperator<String> instead = check(exchange, send(exchange, exchange.body()));
        if (instead != null) {
            Wire.Answer second = send(exchange, instead.apply(exchange.body()));
            if (check(exchange, second) != null) {
                unexplained.add(exchange + ": the adapted request is refused as well: " + second);
            }
        }
    }

    /** From now on, what the client of a run sent is sent with another token. */
    void asClient(String token) {
        this.clientToken = token;
    }

    private Wire.Answer send(Exchange exchange, String body) {
        Map<String, String> headers = new HashMap<>();
        for (String name : List.of("accept", "content-type", "authorization", "user-agent")) {
            if (exchange.headers().containsKey(name)) {
                headers.put(name, names.apply(exchange.headers().get(name)));
            }
        }
        if (clientToken != null && !exchange.isOfUser()) {
            headers.put("authorization", "Bearer " + clientToken);
        }
        return wire.send(
                exchange.method(),
                names.apply(exchange.target()),
                headers,
                body == null ? null : names.apply(body).getBytes(StandardCharsets.UTF_8));
    }

    private UnaryOperator<String> check(Exchange exchange, Wire.Answer answer) {
        UnaryOperator<String> instead = null;
        for (Difference difference : Comparison.of(exchange, answer, names)) {
            List<Deviation> explaining = deviations.stream()
                    .filter(deviation -> deviation.explains(exchange, difference))
                    .toList();
            explaining.forEach(deviation ->
                    shown.computeIfAbsent(deviation, ignored -> new TreeSet<>()).add(exchange.line()));
            if (explaining.isEmpty()) {
                unexplained.add(exchange + ": " + difference + "\n    " + answer);
            }
            for (Deviation deviation : explaining) {
                instead = deviation.instead() == null ? instead : deviation.instead();
            }
        }
        return instead;
    }
}
