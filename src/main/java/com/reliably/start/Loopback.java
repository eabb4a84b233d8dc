package com.reliably.start;

import java.util.Locale;

/** The addresses that lead a host to itself. */
public final class Loopback {

    private Loopback() {}

    /** Whether a host of that name, as it stands in a URL or a setting, is the one that uses the name. No name is looked up. */
    public static boolean names(String host) {
        String name = host.toLowerCase(Locale.ROOT).replaceAll("^\\[|]$", "").replaceAll("\\.$", "");
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("::1")
                || name.equals("0:0:0:0:0:0:0:1")
                || name.matches("127(\\.\\d{1,3}){1,3}");
    }
}
