package com.reliably.runner.docker;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Images that are being pulled. Fifty runs that need the same one wait for one pull; and one that takes longer than a launch
 * may goes on, for the launch's next try to find.
 */
final class Pulls {

    private static final Duration LONGEST = Duration.ofMinutes(30);

    private final Map<Pull, Uni<Void>> going = new ConcurrentHashMap<>();

    private record Pull(Engine engine, String image, RegistryLogin login) {}

    /** Pulls an image, or waits for who does so already. */
    Uni<Void> pull(Engine engine, String image, RegistryLogin login) {
        Pull pull = new Pull(engine, image, login);
        return Uni.createFrom().deferred(() -> going.computeIfAbsent(pull, this::begin));
    }

    private Uni<Void> begin(Pull pull) {
        Uni<Void> shared = pull.engine()
                .pull(pull.image(), pull.login())
                .ifNoItem()
                .after(LONGEST)
                .fail()
                .onTermination()
                .invoke(() -> going.remove(pull))
                .memoize()
                .indefinitely();
        // One subscriber that does not give up.
        shared.subscribe().with(ignored -> {}, failure -> {});
        return shared;
    }
}
