package com.reliably.deployment;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesAndPathsTest {

    private static final List<String> GITHUB = List.of("github.com", "git.example.com:8443");
    private static final List<String> ROOTS = List.of("/srv/volumes", "/tmp/");

    @ParameterizedTest
    @ValueSource(strings = {"3.9", "3.12", "3.13.1"})
    void aPythonVersionIsTaken(String version) {
        assertEquals(Optional.empty(), PythonVersion.fault(version));
    }

    @ParameterizedTest
    @CsvSource({
        "'', as in",
        "3, as in",
        "2.7, as in",
        "python3, as in",
        "3.12.x, as in",
        "' 3.12', as in",
        "3.12;rm, as in",
        ">=3.12, as in",
        "3.100, as in",
        "3.8, newer",
        "3.2.1, newer"
    })
    void aBadPythonVersionIsExplained(String version, String words) {
        assertThat(PythonVersion.fault(version).orElse("nothing"), containsString(words));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "1", "reliably", "my-namespace-2"})
    void aNamespaceIsTaken(String name) {
        assertEquals(Optional.empty(), KubernetesNames.labelFault(name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-a",
                "a-",
                "A",
                "a.b",
                "a_b",
                "a b",
                "a\n",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            })
    void aBadNamespaceIsExplained(String name) {
        assertThat(KubernetesNames.labelFault(name).orElse("nothing"), containsString("DNS label"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://github.com/my-org/my-repo",
                "github.com/my-org/my-repo",
                "https://GitHub.com/a/b.c_d-e",
                "https://github.com/a/b.git",
                "https://git.example.com:8443/a/b"
            })
    void aRepositoryIsTaken(String url) {
        assertEquals(Optional.empty(), GitHubRepository.fault(url, GITHUB));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|full URL",
                "my-org/my-repo|full URL",
                "http://github.com/a/b|https",
                "git@github.com:a/b.git|full URL",
                "ssh://git@github.com/a/b|full URL",
                "https://github.com|full URL",
                "https://github.com/a|full URL",
                "https://github.com/a/b/tree/main|full URL",
                "https://github.com/a/b?x=1|full URL",
                "https://github.com/a/b#c|full URL",
                "https://u:p@github.com/a/b|full URL",
                "https://github.com@evil.com/a/b|full URL",
                "https://github.com/a/..|full URL",
                "https://github.com/a/b%2f|full URL",
                "https://github.com\\@evil.com/a/b|full URL",
                "https://gitlab.com/a/b|github.com",
                "https://github.com.evil.com/a/b|github.com",
                "https://github.com:444/a/b|github.com",
                "https://git.example.com/a/b|github.com",
                "https://127.0.0.1/a/b|github.com"
            })
    void aBadRepositoryIsExplained(String url, String words) {
        assertThat(GitHubRepository.fault(url, GITHUB).orElse("nothing"), containsString(words));
    }

    @ParameterizedTest
    @ValueSource(strings = {"main", "team/chaos", "v1.2", "a@b", "feature-1"})
    void aBranchIsTaken(String ref) {
        assertEquals(Optional.empty(), GitHubRepository.refFault(ref));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a b",
                "a..b",
                "a~1",
                "a^",
                "a:b",
                "a?",
                "a*",
                "a[b",
                "a\\b",
                "/a",
                "a/",
                "a//b",
                ".a",
                "a/.b",
                "a.lock",
                "a.lock/b",
                "a.",
                "@",
                "a@{b",
                "-a",
                "a\u0007",
                "a\u007f"
            })
    void aBadBranchIsExplained(String ref) {
        assertThat(GitHubRepository.refFault(ref).orElse("nothing"), containsString("branch"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"plans", "chaos/plans", ".chaos", "a-b_c.d"})
    void aDirectoryOfARepositoryIsTaken(String directory) {
        assertEquals(Optional.empty(), GitHubRepository.directoryFault(directory));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/plans",
                "plans/",
                "a/../b",
                "..",
                ".",
                "a//b",
                "a\\b",
                ".git",
                ".GIT/hooks",
                "a\n",
                // The action's shell would take these for more than a name.
                "a b",
                "a;b",
                "$(a)",
                "`a`",
                "-p"
            })
    void aBadDirectoryOfARepositoryIsExplained(String directory) {
        assertThat(
                GitHubRepository.directoryFault(directory).orElse("nothing"), containsString("inside the repository"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/tmp", "/srv/chaos.d/x"})
    void anAbsolutePathIsTaken(String path) {
        assertEquals(Optional.empty(), HostPaths.absoluteFault(path));
    }

    @ParameterizedTest
    @CsvSource({
        "'', absolute",
        "tmp, absolute",
        "./tmp, absolute",
        "C:\\tmp, absolute",
        "/a:/b, ':'",
        "/a/../b, '..'",
        "/.., '..'",
        "/a/./b, '.'"
    })
    void aBadPathIsExplained(String path, String words) {
        assertThat(HostPaths.absoluteFault(path).orElse("nothing"), containsString(words));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/srv/volumes", "/srv/volumes/a", "/srv//volumes/a/", "/tmp", "/tmp/x"})
    void aVolumeBelowAnAllowedRootIsTaken(String path) {
        assertEquals(Optional.empty(), HostPaths.volumeFault(path, ROOTS));
    }

    @ParameterizedTest
    @CsvSource({
        "/srv/volumes2, below",
        "/srv, below",
        "/home, below",
        "/srv/volumes/../x, '..'",
        "/, opens the host",
        "//, opens the host",
        "/etc, opens the host",
        "/etc/passwd, opens the host",
        "/var, opens the host",
        "/var/run/docker.sock, opens the host",
        "/run/containerd/containerd.sock, opens the host",
        "/tmp/docker.sock, opens the host",
        "/proc/1, opens the host",
        "/sys, opens the host",
        "/dev/sda, opens the host"
    })
    void aBadVolumeIsExplained(String path, String words) {
        assertThat(HostPaths.volumeFault(path, ROOTS).orElse("nothing"), containsString(words));
    }

    @Test
    void whatOpensTheHostIsNeverAllowed() {
        assertTrue(HostPaths.volumeFault("/etc", List.of("/")).isPresent());
        assertTrue(HostPaths.volumeFault("/", List.of("/")).isPresent());
        assertTrue(HostPaths.volumeFault("/home/me", List.of("/")).isEmpty());
    }

    @Test
    void noVolumeIsAllowedUnlessTheOperatorSaysSo() {
        assertThat(
                HostPaths.volumeFault("/srv", List.of()).orElse("nothing"),
                containsString("RELIABLY_DOCKER_ALLOWED_VOLUME_ROOTS"));
    }
}
