package com.reliably.deployment;

import java.util.List;
import java.util.Optional;

final class HostPaths {
    static Optional<String> absoluteFault(String text) { return Optional.empty(); }
    static Optional<String> volumeFault(String text, List<String> roots) { return Optional.empty(); }
}
