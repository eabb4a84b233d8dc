package com.reliably.web;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import com.reliably.testing.Command;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.ServerProcess;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client that Maven generated from the document compiles, and does what a user's client does. */
@OnEveryJdk
class GeneratedClientIT {

    private static final Path GENERATED = Path.of("target", "generated-client", "src", "main", "java");
    private static final Path ROUND_TRIP = Path.of("src", "test", "client");

    @TempDir
    Path directory;

    @Test
    void aGeneratedClientCompilesAndMakesARoundTrip() throws IOException {
        Path classes = Files.createDirectory(directory.resolve("classes"));
        compile(classes);
        try (ServerProcess server = ServerProcess.on(directory.resolve("data"))
                .arguments("-Xmx256m")
                .start()) {
            String output = Command.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            classes + ":" + System.getProperty("java.class.path"),
                            "com.reliably.client.RoundTrip",
                            server.url(),
                            server.token())
                    .run()
                    .succeeded()
                    .output();
            assertThat(output, containsString("round trip completed"));
        }
    }

    private static void compile(Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<Path> sources = new ArrayList<>(sourcesIn(GENERATED));
            sources.addAll(sourcesIn(ROUND_TRIP));
            boolean compiled = compiler.getTask(
                            messages,
                            files,
                            null,
                            List.of(
                                    "-nowarn",
                                    "-proc:none",
                                    "-d",
                                    classes.toString(),
                                    "-cp",
                                    System.getProperty("java.class.path")),
                            null,
                            files.getJavaFileObjectsFromPaths(sources))
                    .call();
            assertThat(messages.toString(), compiled, equalTo(true));
        }
    }

    private static List<Path> sourcesIn(Path root) throws IOException {
        try (Stream<Path> tree = Files.walk(root)) {
            return tree.filter(path -> path.toString().endsWith(".java")).toList();
        }
    }
}
