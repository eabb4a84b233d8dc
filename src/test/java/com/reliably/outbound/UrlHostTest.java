package com.reliably.outbound;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlHostTest {

    @ParameterizedTest
    @CsvSource({
        "https://k8s.example.com, k8s.example.com, 443, false",
        "https://k8s.example.com:6443/x, k8s.example.com, 6443, false",
        "https://my_cluster, my_cluster, 443, false",
        "https://my_cluster.example.com:6443/x?y, my_cluster.example.com, 6443, false",
        "https://my_cluster:/x, my_cluster, 443, false",
        "https://u:p@my_cluster:1, my_cluster, 1, true",
        "https://u@k8s, k8s, 443, true",
        "https://[::1]:6443, [::1], 6443, false",
        "https:///x, , 443, false",
        "mailto:a@b, , 443, false",
        "https://my_cluster:x, , 443, false",
    })
    void hostsWithAnUnderscoreAreHosts(String url, String host, int port, boolean user) {
        URI parsed = URI.create(url);
        assertEquals(host, UrlHost.of(parsed));
        assertEquals(port, UrlHost.portOf(parsed, 443));
        assertEquals(user, UrlHost.hasUser(parsed));
    }
}
