package com.reliably.start;

import jakarta.inject.Singleton;
import java.util.UUID;

/**
 * By which name this server owns runs. It is kept in the data directory, so that a server that is started again is
 * still the owner of what it left running; two replicas never share a data directory.
 */
@Singleton
public class ServerIdentity {

    private final String name;

    ServerIdentity(ServerSettings settings) {
        DataDirectory directory = DataDirectory.open(settings.dataDir());
        this.name = directory.read("server-id").orElseGet(() -> {
            String fresh = UUID.randomUUID().toString();
            directory.write("server-id", fresh);
            return fresh;
        });
    }

    /** The name, which no other server has. */
    public String name() {
        return name;
    }
}
