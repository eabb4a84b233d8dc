package com.reliably.outbound;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The IPv4 addresses that an IPv6 address stands for, where something on the way may translate or unwrap it. */
final class EmbeddedAddresses {

    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};
    private static final byte[] COMPATIBLE = new byte[12];
    /** RFC 2765. */
    private static final byte[] TRANSLATED = {0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff, 0, 0};
    /** RFC 6052, and its local use of RFC 8215, whose prefix may be longer than this. */
    private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

    private static final byte[] LOCAL_NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 1};
    /** RFC 3056. */
    private static final byte[] SIX_TO_FOUR = {0x20, 0x02};
    /** RFC 4380. */
    private static final byte[] TEREDO = {0x20, 0x01, 0, 0};

    /** By the prefix's length in bytes, where the four bytes are; the ninth byte is left out (RFC 6052, 2.2). */
    private static final int[][] NAT64_PLACES = {{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, {12, 13, 14, 15}};

    private EmbeddedAddresses() {}

    /** The address itself, and those within it. */
    static List<InetAddress> of(InetAddress address) {
        List<InetAddress> all = new ArrayList<>();
        all.add(address);
        byte[] bytes = address.getAddress();
        if (bytes.length != 16) {
            return all;
        }
        if (begins(bytes, MAPPED)
                || begins(bytes, TRANSLATED)
                || begins(bytes, NAT64)
                || begins(bytes, COMPATIBLE) && !address.isLoopbackAddress() && !address.isAnyLocalAddress()) {
            all.add(at(bytes, 12, 13, 14, 15));
        }
        if (begins(bytes, LOCAL_NAT64)) {
            for (int[] places : NAT64_PLACES) {
                // With another length of prefix, the same bytes are none: network 0 is not translated to.
                if (bytes[places[0]] != 0) {
                    all.add(at(bytes, places));
                }
            }
        }
        if (begins(bytes, SIX_TO_FOUR)) {
            all.add(at(bytes, 2, 3, 4, 5));
        }
        if (begins(bytes, TEREDO)) {
            all.add(at(bytes, 4, 5, 6, 7));
            byte[] client = bytes.clone();
            for (int i = 12; i < 16; i++) {
                client[i] ^= (byte) 0xff;
            }
            all.add(at(client, 12, 13, 14, 15));
        }
        if (isIsatap(bytes)) {
            all.add(at(bytes, 12, 13, 14, 15));
        }
        return all;
    }

    /** RFC 5214. */
    private static boolean isIsatap(byte[] bytes) {
        return (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == (byte) 0xfe;
    }

    private static boolean begins(byte[] address, byte[] prefix) {
        return Arrays.equals(address, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static InetAddress at(byte[] bytes, int... places) {
        byte[] four = new byte[4];
        for (int i = 0; i < 4; i++) {
            four[i] = bytes[places[i]];
        }
        try {
            return InetAddress.getByAddress(four);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four bytes are an address", e);
        }
    }
}
