package com.reliably.start;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.reliably.testing.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the start script does before it hands over to Java; Java and Maven are stand-ins that say what they were told. */
class StartScriptTest {

    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

    @TempDir
    Path directory;

    private Path clone;
    private Path script;
    private Path jar;
    private Path tools;

    @BeforeEach
    void layOutAClone() throws IOException {
        clone = directory.resolve("a clone");
        script = clone.resolve("src/main/scripts/reliably-server");
        Files.createDirectories(script.getParent());
        Files.copy(Path.of("src/main/scripts/reliably-server"), script);
        Files.createDirectories(clone.resolve("src/main/java"));
        Files.writeString(clone.resolve("pom.xml"), "");
        Files.writeString(clone.resolve("src/main/java/A.java"), "");
        jar = clone.resolve("target/quarkus-app/quarkus-run.jar");
        program(
                clone.resolve("mvnw"),
                "echo maven \"$@\"; mkdir -p target/quarkus-app; : > target/quarkus-app/quarkus-run.jar");
        // A PATH with what POSIX has, and nothing else.
        tools = Files.createDirectory(directory.resolve("tools"));
        for (String tool :
                List.of("sh", "dirname", "readlink", "sed", "head", "find", "touch", "mkdir", "sleep", "ls")) {
            program(tools.resolve(tool), "exec " + locate(tool) + " \"$@\"");
        }
    }

    @Test
    void aFreshCloneIsBuiltAndStarted() throws IOException {
        java(tools, "17.0.1");
        Command.Result result = run(script);
        assertThat(result.output(), containsString("maven -B -q"));
        assertThat(result.output(), containsString("started with"));
        assertThat(result.output(), containsString("-jar " + jar));
    }

    @Test
    void whatIsBuiltAndUnchangedIsStartedAtOnce() throws IOException {
        java(tools, "25");
        run(script);
        assertThat(run(script).output(), startsWith("started with"));
    }

    @Test
    void changedSourcesAreBuiltAgain() throws IOException {
        java(tools, "17.0.1");
        run(script);
        Files.setLastModifiedTime(jar, FileTime.from(LONG_AGO));
        assertThat(run(script).output(), containsString("maven"));
    }

    @Test
    void itIsCalledFromAnywhereAlsoThroughALink() throws IOException {
        java(tools, "17.0.1");
        run(script);
        Path link = Files.createSymbolicLink(directory.resolve("link"), script);
        assertThat(run(link).output(), containsString("-jar " + jar));
    }

    @Test
    void theUsersJavaAndArgumentsCount() throws IOException {
        java(tools, "11.0.2");
        Path home = directory.resolve("jdk");
        java(Files.createDirectories(home.resolve("bin")), "21.0.1");
        Command.Result result = command(script)
                .with("JAVA_HOME", home.toString())
                .with("JAVA_OPTS", "-Xmx1g -Da=b")
                .run();
        assertThat(result.output(), containsString("-Xmx1g -Da=b -jar"));
    }

    @Test
    void withoutAJavaThatFitsItSaysWhatToInstall() throws IOException {
        assertFails(command(script), "there is no java on the PATH");
        assertFails(command(script).with("JAVA_HOME", "/nowhere"), "JAVA_HOME is /nowhere");
        java(tools, "11.0.2");
        assertFails(command(script), "is version 11.0.2; the server needs Java 17");
        java(tools, "1.8.0_292");
        assertFails(command(script), "is version 1.8.0_292; the server needs Java 17");
    }

    @Test
    void aBuildThatFailsStartsNothing() throws IOException {
        java(tools, "17.0.1");
        program(clone.resolve("mvnw"), "echo broken; exit 1");
        Command.Result result = run(script);
        assertEquals(1, result.exitCode());
        assertThat(result.output(), containsString("broken"));
        assertThat(result.output(), not(containsString("started with")));
    }

    @Test
    void whatRunsOutOfMemoryEndsAndSaysSo() throws IOException {
        String name = OutOfMemory.class.getName();
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, name);
        Files.createDirectories(jar.getParent());
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            out.putNextEntry(new JarEntry(name.replace('.', '/') + ".class"));
            out.write(Files.readAllBytes(Path.of("target/test-classes", name.replace('.', '/') + ".class")));
        }
        Command.Result result = command(script)
                .with("PATH", System.getenv("PATH"))
                .with("JAVA_HOME", System.getProperty("java.home"))
                .with("JAVA_OPTS", "-Xms8m -Xmx16m")
                .run();
        assertEquals(3, result.exitCode(), result.output());
        assertThat(result.output(), containsString("reliably-server: out of memory"));
        assertThat(result.output(), not(containsString("went on")));
    }

    /** A server that catches what it cannot handle, as threads of a pool do. */
    static final class OutOfMemory {

        public static void main(String[] arguments) {
            List<byte[]> kept = new ArrayList<>();
            try {
                while (true) {
                    kept.add(new byte[1 << 20]);
                }
            } catch (OutOfMemoryError caught) {
                System.out.println("went on without " + kept.size());
            }
        }
    }

    private static void assertFails(Command command, String message) {
        Command.Result result = command.run();
        assertEquals(1, result.exitCode());
        assertThat(result.output(), startsWith("reliably-server: "));
        assertThat(result.output(), containsString(message));
    }

    private Command.Result run(Path program) {
        return command(program).run();
    }

    private Command command(Path program) {
        return Command.of(program.toString())
                .in(directory)
                .with("PATH", tools.toString())
                .with("JAVA_HOME", "")
                .with("JAVA_OPTS", "");
    }

    private static void java(Path bin, String version) throws IOException {
        program(
                bin.resolve("java"),
                "[ \"$1\" = -version ] && { echo 'openjdk version \"" + version
                        + "\" 2025-04-15' >&2; exit; }\necho started with \"$@\"");
        program(bin.resolve("javac"), "");
    }

    private static void program(Path file, String content) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + content + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Path locate(String tool) {
        return List.of("/usr/bin", "/bin").stream()
                .map(place -> Path.of(place, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }
}
