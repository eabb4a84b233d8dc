package com.reliably.outbound;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** An address that is written where a host is named. */
public final class AddressLiteral {

    /** What is no name: an address in brackets, or digits and dots only, however few. */
    private static final Pattern LITERAL = Pattern.compile("\\[.*]|[0-9.]+|0[xX][0-9a-fA-F.xX]*");

    private static final Pattern IPV4 = Pattern.compile("(?:(?:0|[1-9][0-9]{0,2})\\.){3}(?:0|[1-9][0-9]{0,2})");

    private AddressLiteral() {}

    /** Whether a URL's host is no name. */
    public static boolean is(String host) {
        return LITERAL.matcher(host).matches();
    }

    /**
     * The address that a literal stands for, with or without brackets; empty for what is none, and for the forms that only
     * some parsers know, as 127.1 or 0x7f000001.
     */
    public static Optional<InetAddress> parse(String literal) {
        String bare = bare(literal);
        if (!bare.contains(":") && !IPV4.matcher(bare).matches()) {
            return Optional.empty();
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(bare);
        try {
            return bytes == null ? Optional.empty() : Optional.of(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** A host without the brackets of a URL. */
    static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
