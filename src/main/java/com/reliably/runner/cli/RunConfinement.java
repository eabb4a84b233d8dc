package com.reliably.runner.cli;

import com.reliably.deployment.CliDefinition;
import com.reliably.organization.OrganizationCount;
import com.reliably.start.DatabasePorts;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What runs of an organization may do on this host, in the words of {@code policies.py}. With one organization all that the
 * server's user can, but read the server's data directory and other processes; from the second one on only what they need and
 * what the operator allows (docs/adr/0019).
 */
@Singleton
final class RunConfinement {

    private static final Pattern RANGE = Pattern.compile("([0-9]{1,10})-([0-9]{1,10})");

    /** The kernel counts all of a user's, the server's own among them. */
    private static final int PROCESSES_OF_OTHERS = 1024;
    /** What the threads of a process may use between two looks of the launcher. */
    private static final int CPU_SECONDS_BETWEEN_LOOKS =
            5 + 2 * Runtime.getRuntime().availableProcessors();

    private final ManagedSettings settings;
    private final OrganizationCount organizations;
    private final DatabasePorts databasePorts;

    RunConfinement(ManagedSettings settings, OrganizationCount organizations, DatabasePorts databasePorts) {
        this.settings = settings;
        this.organizations = organizations;
        this.databasePorts = databasePorts;
        users();
    }

    /** How runs that are started now are confined. */
    enum Mode {
        NONE,
        DEFAULT,
        STRICT
    }

    /** The mode that is in force, by how many organizations there are at this moment. */
    Uni<Mode> mode() {
        if (settings.isolation() == ManagedSettings.Isolation.NONE) {
            return Uni.createFrom().item(Mode.NONE);
        }
        return organizations.isSeveral().map(several -> several ? Mode.STRICT : Mode.DEFAULT);
    }

    /** Why strict runs may not have their deployment's directory; the launcher, which can resolve links, has the last word. */
    Optional<String> refusalBesideOthers(CliDefinition definition) {
        if (definition.baseDir() == null || settings.isolation() == ManagedSettings.Isolation.NONE) {
            return Optional.empty();
        }
        Path directory = Path.of(definition.baseDir()).normalize();
        boolean allowed = settings.allowedRoots().orElse(List.of()).stream()
                .anyMatch(allowedRoot -> directory.startsWith(allowedRoot.normalize()));
        return allowed
                ? Optional.empty()
                : Optional.of("The directory '" + definition.baseDir() + "' of the deployment (base_dir) is not below a"
                        + " directory that the operator allows (RELIABLY_MANAGED_ALLOWED_ROOTS).");
    }

    /**
     * What the launcher is told.
     *
     * @param dataDirectory what runs do not see
     */
    Uni<Map<String, Object>> of(UUID orgId, Path dataDirectory) {
        return mode().map(mode -> of(orgId, dataDirectory, mode));
    }

    private Map<String, Object> of(UUID orgId, Path dataDirectory, Mode mode) {
        Map<String, Object> policy = new LinkedHashMap<>();
        policy.put("mode", mode.name().toLowerCase(Locale.ROOT));
        policy.put("hidden", dataDirectory.toString());
        policy.put(
                "roots",
                settings.allowedRoots().orElse(List.of()).stream()
                        .map(Path::toString)
                        .toList());
        policy.put("refused_ports", databasePorts.all());
        policy.put("uid", userOf(orgId));
        policy.put("limits", limits());
        policy.put("most", most());
        return policy;
    }

    /** Bounds of what a run uses in all, at which the launcher ends it. */
    private Map<String, Object> most() {
        Map<String, Object> most = new LinkedHashMap<>();
        most.put("memory_bytes", settings.maxMemory().asLongValue());
        most.put("processes", settings.maxProcesses());
        most.put("disk_bytes", settings.maxDisk().asLongValue());
        settings.maxCpuTime().ifPresent(time -> most.put("cpu_seconds", Math.max(1, time.toSeconds())));
        return most;
    }

    /**
     * Names of the kernel's limits, and values. They are above the bounds of the run, so that the launcher comes to say why it
     * ends one; they hold what grows faster than it looks.
     */
    private Map<String, Object> limits() {
        long memory = settings.maxMemory().asLongValue();
        Map<String, Object> limits = new LinkedHashMap<>();
        limits.put("CORE", 0);
        limits.put("NPROC", settings.maxProcesses() + PROCESSES_OF_OTHERS);
        limits.put("NOFILE", settings.maxOpenFiles());
        limits.put("DATA", memory + memory / 8);
        limits.put("FSIZE", settings.maxDisk().asLongValue());
        settings.maxCpuTime()
                .ifPresent(time -> limits.put("CPU", Math.max(1, time.toSeconds()) + CPU_SECONDS_BETWEEN_LOOKS));
        return limits;
    }

    /** Always the same for an organization, while the range stays; null where the operator wants none. */
    private Long userOf(UUID orgId) {
        Users users = users();
        if (users == null) {
            return null;
        }
        long mixed = orgId.getMostSignificantBits() * 31 + orgId.getLeastSignificantBits();
        return users.first() + Math.floorMod(mixed, users.last() - users.first() + 1);
    }

    private record Users(long first, long last) {}

    private Users users() {
        String range = settings.organizationUsers();
        if (range.equals("none")) {
            return null;
        }
        Matcher numbers = RANGE.matcher(range);
        if (numbers.matches()) {
            Users users = new Users(Long.parseLong(numbers.group(1)), Long.parseLong(numbers.group(2)));
            if (users.first() >= 1000 && users.first() <= users.last() && users.last() < 0xFFFFFFFEL) {
                return users;
            }
        }
        throw new IllegalArgumentException(
                "RELIABLY_MANAGED_ORGANIZATION_USERS has to be a range of user ids from 1000 on, such"
                        + " as 1900000000-1900065535, or 'none'; it is '" + range + "'.");
    }
}
