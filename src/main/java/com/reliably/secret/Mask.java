package com.reliably.secret;

/** How a secret looks to everybody: the same, whatever it is and however long. */
public final class Mask {

    /** What stands where a secret is. Sent back in an update, it means "keep the stored one". */
    public static final String MASK = "**********";

    private Mask() {}

    /** The mask where there is a secret, null where there is none. */
    public static String of(String secret) {
        return secret == null ? null : MASK;
    }

    /** Whether the value is the mask, and so stands for the stored secret. */
    public static boolean isMask(String value) {
        return MASK.equals(value);
    }
}
