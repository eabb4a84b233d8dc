package com.reliably.secret;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.testing.OnEveryJdk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@OnEveryJdk
class EncryptionKeysTest {

    static final String A = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    static final String B = "YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI=";

    @Test
    void theFirstKeyIsTheCurrentOne() {
        EncryptionKeys keys = EncryptionKeys.parse("new:" + A + ", old:" + B);
        assertEquals("new", keys.currentId());
        assertNotNull(keys.get("old"));
        assertNull(keys.get("older"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|entry 1",
                "nokey|entry 1",
                "a b:" + A + "|entry 1",
                "a:" + A + ",,b:" + B + "|entry 2",
                "a:s3cr3t!|base64",
                "a:czNjcjN0|bytes",
                "a:" + A + ",a:" + B + "|twice"
            })
    void aBadSettingIsExplainedWithoutAnyKey(String setting, String words) {
        String message = assertThrows(IllegalArgumentException.class, () -> EncryptionKeys.parse(setting))
                .getMessage();
        assertThat(message, containsString(words));
        assertThat(message, not(containsString("s3cr3t")));
        assertThat(message, not(containsString(A)));
    }
}
