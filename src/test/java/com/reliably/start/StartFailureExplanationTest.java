package com.reliably.start;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Test;

class StartFailureExplanationTest {

    @Test
    void aDatabaseOfANewerServerIsNotToBeRepaired() {
        String text = StartFailureExplanation.of(new FlywayException("""
                        Validate failed: Migrations have failed validation
                        Detected applied migration not resolved locally: 17.
                        If you removed this migration intentionally, run repair to mark the migration as deleted.
                        Need more flexibility with validation rules? Learn more: https://rd.gt/3AbJUZE""")).orElseThrow();
        assertThat(text, containsString("newer version of this server"));
        assertThat(text, containsString("not resolved locally: 17"));
        assertThat(text.toLowerCase(), not(containsString("repair")));
        assertThat(text, not(containsString("https://")));
    }

    @Test
    void noFailureOfAMigrationAdvisesToRepair() {
        String text = StartFailureExplanation.of(new FlywayException("""
                        Validate failed: Migrations have failed validation
                        Migration checksum mismatch for migration version 3
                        -> Applied to database : 1
                        -> Resolved locally    : 2
                        Either revert the changes to the migration, or run repair to update the schema history.""")).orElseThrow();
        assertThat(text, containsString("another build"));
        assertThat(text.toLowerCase(), not(containsString("repair")));
    }

    @Test
    void loopbackIsKnownByItsNamesAndAddresses() {
        for (String name :
                new String[] {"127.0.0.1", "127.1", "localhost", "LOCALHOST.", "::1", "[::1]", "a.localhost"}) {
            assertTrue(Loopback.names(name), name);
        }
        for (String name : new String[] {"0.0.0.0", "::", "10.0.0.1", "127.example.com", "localhost.example.com"}) {
            assertFalse(Loopback.names(name), name);
        }
        assertEquals(false, Loopback.names(""));
    }
}
