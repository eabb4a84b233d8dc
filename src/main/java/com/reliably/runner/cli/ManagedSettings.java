package com.reliably.runner.cli;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of runs that this server makes on its own host (Reliably CLI, managed). */
@ConfigMapping(prefix = "reliably.managed")
public interface ManagedSettings {

    /**
     * Whether plans may run on this host at all. They run as the server's own user, and are confined to less than what that
     * user can do ({@link #isolation}).
     */
    @WithDefault("true")
    boolean enabled();

    /** What is installed for every run, before the deployment's own requirements. */
    @WithDefault("reliably-cli,chaostoolkit-reliably,slack_sdk")
    List<String> packages();

    /**
     * Version constraints of those packages' dependencies. One is left out where the deployment's requirements name
     * the same project. (Newer typer releases break the CLI.)
     */
    @WithDefault("typer<0.25")
    Optional<List<String>> constraints();

    /** How many runs this server makes on its host at once; more wait. */
    @WithDefault("50")
    int atOnce();

    /** How long a run that is prepared waits for its server, which may be restarting, before it gives up. */
    @WithDefault("PT10M")
    Duration permitWithin();

    /**
     * How often a run asks whether its token is still good. It ends by itself where it is not: the run has ended, was taken
     * from its server, or counts as lost.
     */
    @WithDefault("PT30S")
    Duration tokenCheckEvery();

    /** How long a run may take, installation included, before it is ended; a plan can say otherwise. */
    @WithDefault("PT6H")
    Duration timeout();

    /** How long a run that is being ended may take to roll back before all its processes are killed. */
    @WithDefault("PT30S")
    Duration grace();

    /** How the CLI reaches this server; its own address on this host where it is not set. */
    Optional<String> callbackUrl();

    /**
     * Which variables of the server's environment a run gets, besides a PATH: none but what makes TLS, proxies and
     * package indexes work. {@code *} stands for anything.
     */
    @WithDefault(
            "SSL_CERT_FILE,SSL_CERT_DIR,REQUESTS_CA_BUNDLE,PIP_*,UV_*,HTTP_PROXY,HTTPS_PROXY,NO_PROXY,ALL_PROXY,LANG,LC_*,TZ")
    List<String> passThrough();

    /** How often the output of runs is looked for. */
    @WithDefault("PT0.5S")
    Duration pollEvery();

    /** Whether runs are confined. */
    @WithDefault("auto")
    Isolation isolation();

    /** The ways to confine runs. */
    enum Isolation {
        /** As far as this host can; from the second organization on runs that cannot be confined are refused. */
        AUTO,
        /** Not at all: runs can read the server's keys and those of other organizations. */
        NONE
    }

    /** The directories that runs may use beside their own ones, once there is a second organization. */
    Optional<List<Path>> allowedRoots();

    /**
     * The range of user ids of which each organization gets one for its runs, once there is a second one and where the server
     * is root; {@code none} for no users of their own.
     */
    @WithDefault("1900000000-1900065535")
    String organizationUsers();

    /** How many processes and threads a run may have; with more it is ended. */
    @WithDefault("4096")
    int maxProcesses();

    /** How many files each process of a run may have open. */
    @WithDefault("65536")
    int maxOpenFiles();

    /** How much memory the processes of a run may use in all; with more it is ended. */
    @WithDefault("4G")
    MemorySize maxMemory();

    /** How large a run's own directory, and each file that it writes, may become; with more it is ended. */
    @WithDefault("10G")
    MemorySize maxDisk();

    /** How much time of a processor each process of a run may use; with more the run is ended. Without limit where it is not set. */
    Optional<Duration> maxCpuTime();
}
