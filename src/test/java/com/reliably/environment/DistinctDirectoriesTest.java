package com.reliably.environment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DistinctDirectoriesTest {

    @TempDir
    Path directory;

    static Stream<List<String>> paths() {
        return Stream.of(
                List.of("/etc/shop/token", "/etc/shop/key"),
                List.of("/etc/shop/token", "/etc/other"),
                List.of("/etc/other", "/etc/shop/token"),
                List.of("/token"),
                List.of("/token", "/key", "/etc/token"),
                List.of("/a/b/c", "/a/b/d", "/a/e", "/a/b/f/g", "/a/f/h"));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void theCliCanWriteTheFilesOfARun(List<String> paths) throws IOException {
        writeAsTheCliDoes(DistinctDirectories.forAll(environment(paths)));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void theCliCanWriteTheFilesThatAnAdministratorSees(List<String> paths) throws IOException {
        writeAsTheCliDoes(DistinctDirectories.whereNeeded(environment(paths)));
    }

    @Test
    void theCliCanWriteTheFilesOfTwoEnvironmentsOfARun() throws IOException {
        writeAsTheCliDoes(DistinctDirectories.forAll(environment(List.of("/etc/shop/token"))));
        writeAsTheCliDoes(DistinctDirectories.forAll(environment(List.of("/etc/shop/token", "/etc/shop/key"))));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void theCliCanWriteThemBehindTheFilesOfIntegrations(List<String> paths) throws IOException {
        writeAsTheCliDoes(DistinctDirectories.forAll(environment(paths)));
        writeAsTheCliDoes(DistinctDirectories.forAll(environment(paths)));
        writeAsTheCliDoes(DistinctDirectories.whereNeeded(environment(paths)));
    }

    @Test
    void anAdministratorSeesFilesWhereTheyAreIfTheyAreInNobodysWay() {
        EnvironmentView truth = environment(List.of("/etc/shop/token", "/etc/other/key"));
        assertSame(truth, DistinctDirectories.whereNeeded(truth));
    }

    @Test
    void valuesThatNameAFileChangeWithIt() {
        EnvironmentView truth = environment(List.of("/etc/shop/token", "/etc/shop/key"));
        List<EnvironmentSecret> secrets = new ArrayList<>(truth.secrets());
        secrets.add(new EnvironmentSecret("s", "SECRET_NAMES_IT", "/etc/shop/key", null));
        EnvironmentView shown = DistinctDirectories.forAll(truth.with(
                List.of(
                        new EnvironmentVariable("NAMES_IT", "/etc/shop/key"),
                        new EnvironmentVariable("DOES_NOT", "/etc/shop/key.old")),
                secrets));
        String path = shown.secrets().get(1).path();
        assertNotEquals("/etc/shop/key", path);
        assertEquals(path, shown.envvars().get(0).value());
        assertEquals("/etc/shop/key.old", shown.envvars().get(1).value());
        assertEquals(path, shown.secrets().get(2).value());
        assertEquals("content of /etc/shop/key", shown.secrets().get(1).value());
    }

    private static EnvironmentView environment(List<String> paths) {
        List<EnvironmentSecret> secrets = new ArrayList<>();
        for (String path : paths) {
            secrets.add(new EnvironmentSecret("key of " + path, null, "content of " + path, path));
        }
        return new EnvironmentView(
                "e", List.of(), secrets, EnvironmentUse.PLAN, UUID.randomUUID(), UUID.randomUUID(), Instant.EPOCH);
    }

    /** Parents are made where they are missing; the file's own directory must not be there yet. */
    private void writeAsTheCliDoes(EnvironmentView environment) throws IOException {
        for (EnvironmentSecret secret : environment.secrets()) {
            Path file = directory.resolve(secret.path().substring(1));
            Files.createDirectories(file.getParent().getParent());
            Files.createDirectory(file.getParent());
            Files.writeString(file, secret.value());
        }
    }
}
