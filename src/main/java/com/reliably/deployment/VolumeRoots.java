package com.reliably.deployment;

import java.util.List;
import java.util.Optional;

/**
 * Directories of an engine's host below which volumes may be mounted.
 *
 * @param directories absolute
 */
public record VolumeRoots(List<String> directories) {

    /** Why a path of the host must not be mounted; empty where it may. */
    public Optional<String> fault(String path) {
        return HostPaths.volumeFault(path, directories);
    }
}
