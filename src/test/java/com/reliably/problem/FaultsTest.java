package com.reliably.problem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A request in which very much is wrong gets no answer that is larger than itself. */
class FaultsTest {

    @Test
    void theFirstHundredFaultsAreReported() {
        Faults faults = Faults.inBody();
        for (int i = 0; i < 100_000; i++) {
            faults.at("list", i).reject("name", "wrong", i);
        }
        ProblemException reported = assertThrows(ProblemException.class, faults::throwIfAny);
        List<?> detail = (List<?>) reported.problem().detail();
        assertEquals(100, detail.size());
        assertEquals(List.of("body", "list", 0, "name"), ((Fault) detail.get(0)).loc());
    }
}
