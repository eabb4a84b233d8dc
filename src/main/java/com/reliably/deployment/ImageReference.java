package com.reliably.deployment;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** References to container images: {@code [host[:port]/]path[:tag][@digest]}, the grammar of the distribution project. */
final class ImageReference {

    private static final int LONGEST_NAME = 255;
    private static final Pattern HOST = Pattern.compile("(?:[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?");
    private static final Pattern HOST_LABEL = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?");
    private static final Pattern PATH_COMPONENT = Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final Pattern DIGEST =
            Pattern.compile("[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,256}");
    private static final Pattern IMAGE_ID = Pattern.compile("[0-9a-f]{64}");
    private static final String EXAMPLE = ", as in 'ghcr.io/my-org/reliably-cli:1.0'";

    private ImageReference() {}

    /** What is wrong with the reference, and what would be right; empty where nothing is. */
    static Optional<String> fault(String text) {
        if (text.isBlank()) {
            return Optional.of("The image is empty; name one" + EXAMPLE);
        }
        if (text.contains("://")) {
            return Optional.of("An image has no 'https://' in front; leave it out" + EXAMPLE);
        }
        String rest = text;
        int at = rest.indexOf('@');
        if (at >= 0) {
            String digest = rest.substring(at + 1);
            if (digest.length() > 320 || !DIGEST.matcher(digest).matches()) {
                return Optional.of("The digest after '@' is malformed; it is an algorithm, ':' and hexadecimal digits,"
                        + " as in 'sha256:9f86d0…'");
            }
            rest = rest.substring(0, at);
        }
        int colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
        if (colon >= 0) {
            if (!TAG.matcher(rest.substring(colon + 1)).matches()) {
                return Optional.of(
                        "The tag after ':' is malformed; it has 1 to 128 letters, digits, '_', '.' and '-', and"
                                + " does not begin with '.' or '-'");
            }
            rest = rest.substring(0, colon);
        }
        return nameFault(rest);
    }

    /** The host of the registry that an image is pulled from; that of Docker Hub where it names none. */
    static String host(String image) {
        int slash = image.indexOf('/');
        String first = slash < 0 ? "" : image.substring(0, slash);
        return isHost(first) ? first.toLowerCase(Locale.ROOT) : "docker.io";
    }

    private static Optional<String> nameFault(String name) {
        if (name.length() > LONGEST_NAME) {
            return Optional.of("The name of the image has more than " + LONGEST_NAME + " characters");
        }
        String[] components = name.split("/", -1);
        int path = components.length > 1 && isHost(components[0]) ? 1 : 0;
        if (path == 1 && !isValidHost(components[0])) {
            return Optional.of("The registry in front of the first '/' is malformed; it is a host and perhaps a port,"
                    + " as in 'registry.example.com:5000/my-org/reliably-cli'");
        }
        for (int i = path; i < components.length; i++) {
            if (!PATH_COMPONENT.matcher(components[i]).matches()) {
                return Optional.of("The name of the image is malformed; it has lower-case letters and digits, with '.',"
                        + " '_', '-' and '/' between them" + EXAMPLE);
            }
        }
        if (IMAGE_ID.matcher(name).matches()) {
            return Optional.of("This is the id of an image, which no registry knows; give its name" + EXAMPLE);
        }
        return Optional.empty();
    }

    /** What stands in front of the first slash is a host if it could not be an organisation of Docker Hub. */
    private static boolean isHost(String component) {
        return component.equals("localhost")
                || component.indexOf('.') >= 0
                || component.indexOf(':') >= 0
                || !component.toLowerCase(Locale.ROOT).equals(component);
    }

    private static boolean isValidHost(String host) {
        if (!HOST.matcher(host).matches()) {
            return false;
        }
        if (host.startsWith("[")) {
            return true;
        }
        int colon = host.indexOf(':');
        for (String label : (colon < 0 ? host : host.substring(0, colon)).split("\\.", -1)) {
            if (!HOST_LABEL.matcher(label).matches()) {
                return false;
            }
        }
        return true;
    }
}
