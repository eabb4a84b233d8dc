package com.reliably.deployment;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequirementsTest {

    private static final String HASH = "--hash=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n\n",
                "chaostoolkit-wiremock\n",
                "a",
                "A.b_c-1",
                "a==1.0",
                "a == 1.0",
                "a>=1,<2",
                "a (>=1)",
                "a~=1.4.2",
                "a!=1.5.*",
                "a==1!2.0rc1.post2.dev3+local.1",
                "a===whatever",
                "a[x]",
                "a[x,y-z]>=1",
                "a[]",
                "a>=1 # why",
                "# only why",
                "  a  ",
                "a; python_version < '3.13'",
                "a>=1 ; (os_name=='posix' or extra == \"x\") and platform_machine not in 'arm'",
                "a @ https://example.com/a.whl",
                "a[x]@https://example.com/a.zip ; python_version>='3'",
                "https://example.com/a-1.0-py3-none-any.whl",
                "git+https://github.com/my-org/my-repo@main#egg=name",
                "a @ git+https://${GH_TOKEN}@github.com/my-org/my-repo.git@v1",
                "a \\\n  >=1 \\\n  ,<2",
                "a\r\nb\r\n",
                "a==1 " + HASH,
                "a==1 \\\n    " + HASH + " \\\n    " + HASH + "\nb",
                "--pre\na",
                "--index-url https://user:pw@pypi.example.com/simple",
                "-i http://pypi.example.com/simple",
                "--extra-index-url=https://pypi.example.com/simple",
                "--no-binary :all:",
                "--only-binary=a,b",
                "--require-hashes"
            })
    void requirementsAreTaken(String text) {
        assertEquals(Optional.empty(), Requirements.fault(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-r other.txt|reads a file",
                "-rother.txt|reads a file",
                "--requirement=other.txt|reads a file",
                "-c c.txt|reads a file",
                "-e .|reads a file",
                "-e git+https://github.com/a/b|reads a file",
                "--find-links /srv|reads a file",
                "-f https://x|reads a file",
                "file:///etc/passwd|https",
                "./pkg|file or directory",
                "../pkg|file or directory",
                "/srv/pkg|file or directory",
                "~/pkg|file or directory",
                "pkg/sub|file or directory",
                "pkg.whl|file or directory",
                "pkg-1.tar.gz|file or directory",
                "a @ file:///srv/a|file",
                "a @ ./x|https",
                "git+ssh://git@github.com/a/b|https",
                "git+file:///srv|https",
                "ftp://example.com/a.whl|https",
                "--trusted-host x|not taken",
                "--global-option=x|not taken",
                "a --global-option=x|not taken",
                "a --config-settings x=y|not taken",
                "--index-url|URL",
                "--index-url file:///srv|URL",
                "--index-url ftp://x|URL",
                "--pre x|behind",
                "--no-binary|:all:",
                "a b|version",
                "a>>1|version",
                "a>=|version",
                "a>=x y|version",
                "a>1.*|version",
                "a==1,|version",
                "==1|name",
                "@ https://x|name",
                "a[|extras",
                "a[x y]|extras",
                "a; bogus < '3'|condition",
                "a; python_version|condition",
                "a; (python_version<'3'|condition",
                "a; python_version < '3' and|condition",
                "a; python_version ? '3'|condition",
                "a==1 --hash=md5:12|hash",
                "a==1 --hash=sha256:zz|hash",
                "!!!|name",
                "$(rm -rf /)|name"
            })
    void aBadRequirementIsExplained(String line, String words) {
        assertThat(
                Requirements.fault("good\n\n# comment\n" + line + "\n").orElse("nothing"),
                allOf(containsString("Line 4 "), containsString(words)));
    }

    @Test
    void noLineEndOfPythonHidesALine() {
        for (String end :
                new String[] {"\n", "\r", "\u000b", "\f", "\u001c", "\u001d", "\u001e", "\u0085", "\u2028", "\u2029"}) {
            assertThat(
                    Requirements.fault("a # b" + end + "-r /etc/passwd").orElse("nothing"),
                    containsString("reads a file"));
        }
    }

    @Test
    void aContinuationIsCountedFromItsFirstLine() {
        assertThat(Requirements.fault("a \\\n >=1\nb \\\n >>1").orElse("nothing"), containsString("Line 3 "));
    }

    @Test
    void passwordsAreNotQuoted() {
        assertThat(
                Requirements.fault("--index-url ftp://user:s3cr3t@x").orElse("nothing"), not(containsString("s3cr3t")));
    }

    @Test
    void whatIsTooLargeIsRefusedQuickly() {
        assertThat(Requirements.fault("a".repeat(100_000)).orElse("nothing"), containsString("at most"));
        assertThat(Requirements.fault("a==" + "1.".repeat(2_000)).orElse("nothing"), containsString("version"));
        assertThat(Requirements.fault("a;" + "(".repeat(4_000)).orElse("nothing"), containsString("condition"));
        assertThat(Requirements.fault("a" + "b".repeat(5_000)).orElse("nothing"), containsString("longer"));
    }
}
