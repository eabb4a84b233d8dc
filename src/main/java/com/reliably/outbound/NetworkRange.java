package com.reliably.outbound;

import java.net.InetAddress;
import java.util.Optional;

/** A network of IPv4 or IPv6 addresses. */
public final class NetworkRange {

    private final byte[] address;
    private final int bits;

    private NetworkRange(byte[] address, int bits) {
        this.address = address;
        this.bits = bits;
    }

    /**
     * Reads a network as in {@code 169.254.0.0/16}.
     *
     * @param setting which setting it stands in
     * @throws IllegalArgumentException where it is not one, with the setting's name
     */
    public static NetworkRange parse(String setting, String text) {
        String[] parts = text.strip().split("/", -1);
        if (parts.length == 2 && parts[1].matches("[0-9]{1,3}")) {
            Optional<InetAddress> address = AddressLiteral.parse(parts[0]);
            int bits = Integer.parseInt(parts[1]);
            if (address.isPresent() && bits <= address.get().getAddress().length * 8) {
                return new NetworkRange(address.get().getAddress(), bits);
            }
        }
        throw new IllegalArgumentException(
                setting + " must be networks as in '169.254.0.0/16', separated by commas; '" + text + "' is not one");
    }

    /** Whether an address, or one that is embedded in it, is in this network. */
    public boolean contains(InetAddress other) {
        return EmbeddedAddresses.of(other).stream().anyMatch(one -> contains(one.getAddress()));
    }

    private boolean contains(byte[] other) {
        if (other.length != address.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % 8;
            if ((other[bit / 8] & mask) != (address[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
