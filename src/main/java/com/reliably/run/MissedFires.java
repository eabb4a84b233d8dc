package com.reliably.run;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts the fires that this server recorded as missed, by their reason. */
@ApplicationScoped
public class MissedFires {

    private final Map<MissedReason, LongAdder> counts = new EnumMap<>(MissedReason.class);

    MissedFires() {
        for (MissedReason reason : MissedReason.values()) {
            counts.put(reason, new LongAdder());
        }
    }

    void add(MissedReason reason) {
        counts.get(reason).increment();
    }

    /** How many since this server started. */
    public long of(MissedReason reason) {
        return counts.get(reason).sum();
    }
}
