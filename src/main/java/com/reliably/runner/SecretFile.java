package com.reliably.runner;

/**
 * A secret of the plan's environment that its experiments read from a file.
 *
 * @param path    absolute
 * @param content in clear
 */
public record SecretFile(String path, String content) {

    /** Without the content: records are logged easily. */
    @Override
    public String toString() {
        return "SecretFile[" + path + "]";
    }
}
