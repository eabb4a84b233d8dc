package com.reliably.deployment;

import java.util.List;
import java.util.Optional;

final class GitHubRepository {
    static Optional<String> fault(String url, List<String> allowedHosts) { return Optional.empty(); }
    static Optional<String> refFault(String ref) { return Optional.empty(); }
    static Optional<String> directoryFault(String dir) { return Optional.empty(); }
}
