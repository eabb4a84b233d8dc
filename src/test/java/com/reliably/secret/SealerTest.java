package com.reliably.secret;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.testing.OnEveryJdk;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@OnEveryJdk
class SealerTest {

    private final SecretOwner owner = SecretOwner.deployment(UUID.randomUUID(), UUID.randomUUID());
    private final Sealer old = sealer("old:" + EncryptionKeysTest.B);
    private final Sealer current = sealer("new:" + EncryptionKeysTest.A + ",old:" + EncryptionKeysTest.B);

    @ParameterizedTest
    @ValueSource(strings = {"", "s3cr3t", "ünïcödé 🔑\n"})
    void whatWasSealedOpens(String clear) {
        byte[] sealed = current.seal(owner, "token", clear);
        assertEquals(clear, current.open(owner, "token", "new", sealed));
    }

    @Test
    void theSameSecretNeverLooksTheSame() {
        assertFalse(Arrays.equals(current.seal(owner, "token", "x"), current.seal(owner, "token", "x")));
    }

    @Test
    void whatAnOlderKeySealedStillOpens() {
        assertEquals("x", current.open(owner, "token", "old", old.seal(owner, "token", "x")));
    }

    @Test
    void aKeyThatIsGoneIsNamed() {
        byte[] sealed = current.seal(owner, "token", "x");
        assertThat(
                assertThrows(IllegalStateException.class, () -> old.open(owner, "token", "new", sealed))
                        .getMessage(),
                containsString("'new'"));
    }

    @Test
    void aRowThatWasMovedOrChangedDoesNotOpen() {
        byte[] sealed = current.seal(owner, "token", "x");
        SecretOwner other = SecretOwner.deployment(owner.orgId(), UUID.randomUUID());
        assertThrows(IllegalStateException.class, () -> current.open(other, "token", "new", sealed));
        assertThrows(IllegalStateException.class, () -> current.open(owner, "other", "new", sealed));
        sealed[sealed.length - 1] ^= 1;
        assertThrows(IllegalStateException.class, () -> current.open(owner, "token", "new", sealed));
    }

    static Sealer sealer(String keys) {
        return new Sealer(() -> Optional.of(keys));
    }
}
