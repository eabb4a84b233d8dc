package com.reliably.secret;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** In which forms secrets are found, and what stays as it is. */
class SecretMaskTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper ASCII_JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    @Test
    void aSecretOfEightCharactersIsMaskedAndAShorterOneIsNot() {
        SecretMask mask = SecretMask.of(List.of("hunter2!", "hunter2"));
        assertEquals("a **********, a hunter2", mask.mask("a hunter2!, a hunter2"));
        assertSame(SecretMask.OF_TOKENS, SecretMask.of(Arrays.asList("short", Mask.MASK, null, "        ")));
    }

    @Test
    void theLongestOfSeveralIsMaskedAndOverlappingOnesTogether() {
        SecretMask mask = SecretMask.of(List.of("12345678", "1234567890", "90abcdefgh"));
        assertEquals("x**********y", mask.mask("x1234567890y"));
        assertEquals("x**********y", mask.mask("x1234567890abcdefghy"));
        assertEquals("x**********9y", mask.mask("x123456789y"));
    }

    @Test
    void linesOfAFileAreMaskedButNotTheBordersOfPem() {
        SecretMask mask = SecretMask.of(List.of("-----BEGIN PRIVATE KEY-----\r\nMIIEvQIBADANB\r\nshort\r\n"
                + "  gkqhkiG9w0BAQ\r\n-----END PRIVATE KEY-----\r\n"));
        assertEquals("read **********", mask.mask("read MIIEvQIBADANB"));
        assertEquals("read **********!", mask.mask("read gkqhkiG9w0BAQ!"));
        assertEquals("-----BEGIN PRIVATE KEY----- short", mask.mask("-----BEGIN PRIVATE KEY----- short"));
    }

    @Test
    void tokensOfThisServerAreMaskedByTheirForm() {
        String token = "rly_" + "aB3_-".repeat(8) + "xyz";
        assertEquals("Bearer ********** rly_short", SecretMask.OF_TOKENS.mask("Bearer " + token + " rly_short"));
        assertFalse(SecretMask.OF_TOKENS.mayChange("nothing of ours"));
    }

    @Test
    void textWithoutSecretsStaysTheVerySame() {
        String text = "nothing to see";
        assertSame(text, SecretMask.of(List.of("something else")).mask(text));
    }

    @Test
    void aLargeFileIsMaskedByItsBeginning() {
        String large = "0123456789abcdef".repeat(64 * 1024);
        SecretMask mask = SecretMask.of(List.of(large, "another secret"));
        assertEquals("**********, **********", mask.mask(large.substring(0, 64 * 1024) + ", another secret"));
        assertTrue(mask.size() <= 256 * 1024, () -> "" + mask.size());
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void noFormOfASecretIsLeft(
            @ForAll("secrets") String secret, @ForAll("texts") String before, @ForAll("texts") String after)
            throws JsonProcessingException {
        SecretMask mask = SecretMask.of(Set.of(secret));
        for (String form : forms(secret)) {
            String masked = mask.mask(before + form + after);
            assertFalse(masked.contains(form), () -> "'" + form + "' is left of '" + secret + "'");
            assertTrue(masked.contains(Mask.MASK), () -> "'" + form + "' of '" + secret + "'");
        }
    }

    @Test
    void aSecretInBase64IsMaskedWhereverItBegins() {
        SecretMask mask = SecretMask.of(List.of("hunter2-and-more"));
        assertEquals("**********Q==", mask.mask("aHVudGVyMi1hbmQtbW9yZQ=="));
        assertEquals("eG**********U=", mask.mask("eGh1bnRlcjItYW5kLW1vcmU="));
        assertEquals("eHh**********", mask.mask("eHhodW50ZXIyLWFuZC1tb3Jl"));
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void nothingIsLeftOfASecretInBase64WhateverIsAroundIt(
            @ForAll("secrets") String secret,
            @ForAll @Size(max = 7) List<Byte> before,
            @ForAll @Size(max = 7) List<Byte> after) {
        byte[] value = secret.getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[before.size() + value.length + after.size()];
        for (int i = 0; i < before.size(); i++) {
            all[i] = before.get(i);
        }
        System.arraycopy(value, 0, all, before.size(), value.length);
        for (int i = 0; i < after.size(); i++) {
            all[before.size() + value.length + i] = after.get(i);
        }
        SecretMask mask = SecretMask.of(Set.of(secret));
        // What the value alone makes: all but a character at each end, which has some bits of it at most.
        int first = (before.size() * 8 + 5) / 6;
        int end = (before.size() + value.length) * 8 / 6;
        for (Base64.Encoder encoder : List.of(
                Base64.getEncoder(),
                Base64.getEncoder().withoutPadding(),
                Base64.getUrlEncoder(),
                Base64.getUrlEncoder().withoutPadding())) {
            String encoded = encoder.encodeToString(all);
            String masked = mask.mask(encoded);
            // Where its bytes repeat, more of it may look like the secret.
            assertTrue(masked.contains(Mask.MASK), masked);
            assertTrue(
                    masked.length() <= first + Mask.MASK.length() + encoded.length() - end,
                    () -> encoded + " " + masked);
        }
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void maskedIsWhatALookAtEachPlaceFinds(@ForAll("fewLetters") String text, @ForAll("needles") List<String> secrets) {
        SecretMask mask = SecretMask.of(secrets);
        boolean[] hidden = new boolean[text.length()];
        for (String secret : secrets) {
            for (int at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
                Arrays.fill(hidden, at, at + secret.length(), true);
            }
        }
        String visible = mask.mask(text).replace(Mask.MASK, "");
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < hidden.length; i++) {
            if (!hidden[i]) {
                expected.append(text.charAt(i));
            }
        }
        assertEquals(expected.toString(), visible);
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void whatIsSureIsTheSameWhateverFollows(
            @ForAll("fewLetters") String text,
            @ForAll("needles") List<String> secrets,
            @ForAll @IntRange(min = 0, max = 60) int cut) {
        Assume.that(cut <= text.length());
        SecretMask mask = SecretMask.of(secrets);
        SecretMask.Looked looked = mask.look(text.substring(0, cut));
        int sure = looked.sure();
        assertTrue(sure <= cut);
        assertEquals(mask.look(text).masked(0, sure), looked.masked(0, sure));
    }

    private static List<String> forms(String secret) throws JsonProcessingException {
        List<String> forms = new ArrayList<>(List.of(secret));
        forms.add(inside(JSON.writeValueAsString(secret)));
        forms.add(
                inside(ASCII_JSON.writeValueAsString(secret))
                                .toLowerCase(Locale.ROOT)
                                .equals(inside(ASCII_JSON.writeValueAsString(secret)))
                        ? inside(ASCII_JSON.writeValueAsString(secret))
                        : secret);
        forms.add(inside(JSON.writeValueAsString(inside(JSON.writeValueAsString(secret)))));
        forms.add(URLEncoder.encode(secret, StandardCharsets.UTF_8));
        forms.add(URLEncoder.encode(secret, StandardCharsets.UTF_8).replace("+", "%20"));
        return forms;
    }

    private static String inside(String quoted) {
        return quoted.substring(1, quoted.length() - 1);
    }

    @Provide
    Arbitrary<String> secrets() {
        return Arbitraries.strings()
                .withCharRange('!', '~')
                .withChars('"', '\\', '/', '+', '%', ' ', '\u00e9', '\u4e16', '\n')
                .ofMinLength(SecretForms.SHORTEST)
                .ofMaxLength(40)
                .filter(secret -> secret.strip().equals(secret) && !secret.contains("**"));
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings().withChars(' ', ':', '\n', '<').ofMaxLength(5);
    }

    @Provide
    Arbitrary<String> fewLetters() {
        return Arbitraries.strings().withChars('a', 'b').ofMinLength(0).ofMaxLength(60);
    }

    @Provide
    Arbitrary<List<String>> needles() {
        return Arbitraries.strings()
                .withChars('a', 'b')
                .ofMinLength(SecretForms.SHORTEST)
                .ofMaxLength(12)
                .list()
                .ofMinSize(1)
                .ofMaxSize(4);
    }
}
