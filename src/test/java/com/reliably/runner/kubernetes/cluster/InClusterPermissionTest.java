package com.reliably.runner.kubernetes.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class InClusterPermissionTest {

    private static final UUID ORG = UUID.fromString("6a4a6c1e-7d3c-4f0e-9b3e-0d6b8f2a1c11");

    private static boolean isGiven(String setting, boolean several) {
        return new InClusterPermission(
                        Optional.ofNullable(setting), () -> Uni.createFrom().item(several), id -> Uni.createFrom()
                                .item("Platform team"))
                .isGiven(ORG)
                .await()
                .atMost(Duration.ofSeconds(60));
    }

    @Test
    void withoutASettingItIsForAServerOfOneOrganization() {
        assertEquals(true, isGiven(null, false));
        assertEquals(false, isGiven(null, true));
        assertEquals(true, isGiven(" ", false));
        assertEquals(false, isGiven(" ", true));
    }

    @Test
    void trueIsForAllAndFalseForNone() {
        for (boolean several : new boolean[] {false, true}) {
            assertEquals(true, isGiven("true", several));
            assertEquals(false, isGiven("false", several));
        }
    }

    @Test
    void othersAreNamedByIdOrName() {
        for (boolean several : new boolean[] {false, true}) {
            assertEquals(true, isGiven("another, " + ORG.toString().toUpperCase(), several));
            assertEquals(true, isGiven("Platform team,another", several));
            assertEquals(false, isGiven("platform,6a4a6c1e", several));
        }
    }
}
