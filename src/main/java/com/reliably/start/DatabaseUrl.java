package com.reliably.start;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where the database is, in the two forms that the server needs: for the reactive client, and for Flyway over JDBC.
 * Either is made from the other, so that the operator has to give only one. Credentials in a URL are taken out of it,
 * because JDBC does not know them there, and because URLs are logged.
 *
 * @param reactive {@code postgresql://host:port/database?…}
 * @param jdbc     {@code jdbc:postgresql://host:port/database?…}
 * @param user     the user that a URL names
 * @param password the password that a URL holds
 * @param tls      how connections are encrypted, in libpq's words (sslmode), as the reactive client has to be told
 * @param rootCertificate the file of the authority that has to have signed the database's certificate (sslrootcert)
 */
record DatabaseUrl(
        String reactive,
        String jdbc,
        Optional<String> user,
        Optional<String> password,
        Tls tls,
        Optional<String> rootCertificate) {

    /** How much a connection trusts the database's certificate. */
    enum Tls {
        /** Nothing is encrypted. */
        DISABLE,
        /** Encrypted, as far as the database can; its certificate is not looked at. */
        UNVERIFIED,
        /** Its certificate has to be signed by the given authority. */
        VERIFY_CA,
        /** And to name the database's host. */
        VERIFY_FULL;

        private static Tls ofMode(String mode) {
            return switch (mode) {
                case "allow", "prefer", "require" -> UNVERIFIED;
                case "verify-ca" -> VERIFY_CA;
                case "verify-full" -> VERIFY_FULL;
                default -> DISABLE;
            };
        }
    }

    private static final String REACTIVE_SETTING = "QUARKUS_DATASOURCE_REACTIVE_URL";
    private static final String JDBC_SETTING = "QUARKUS_DATASOURCE_JDBC_URL";
    private static final Pattern REACTIVE = Pattern.compile("(?:vertx-reactive:)?postgres(?:ql)?://(.*)");
    private static final Pattern JDBC = Pattern.compile("jdbc:postgresql://(.*)");
    private static final Pattern PLACE = Pattern.compile(
            "(?:(?<user>[^:/?#@]*)(?::(?<password>[^/?#]*))?@)?"
                    + "(?<host>\\[[0-9A-Fa-f:.%]+]|[^:/?#,\\[\\]@]*)(?::(?<port>[0-9]{1,5}))?(?:/(?<database>[^/?#]*))?(?:\\?(?<query>[^#]*))?");

    private static final Pattern BAD_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    /** Parameters that mean the same to both clients, by the reactive client's name (libpq's) and by JDBC's. */
    private static final Map<String, String> JDBC_NAMES =
            Map.of("search_path", "currentSchema", "application_name", "ApplicationName");

    /** What the operator configured; empty where nothing is. */
    static Optional<DatabaseUrl> configured() {
        Optional<String> reactive = Setting.of(REACTIVE_SETTING, "quarkus.datasource.reactive.url");
        Optional<String> jdbc = Setting.of(JDBC_SETTING, "quarkus.datasource.jdbc.url");
        if (reactive.isEmpty() && jdbc.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(of(reactive.orElse(null), jdbc.orElse(null)));
    }

    /**
     * Completes the pair; one of the two may be null.
     *
     * @throws StartFailure where a URL is not one of PostgreSQL; the message does not repeat it, it may hold a password
     */
    static DatabaseUrl of(String reactive, String jdbc) {
        String reactiveRest =
                reactive == null ? null : rest(REACTIVE, reactive, REACTIVE_SETTING, "postgresql://host:5432/database");
        String jdbcRest = jdbc == null ? null : rest(JDBC, jdbc, JDBC_SETTING, "jdbc:postgresql://host:5432/database");
        if (reactiveRest == null) {
            Place place = Place.parse(jdbcRest, JDBC_SETTING);
            return place.toUrl(place.forJdbc());
        }
        Place place = Place.parse(reactiveRest, REACTIVE_SETTING);
        // Given both, the operator knows better: several hosts, say, are written differently for either client.
        return place.toUrl(jdbcRest == null ? place.forJdbc() : jdbc);
    }

    private static String rest(Pattern form, String url, String setting, String example) {
        Matcher matcher = form.matcher(url);
        if (!matcher.matches()) {
            throw new StartFailure(setting + " must look like " + example);
        }
        return matcher.group(1);
    }

    /** The parts of a URL, not percent-encoded; parameters by libpq's names. */
    private record Place(
            Optional<String> user,
            Optional<String> password,
            String host,
            Optional<String> port,
            String database,
            Map<String, String> parameters) {

        static Place parse(String text, String setting) {
            Matcher parts = PLACE.matcher(text);
            if (!parts.matches() || BAD_ESCAPE.matcher(text).find()) {
                throw new StartFailure(
                        setting + " is not of the form //user:password@host:port/database?parameters; characters"
                                + " such as '/', '?' and '#' in a password are written %2F, %3F and %23, and several hosts need both URLs");
            }
            Map<String, String> parameters = parametersOf(parts.group("query"));
            Optional<String> user =
                    Optional.ofNullable(parameters.remove("user")).or(() -> decoded(parts.group("user")));
            Optional<String> password =
                    Optional.ofNullable(parameters.remove("password")).or(() -> decoded(parts.group("password")));
            String host = parts.group("host").isEmpty() ? "localhost" : parts.group("host");
            return new Place(
                    user,
                    password,
                    host,
                    Optional.ofNullable(parts.group("port")),
                    decoded(parts.group("database")).or(() -> user).orElse(""),
                    parameters);
        }

        DatabaseUrl toUrl(String jdbc) {
            return new DatabaseUrl(
                    "postgresql:" + place() + query(Map.of()),
                    jdbc,
                    user,
                    password,
                    Tls.ofMode(parameters.get("sslmode")),
                    Optional.ofNullable(parameters.get("sslrootcert")));
        }

        String forJdbc() {
            return "jdbc:postgresql:" + place() + query(JDBC_NAMES);
        }

        private String place() {
            return "//" + host + port.map(number -> ":" + number).orElse("") + "/" + encoded(database);
        }

        private String query(Map<String, String> names) {
            return parameters.isEmpty()
                    ? ""
                    : parameters.entrySet().stream()
                            .map(entry -> names.getOrDefault(entry.getKey(), entry.getKey()) + "="
                                    + encoded(entry.getValue()))
                            .collect(Collectors.joining("&", "?", ""));
        }

        private static Map<String, String> parametersOf(String query) {
            Map<String, String> parameters = new LinkedHashMap<>();
            if (query != null) {
                for (String pair : query.split("&")) {
                    int equals = pair.indexOf('=');
                    if (equals > 0) {
                        parameters.put(
                                libpqName(pair.substring(0, equals)),
                                decoded(pair.substring(equals + 1)).orElse(""));
                    }
                }
            }
            // JDBC's default, and its short form; the reactive client's own default is to talk in clear.
            parameters.putIfAbsent("sslmode", "true".equals(parameters.remove("ssl")) ? "verify-full" : "prefer");
            return parameters;
        }

        private static String libpqName(String name) {
            return JDBC_NAMES.entrySet().stream()
                    .filter(entry -> entry.getValue().equals(name))
                    .map(Map.Entry::getKey)
                    .findAny()
                    .orElse(name);
        }

        private static Optional<String> decoded(String text) {
            // A plus sign is itself here, as in libpq; the decoder is one for forms.
            return Optional.ofNullable(text)
                    .filter(some -> !some.isEmpty())
                    .map(some -> URLDecoder.decode(some.replace("+", "%2B"), StandardCharsets.UTF_8));
        }

        private static String encoded(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "DatabaseUrl[" + reactive + "]";
    }
}
