package com.reliably.outbound;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be connected to, by address. */
class OutboundPolicyTest {

    private static final int PORT = 6443;

    private static boolean isNearby(TestOutbound outbound, String host, int port) throws UnknownHostException {
        return outbound.clients().isNearby(host, port, OutboundRules.ofTenant());
    }

    private static void assertRefused(TestOutbound outbound, String host, int port) {
        assertThrows(RefusedAddress.class, () -> isNearby(outbound, host, port), host + " " + port);
    }

    /** 169.254.169.254 in each form in which something on the way may unwrap or translate it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "::ffff:169.254.169.254",
                "::169.254.169.254",
                "::ffff:0:a9fe:a9fe",
                "64:ff9b::a9fe:a9fe",
                "64:ff9b:1::a9fe:a9fe",
                "64:ff9b:1:a9fe:a9:fe00::",
                "64:ff9b:1:aaa9:fe:a9fe::",
                "64:ff9b:1:aabb:a9:fea9:fe00:0",
                "2002:a9fe:a9fe::1",
                "2001:0:a9fe:a9fe::1",
                "2001:0:102:304::5601:5601",
                "2001:db8::5efe:a9fe:a9fe",
                "2001:db8::200:5efe:a9fe:a9fe",
                "0.0.0.0",
                "::",
                "64:ff9b::",
                "fe80::1",
                "[fd00:ec2::254]",
                "224.0.0.1",
                "100.100.100.200"
            })
    void addressesOfRefusedNetworksAreRefusedInEveryForm(String address) {
        assertRefused(TestOutbound.usual(), address, PORT);
        assertRefused(TestOutbound.usual().resolving(host -> literals(address)), "k8s.example.com", PORT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.1", "2001:db8::1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::", "192.0.2.1"})
    void othersAreNot(String address) throws UnknownHostException {
        assertFalse(isNearby(TestOutbound.usual(), address, PORT));
    }

    @Test
    void oneRefusedAddressOfSeveralIsEnough() {
        assertRefused(
                TestOutbound.usual().resolving(host -> literals("10.0.0.1", "169.254.169.254")),
                "k8s.example.com",
                PORT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "localhost"})
    void loopbackIsAllowedWithOneOrganizationAndRefusedWithSeveral(String host) throws UnknownHostException {
        assertTrue(isNearby(TestOutbound.usual(), host, PORT));
        assertRefused(TestOutbound.usual().withOrganizations(2), host, PORT);
        assertTrue(isNearby(TestOutbound.usual().withOrganizations(2).withLoopback(true), host, PORT));
        assertRefused(TestOutbound.usual().withLoopback(false), host, PORT);
    }

    @Test
    void theServersOwnListenersAreNeverReached() throws Exception {
        TestOutbound outbound = TestOutbound.usual().listening(8080).withLoopback(true);
        for (String host : ownAddresses()) {
            assertRefused(outbound, host, 8080);
            assertTrue(isNearby(outbound, host, 8081), host);
        }
        assertFalse(isNearby(outbound, "10.255.0.1", 8080));
    }

    @Test
    void itsDatabaseIsNeverReachedBesideItOrElsewhere() throws Exception {
        TestOutbound beside = TestOutbound.usual()
                .withDatabase("postgresql://localhost:15432/reliably")
                .withLoopback(true);
        for (String host : ownAddresses()) {
            assertRefused(beside, host, 15432);
        }
        TestOutbound elsewhere = TestOutbound.usual()
                .withDatabase("jdbc:postgresql://a.example.com,[2001:db8::7]:6000,10.0.0.7:6001/reliably?x=y")
                .resolving(host -> host.equals("a.example.com") ? literals("10.0.0.5") : literals("10.0.0.6"));
        assertRefused(elsewhere, "10.0.0.5", 5432);
        assertRefused(elsewhere, "2001:db8::7", 6000);
        assertRefused(elsewhere, "10.0.0.7", 6001);
        assertFalse(isNearby(elsewhere, "10.0.0.5", 6443));
        assertFalse(isNearby(elsewhere, "k8s.example.com", 5432));
    }

    @Test
    void hostsOfTheOperatorMayBeAnywhereButThere() throws UnknownHostException {
        TestOutbound outbound = TestOutbound.usual().listening(8080).withOrganizations(2);
        assertFalse(outbound.clients().isNearby("127.0.0.1", 8081, OutboundRules.ofOperator()));
        assertThrows(
                RefusedAddress.class, () -> outbound.clients().isNearby("127.0.0.1", 8080, OutboundRules.ofOperator()));
        assertThrows(RefusedAddress.class, () -> outbound.clients()
                .isNearby("169.254.169.254", 80, OutboundRules.ofOperator()));
    }

    private static List<String> ownAddresses() throws Exception {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLinkLocalAddress())
                .map(InetAddress::getHostAddress)
                .map(address -> address.replaceFirst("%.*", ""))
                .toList();
    }

    private static List<InetAddress> literals(String... addresses) {
        return Stream.of(addresses)
                .map(address -> AddressLiteral.parse(address).orElseThrow())
                .toList();
    }

    @Test
    void aNetworkThatIsNoneIsSaid() {
        assertEquals(
                "SETTING must be networks as in '169.254.0.0/16', separated by commas; '10.0/8' is not one",
                assertThrows(IllegalArgumentException.class, () -> NetworkRange.parse("SETTING", "10.0/8"))
                        .getMessage());
    }
}
