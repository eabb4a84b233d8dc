package com.reliably.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.reliably.start.DatabaseUrl.Tls;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Either form of the address of a database is made from the other. */
class DatabaseUrlTest {

    @Test
    void theJdbcFormIsMadeFromTheReactiveOne() {
        DatabaseUrl url = DatabaseUrl.of("postgresql://db.example.com:5433/chaos", null);
        assertEquals("postgresql://db.example.com:5433/chaos?sslmode=prefer", url.reactive());
        assertEquals("jdbc:postgresql://db.example.com:5433/chaos?sslmode=prefer", url.jdbc());
        assertEquals(Optional.empty(), url.user());
    }

    @Test
    void theReactiveFormIsMadeFromTheJdbcOne() {
        DatabaseUrl url = DatabaseUrl.of(null, "jdbc:postgresql://db.example.com/chaos");
        assertEquals("postgresql://db.example.com/chaos?sslmode=prefer", url.reactive());
        assertEquals("jdbc:postgresql://db.example.com/chaos?sslmode=prefer", url.jdbc());
    }

    @ParameterizedTest
    @ValueSource(strings = {"vertx-reactive:postgresql://h/d", "postgres://h/d", "vertx-reactive:postgres://h/d"})
    void otherNamesOfTheSchemeAreUnderstood(String reactive) {
        DatabaseUrl url = DatabaseUrl.of(reactive, null);
        assertEquals("postgresql://h/d?sslmode=prefer", url.reactive());
        assertEquals("jdbc:postgresql://h/d?sslmode=prefer", url.jdbc());
    }

    @Test
    void credentialsAreTakenOutOfEitherForm() {
        DatabaseUrl url = DatabaseUrl.of("postgresql://chaos:p%40ss:w%2Fo+rd@h:5432/d", null);
        assertEquals("postgresql://h:5432/d?sslmode=prefer", url.reactive());
        assertEquals("jdbc:postgresql://h:5432/d?sslmode=prefer", url.jdbc());
        assertEquals(Optional.of("chaos"), url.user());
        assertEquals(Optional.of("p@ss:w/o+rd"), url.password());

        DatabaseUrl fromJdbc = DatabaseUrl.of(null, "jdbc:postgresql://h/d?user=chaos&password=p%40ss");
        assertEquals("postgresql://h/d?sslmode=prefer", fromJdbc.reactive());
        assertEquals("jdbc:postgresql://h/d?sslmode=prefer", fromJdbc.jdbc());
        assertEquals(Optional.of("chaos"), fromJdbc.user());
        assertEquals(Optional.of("p@ss"), fromJdbc.password());
    }

    @Test
    void aPasswordIsNotShownWithTheUrl() {
        assertFalse(DatabaseUrl.of("postgresql://chaos:hunter2@h/d", null)
                .toString()
                .contains("hunter2"));
    }

    @Test
    void parametersKeepTheirMeaningUnderTheOtherClientsNames() {
        DatabaseUrl url =
                DatabaseUrl.of("postgresql://h/d?sslmode=require&search_path=chaos&application_name=a%20b", null);
        assertEquals("jdbc:postgresql://h/d?sslmode=require&currentSchema=chaos&ApplicationName=a%20b", url.jdbc());

        DatabaseUrl fromJdbc = DatabaseUrl.of(null, "jdbc:postgresql://h/d?currentSchema=chaos&ssl=true");
        assertEquals("postgresql://h/d?search_path=chaos&sslmode=verify-full", fromJdbc.reactive());
    }

    @Test
    void bothClientsEncryptAlike() {
        assertEquals(Tls.UNVERIFIED, DatabaseUrl.of("postgresql://h/d", null).tls());
        assertEquals(
                Tls.UNVERIFIED,
                DatabaseUrl.of("postgresql://h/d?sslmode=require", null).tls());
        assertEquals(
                Tls.DISABLE,
                DatabaseUrl.of("postgresql://h/d?sslmode=disable", null).tls());
        DatabaseUrl verified = DatabaseUrl.of(null, "jdbc:postgresql://h/d?sslmode=verify-ca&sslrootcert=/etc/ca.pem");
        assertEquals(Tls.VERIFY_CA, verified.tls());
        assertEquals(Optional.of("/etc/ca.pem"), verified.rootCertificate());
    }

    @Test
    void bothUrlsAreLeftAsTheyWereGiven() {
        String several = "jdbc:postgresql://h1:5432,h2:5432/d?targetServerType=primary";
        DatabaseUrl url = DatabaseUrl.of("postgresql://h/d", several);
        assertEquals("postgresql://h/d?sslmode=prefer", url.reactive());
        assertEquals(several, url.jdbc());
    }

    @Test
    void aHostMayBeAnAddressOfIpVersion6() {
        DatabaseUrl url = DatabaseUrl.of("postgresql://u@[2001:db8::1]:5432/d", null);
        assertEquals("jdbc:postgresql://[2001:db8::1]:5432/d?sslmode=prefer", url.jdbc());
        assertEquals(Optional.of("u"), url.user());
    }

    @Test
    void withoutAHostOrADatabaseTheUsualOnesAreMeant() {
        assertEquals(
                "jdbc:postgresql://localhost/chaos?sslmode=prefer",
                DatabaseUrl.of("postgresql://chaos@", null).jdbc());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mysql://h/d",
                "h:5432/d",
                "postgresql:d",
                "postgresql://h1,h2/d",
                "postgresql://u:se/cret@h/d",
                "postgresql://h:x/d",
                "postgresql://h/%zz"
            })
    void whatIsNotSuchAUrlIsRefusedWithoutRepeatingIt(String url) {
        StartFailure failure = assertThrows(StartFailure.class, () -> DatabaseUrl.of(url, null));
        assertFalse(failure.getMessage().contains(url));
        assertFalse(failure.getMessage().contains("cret"));
    }
}
