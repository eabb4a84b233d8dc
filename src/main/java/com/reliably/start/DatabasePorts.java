package com.reliably.start;

import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The TCP ports on which this server's database listens, whichever host that is. */
@Singleton
public class DatabasePorts {

    private static final int USUAL = 5432;
    /** Each host of a URL, of which there may be several, with its port. */
    private static final Pattern HOST = Pattern.compile("(?:[^:/?#,\\[\\]@]+|\\[[^]]*])?(?::([0-9]{1,5}))?");

    private final Set<Integer> ports = new TreeSet<>();

    DatabasePorts(
            @ConfigProperty(name = "quarkus.datasource.reactive.url") Optional<String> reactive,
            @ConfigProperty(name = "quarkus.datasource.jdbc.url") Optional<String> jdbc) {
        reactive.ifPresent(url -> ports.addAll(portsOf(url)));
        jdbc.ifPresent(url -> ports.addAll(portsOf(url)));
    }

    /** All of them; PostgreSQL's usual one where a URL names none. */
    public Set<Integer> all() {
        return Set.copyOf(ports);
    }

    static Set<Integer> portsOf(String url) {
        Set<Integer> found = new TreeSet<>();
        String rest = url.substring(url.indexOf("//") + 2);
        String hosts = rest.split("[/?#]", 2)[0];
        for (String host : hosts.substring(hosts.lastIndexOf('@') + 1).split(",")) {
            Matcher parts = HOST.matcher(host);
            found.add(parts.matches() && parts.group(1) != null ? Integer.parseInt(parts.group(1)) : USUAL);
        }
        return found;
    }
}
