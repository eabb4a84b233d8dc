package com.reliably;

import com.github.dockerjava.api.command.SyncDockerCmd;
import com.github.dockerjava.transport.DockerHttpClient;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import io.smallrye.mutiny.groups.MultiSubscribe;
import io.smallrye.mutiny.groups.UniAwait;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FileReader;
import java.io.FileWriter;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URL;
import java.net.URLConnection;
import java.net.http.HttpClient;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which code waits for files, processes, sockets, databases or other threads, by what it calls. */
final class BlockingCalls {

    /** Every method and constructor of these. */
    private static final List<Class<?>> ALWAYS = List.of(
            Files.class,
            FileChannel.class,
            FileInputStream.class,
            FileOutputStream.class,
            FileReader.class,
            FileWriter.class,
            RandomAccessFile.class,
            Socket.class,
            URLConnection.class,
            UniAwait.class);

    /** A method of a type, or of what is below it. */
    private record Method(Class<?> type, Set<String> names) {

        static Method of(Class<?> type, String... names) {
            return new Method(type, Set.of(names));
        }
    }

    private static final List<Method> SOME = List.of(
            Method.of(Process.class, "waitFor", "inputReader", "errorReader"),
            Method.of(ProcessBuilder.class, "start"),
            Method.of(Thread.class, "sleep", "join"),
            Method.of(Object.class, "wait"),
            Method.of(Future.class, "get", "join"),
            Method.of(CountDownLatch.class, "await"),
            Method.of(Semaphore.class, "acquire"),
            Method.of(BlockingQueue.class, "take", "put"),
            Method.of(HttpClient.class, "send"),
            Method.of(SyncDockerCmd.class, "exec"),
            Method.of(DockerHttpClient.class, "execute"),
            Method.of(InetAddress.class, "getByName", "getAllByName", "getLocalHost"),
            Method.of(URL.class, "openStream", "openConnection"),
            Method.of(MultiSubscribe.class, "asIterable", "asStream"),
            Method.of(
                    File.class,
                    "exists",
                    "isFile",
                    "isDirectory",
                    "length",
                    "list",
                    "listFiles",
                    "delete",
                    "mkdir",
                    "mkdirs",
                    "createNewFile"));

    private BlockingCalls() {}

    /** What a class calls that blocks. */
    static Stream<JavaAccess<?>> of(JavaClass type) {
        return type.getAccessesFromSelf().stream().filter(BlockingCalls::blocks);
    }

    private static boolean blocks(JavaAccess<?> access) {
        if (!(access.getTarget() instanceof CodeUnitAccessTarget target)) {
            return false;
        }
        JavaClass owner = target.getOwner();
        return owner.getPackageName().startsWith("java.sql")
                || owner.getPackageName().startsWith("javax.sql")
                || ALWAYS.stream().anyMatch(owner::isAssignableTo)
                || SOME.stream()
                        .anyMatch(method ->
                                method.names().contains(target.getName()) && owner.isAssignableTo(method.type()));
    }

    /**
     * The methods of a package that block whoever calls them: they call what blocks, or another that does, and not within
     * what they hand to a method that has it done by a worker.
     *
     * @param handsToWorker the name of that method
     */
    static Set<JavaCodeUnit> blockingCallers(JavaClasses classes, String handsToWorker) {
        Set<JavaCodeUnit> blocking = new HashSet<>();
        boolean grown = true;
        while (grown) {
            Set<JavaCodeUnit> callers = classes.stream()
                    .flatMap(type -> type.getAccessesFromSelf().stream())
                    .filter(access -> blocks(access) || isOf(access, blocking))
                    .filter(access -> !isDoneByWorker(access, handsToWorker))
                    .map(JavaAccess::getOrigin)
                    .collect(Collectors.toSet());
            grown = blocking.addAll(callers);
        }
        return blocking;
    }

    /** Whether it calls, or refers to, one of these. */
    static boolean isOf(JavaAccess<?> access, Set<JavaCodeUnit> units) {
        return access.getTarget() instanceof CodeUnitAccessTarget target
                && units.stream().anyMatch(unit -> unit.getFullName().equals(target.getFullName()));
    }

    private static boolean isDoneByWorker(JavaAccess<?> access, String handsToWorker) {
        boolean handsOver = access.getOrigin().getMethodCallsFromSelf().stream()
                .anyMatch(call -> call.getTarget().getName().equals(handsToWorker));
        boolean isReference = access.getOrigin().getMethodReferencesFromSelf().stream()
                .anyMatch(reference -> reference.equals(access));
        return handsOver && (access.isDeclaredInLambda() || isReference);
    }
}
