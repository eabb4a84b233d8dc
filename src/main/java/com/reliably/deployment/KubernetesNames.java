package com.reliably.deployment;

import java.util.Optional;
import java.util.regex.Pattern;

/** Names as Kubernetes wants them. */
final class KubernetesNames {

    private static final int LONGEST_LABEL = 63;
    private static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[a-z0-9-]*[a-z0-9])?");

    private KubernetesNames() {}

    /** What is wrong with a name that must be a label of RFC 1123, such as that of a namespace; empty where nothing is. */
    static Optional<String> labelFault(String text) {
        if (text.length() <= LONGEST_LABEL && LABEL.matcher(text).matches()) {
            return Optional.empty();
        }
        return Optional.of("A name in Kubernetes is a DNS label: 1 to " + LONGEST_LABEL
                + " lower-case letters, digits and" + " '-', with a letter or digit first and last, as in 'reliably'");
    }
}
