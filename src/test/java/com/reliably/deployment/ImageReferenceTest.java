package com.reliably.deployment;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {

    private static final String DIGEST = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "img",
                "img:1",
                "img:latest",
                "my-org/img",
                "a/b/c/d:1.2_3-x",
                "ghcr.io/rebound-how/reliably-job:latest",
                "localhost/img",
                "localhost:5000/img:1",
                "127.0.0.1:5000/a__b/c.d-e",
                "[::1]:5000/img",
                "Registry.Example.com/img",
                "img" + DIGEST,
                "ghcr.io/a/b:1" + DIGEST,
                "a--b/c"
            })
    void aReferenceIsTaken(String reference) {
        assertEquals(Optional.empty(), ImageReference.fault(reference));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|empty",
                "'  '|empty",
                "https://ghcr.io/a/b|leave it out",
                "Ubuntu|lower-case",
                "my-org/Img|lower-case",
                "a b|lower-case",
                "a//b|lower-case",
                "/a|lower-case",
                "a/|lower-case",
                "-a|lower-case",
                "a..b|lower-case",
                "a:|tag",
                "a:.x|tag",
                "a:x y|tag",
                "a@sha256:12|digest",
                "a@|digest",
                "a@b@sha256:0123456789abcdef0123456789abcdef|digest",
                "host:port/a|registry",
                "-x.com/a|registry",
                "a..b/c|registry",
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef|id of an image"
            })
    void aBadReferenceIsExplained(String reference, String words) {
        assertThat(ImageReference.fault(reference).orElse("nothing"), containsString(words));
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 100_000})
    void aLongNameIsRefused(int length) {
        assertThat(ImageReference.fault("a".repeat(length)).orElse("nothing"), containsString("255"));
        assertThat(ImageReference.fault("a-".repeat(length)).orElse("nothing"), containsString("255"));
    }
}
