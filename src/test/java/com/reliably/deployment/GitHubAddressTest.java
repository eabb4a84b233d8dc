package com.reliably.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses of repositories as people copy them: from GitHub's pages, the browser's address bar, git's configuration. */
class GitHubAddressTest {

    @ParameterizedTest
    @CsvSource({
        "https://github.com/o/r, https://github.com/o/r",
        "https://github.com/o/r/, https://github.com/o/r",
        "https://github.com/o/r//, https://github.com/o/r",
        "https://github.com/o/r.git, https://github.com/o/r.git",
        "https://github.com/o/r.git/, https://github.com/o/r.git",
        "'  https://github.com/o/r\n', https://github.com/o/r",
        "HTTPS://github.com/o/r, https://github.com/o/r",
        "https://www.github.com/o/r, https://github.com/o/r",
        "https://WWW.GitHub.com/o/r, https://github.com/o/r",
        "git@github.com:o/r.git, https://github.com/o/r.git",
        "git@github.com:/o/r.git, https://github.com/o/r.git",
        "git@github.com:o/r, https://github.com/o/r",
        "ssh://git@github.com/o/r.git, https://github.com/o/r.git",
        "SSH://git@github.com/o/r, https://github.com/o/r",
        "git@github.example.com:o/r.git, https://github.example.com/o/r.git",
        "github.com/o/r, github.com/o/r",
    })
    void whatNamesTheSameRepositoryBecomesItsUrl(String address, String url) {
        assertEquals(url, GitHubRepository.normalized(address));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://github.com/o/r",
                "https://user:secret@github.com/o/r",
                "https://github.com/o/r/tree/main",
                "https://github.com/o",
                "https://github.com/o/r?x=1",
                "git@github.com:o/r/x",
                "git@github.com:../r",
                "root@github.com:o/r.git",
                "ssh://git@github.com:22/o/r",
                "file:///o/r",
                "/",
                "",
            })
    void anythingElseStaysAsItIs(String address) {
        assertEquals(address, GitHubRepository.normalized(address));
    }
}
