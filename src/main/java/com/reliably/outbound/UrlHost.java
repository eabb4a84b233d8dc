package com.reliably.outbound;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The host of a URL. {@link URI#getHost()} has none for names with an underscore, which name servers and clusters have; the
 * authority has it.
 */
public final class UrlHost {

    private static final Pattern HOST_AND_PORT =
            Pattern.compile("(\\[[0-9A-Fa-f:.%]+]|[\\p{L}\\p{N}._~-]+)(?::([0-9]{1,5})?)?");

    private UrlHost() {}

    /** The host, with the brackets of an IPv6 address; null where the URL has none. Users are left out. */
    public static String of(URI url) {
        if (url.getHost() != null) {
            return url.getHost();
        }
        Matcher parts = parts(url);
        return parts.matches() ? parts.group(1) : null;
    }

    /** The port, or the usual one where the URL names none. */
    public static int portOf(URI url, int usual) {
        if (url.getPort() >= 0) {
            return url.getPort();
        }
        Matcher parts = parts(url);
        return parts.matches() && parts.group(2) != null ? Integer.parseInt(parts.group(2)) : usual;
    }

    /** Whether the URL names somebody before its host. */
    public static boolean hasUser(URI url) {
        return url.getRawUserInfo() != null
                || url.getRawAuthority() != null && url.getRawAuthority().contains("@");
    }

    private static Matcher parts(URI url) {
        String authority = url.getRawAuthority() == null ? "" : url.getRawAuthority();
        return HOST_AND_PORT.matcher(authority.substring(authority.lastIndexOf('@') + 1));
    }
}
