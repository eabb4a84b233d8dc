package com.reliably.deployment;

import com.reliably.deployment.ClusterAccess.Basic;
import com.reliably.deployment.ClusterAccess.ClientCertificate;
import com.reliably.deployment.ClusterAccess.Credentials;
import com.reliably.deployment.ClusterAccess.Impersonation;
import com.reliably.deployment.ClusterAccess.NoCredentials;
import com.reliably.deployment.ClusterAccess.Token;
import com.reliably.outbound.UrlHost;
import com.reliably.yaml.UnreadableYaml;
import com.reliably.yaml.YamlDialect;
import com.reliably.yaml.YamlReader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Credentials of a cluster, as kubectl keeps them, taken apart rather than executed (docs/adr/0015). What reads a file of
 * the server, runs a command on it, or loosens TLS is refused in the cluster and the user of the current context: what is not in
 * the lists below is not known to be harmless. Other entries are not used, and not looked at. What is null or empty is not
 * given, as kubectl has it. No message quotes the document, because it is a secret.
 */
public final class Kubeconfig {

    private static final String REMEDY =
            "; 'kubectl config view --minify --flatten --raw' writes one that holds everything itself";

    private static final int LARGEST_PORT = 65_535;
    private static final Pattern TLS_NAME = Pattern.compile("[A-Za-z0-9_.:-]{1,253}");

    private static final Set<String> CLUSTER_MEMBERS = Set.of(
            "server",
            "certificate-authority-data",
            "insecure-skip-tls-verify",
            "proxy-url",
            "tls-server-name",
            "disable-compression",
            "extensions");
    private static final Set<String> USER_MEMBERS = Set.of(
            "token",
            "username",
            "password",
            "client-certificate-data",
            "client-key-data",
            "exec",
            "auth-provider",
            "as",
            "as-uid",
            "as-groups",
            "as-user-extra",
            "extensions");
    private static final Set<String> OIDC_MEMBERS =
            Set.of("id-token", "idp-issuer-url", "client-id", "extra-scopes", "idp-certificate-authority-data");
    private static final Set<String> FILES = Set.of(
            "certificate-authority", "client-certificate", "client-key", "tokenFile", "idp-certificate-authority");

    private static final Set<String> SECRET_MEMBERS = Set.of("token", "password", "client-key-data", "id-token");
    private static final Set<String> SECRETS_OF_AWS = Set.of("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");

    private final ClusterReach reach;

    private Kubeconfig(ClusterReach reach) {
        this.reach = reach;
    }

    /** What is wrong with the credentials, and what would be right; empty where nothing is. */
    static Optional<String> fault(String text, DeploymentPolicy.Kubernetes policy) {
        try {
            read(text, policy);
            return Optional.empty();
        } catch (RefusedKubeconfig e) {
            return Optional.of(e.getMessage());
        }
    }

    /** How the current context reaches its cluster. Nothing is resolved, read or executed to find that out. */
    public static ClusterAccess read(String text, DeploymentPolicy.Kubernetes policy) throws RefusedKubeconfig {
        try {
            return new Kubeconfig(ClusterReach.of(policy)).access(YamlReader.readMapping(text, YamlDialect.KUBECTL));
        } catch (UnreadableYaml e) {
            throw new RefusedKubeconfig("The kubeconfig is " + e.getMessage());
        }
    }

    /** Its tokens, passwords and keys, of all of its users; empty where it cannot be read, and so is never used. */
    static List<String> secretValues(String text) {
        List<String> found = new ArrayList<>();
        try {
            addSecrets(YamlReader.readMapping(text, YamlDialect.KUBECTL), found);
        } catch (UnreadableYaml unused) {
            return List.of();
        }
        return found;
    }

    private static void addSecrets(Object part, List<String> found) {
        if (part instanceof List<?> list) {
            list.forEach(item -> addSecrets(item, found));
        }
        if (part instanceof Map<?, ?> mapping) {
            mapping.forEach((name, value) -> {
                boolean ofAws = "value".equals(name) && SECRETS_OF_AWS.contains(String.valueOf(mapping.get("name")));
                if (value instanceof String secret && (ofAws || SECRET_MEMBERS.contains(String.valueOf(name)))) {
                    found.add(secret);
                    if ("client-key-data".equals(name)) {
                        addDecoded(secret, found);
                    }
                }
                addSecrets(value, found);
            });
        }
    }

    private static void addDecoded(String base64, List<String> found) {
        try {
            found.add(new String(Base64.getMimeDecoder().decode(base64), StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException noKey) {
            // Then it is not used either.
        }
    }

    private ClusterAccess access(Map<?, ?> config) throws RefusedKubeconfig {
        if (!isAbsentOr("Config", config.get("kind")) || !isAbsentOr("v1", config.get("apiVersion"))) {
            throw new RefusedKubeconfig("This is not a kubeconfig: it needs 'apiVersion: v1' and 'kind: Config'");
        }
        Map<String, Map<?, ?>> clusters = entries(config, "clusters", "cluster");
        Map<String, Map<?, ?>> users = entries(config, "users", "user");
        Map<String, Map<?, ?>> contexts = entries(config, "contexts", "context");
        Object current = config.get("current-context");
        if (!(current instanceof String name) || name.isEmpty()) {
            throw new RefusedKubeconfig("The kubeconfig has no 'current-context'; say which of its contexts to use");
        }
        Map<?, ?> context = contexts.get(name);
        if (context == null) {
            throw new RefusedKubeconfig(
                    "The 'current-context' of the kubeconfig is not one of its contexts; name one of them");
        }
        Map<?, ?> cluster = clusters.get(textOrEmpty(context.get("cluster")));
        if (cluster == null) {
            throw new RefusedKubeconfig("The current context's cluster is not in 'clusters'; add it");
        }
        Map<?, ?> user = users.get(textOrEmpty(context.get("user")));
        if (user == null) {
            throw new RefusedKubeconfig("The current context's user is not in 'users'; add it");
        }
        boolean several = clusters.size() > 1 || users.size() > 1;
        cluster = given(cluster);
        user = given(user);
        try {
            checkCluster(cluster);
            checkUser(user);
        } catch (RefusedKubeconfig e) {
            throw several ? ofTheCurrentContext(e) : e;
        }
        return access(cluster, user);
    }

    /** As kubectl has it, which looks at neither. */
    private static boolean isAbsentOr(String wanted, Object given) {
        return given == null || "".equals(given) || wanted.equals(given);
    }

    /** Without what is null or empty, which is not given. */
    private static Map<?, ?> given(Map<?, ?> entry) {
        Map<Object, Object> given = new LinkedHashMap<>();
        entry.forEach((name, value) -> {
            boolean empty = value == null
                    || "".equals(value)
                    || value instanceof List<?> list && list.isEmpty()
                    || value instanceof Map<?, ?> map && map.isEmpty();
            if (!empty) {
                given.put(name, value);
            }
        });
        return given;
    }

    private static RefusedKubeconfig ofTheCurrentContext(RefusedKubeconfig fault) {
        return new RefusedKubeconfig(
                "Of the cluster and the user of the kubeconfig's current context: " + fault.getMessage()
                        + "; the others are not looked at, and 'kubectl config view --minify' leaves them out",
                fault.server());
    }

    private ClusterAccess access(Map<?, ?> cluster, Map<?, ?> user) throws RefusedKubeconfig {
        URI server = server(cluster.get("server"));
        return new ClusterAccess(
                server,
                decoded(cluster, "certificate-authority-data"),
                Boolean.TRUE.equals(cluster.get("insecure-skip-tls-verify")),
                proxy(cluster.get("proxy-url")),
                user.get("client-certificate-data") == null
                        ? null
                        : new ClientCertificate(
                                decoded(user, "client-certificate-data"), decoded(user, "client-key-data")),
                credentials(user, server),
                impersonation(user),
                tlsName(cluster.get("tls-server-name")));
    }

    private static String tlsName(Object given) throws RefusedKubeconfig {
        if (given == null) {
            return null;
        }
        String name = textOrEmpty(given);
        if (!TLS_NAME.matcher(name).matches()) {
            throw new RefusedKubeconfig("A cluster's 'tls-server-name' is no name; give one as in 'k8s.example.com'");
        }
        return name;
    }

    private static Map<String, Map<?, ?>> entries(Map<?, ?> config, String list, String member)
            throws RefusedKubeconfig {
        Map<String, Map<?, ?>> byName = new HashMap<>();
        Object given = config.get(list);
        if (given == null) {
            return byName;
        }
        if (!(given instanceof List<?> items)) {
            throw new RefusedKubeconfig("'" + list + "' of the kubeconfig is not a list");
        }
        for (int i = 0; i < items.size(); i++) {
            if (!(items.get(i) instanceof Map<?, ?> entry)
                    || !(entry.get("name") instanceof String name)
                    || entry.get(member) != null && !(entry.get(member) instanceof Map)) {
                throw new RefusedKubeconfig(
                        "'" + list + "[" + i + "]' of the kubeconfig needs a 'name' and a '" + member + "'");
            }
            Map<?, ?> value = entry.get(member) instanceof Map<?, ?> mapping ? mapping : Map.of();
            if (byName.put(name, value) != null) {
                throw new RefusedKubeconfig("'" + list + "[" + i + "]' of the kubeconfig has the name of another one");
            }
        }
        return byName;
    }

    private void checkCluster(Map<?, ?> cluster) throws RefusedKubeconfig {
        tlsName(cluster.get("tls-server-name"));
        checkMembers(cluster, CLUSTER_MEMBERS, "a cluster");
        Object insecure = cluster.get("insecure-skip-tls-verify");
        if (insecure != null
                && !Boolean.FALSE.equals(insecure)
                && !(Boolean.TRUE.equals(insecure) && reach.insecureTlsAllowed())) {
            throw new RefusedKubeconfig("'insecure-skip-tls-verify' is not taken; give the cluster's certificate"
                    + " authority in 'certificate-authority-data' (or have the operator set"
                    + " RELIABLY_KUBERNETES_INSECURE_TLS_ALLOWED)");
        }
        server(cluster.get("server"));
        proxy(cluster.get("proxy-url"));
        decoded(cluster, "certificate-authority-data");
    }

    private URI server(Object given) throws RefusedKubeconfig {
        URI url;
        try {
            url = new URI(textOrEmpty(given));
        } catch (URISyntaxException e) {
            throw new RefusedKubeconfig(
                    "A cluster's 'server' is not a URL; give one as in 'https://k8s.example.com:6443'");
        }
        if (!"https".equalsIgnoreCase(url.getScheme()) || UrlHost.of(url) == null) {
            throw new RefusedKubeconfig(
                    "A cluster's 'server' must be a URL with https, as in 'https://k8s.example.com:6443'");
        }
        if (UrlHost.portOf(url, 1) < 1 || UrlHost.portOf(url, 1) > LARGEST_PORT) {
            throw new RefusedKubeconfig("A cluster's 'server' has no port that there is; give one from 1 to 65535");
        }
        if (UrlHost.hasUser(url) || url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new RefusedKubeconfig("A cluster's 'server' must not have a user, a query or a fragment in its URL");
        }
        Optional<String> fault = reach.hostFault(UrlHost.of(url));
        if (fault.isPresent()) {
            throw new RefusedKubeconfig("A cluster's 'server' is not taken: " + fault.get(), url);
        }
        return url;
    }

    private URI proxy(Object given) throws RefusedKubeconfig {
        if (given == null || "".equals(given)) {
            return null;
        }
        return reach.allowedProxy(textOrEmpty(given))
                .orElseThrow(() -> new RefusedKubeconfig("A kubeconfig with this 'proxy-url' is not taken: this server"
                        + " goes to the cluster directly, or through a proxy that its operator names in"
                        + " RELIABLY_KUBERNETES_ALLOWED_PROXIES"));
    }

    private void checkUser(Map<?, ?> user) throws RefusedKubeconfig {
        checkMembers(user, USER_MEMBERS, "a user");
        decoded(user, "client-certificate-data");
        decoded(user, "client-key-data");
        if ((user.get("client-certificate-data") == null) != (user.get("client-key-data") == null)) {
            throw new RefusedKubeconfig(
                    "A user's 'client-certificate-data' and 'client-key-data' need each other; give both");
        }
        if (credentials(user, null) instanceof NoCredentials && user.get("client-key-data") == null) {
            throw new RefusedKubeconfig(
                    "A user of the kubeconfig has no credentials; give a token or a client certificate" + REMEDY);
        }
        impersonation(user);
    }

    private static Credentials credentials(Map<?, ?> user, URI server) throws RefusedKubeconfig {
        if (user.get("exec") != null) {
            return EksCommand.read(user.get("exec"), server);
        }
        if (user.get("auth-provider") != null) {
            return new Token(header(idToken(user.get("auth-provider")), "id-token"));
        }
        if (user.get("token") != null) {
            return new Token(header(user.get("token"), "token"));
        }
        if (user.get("password") != null || user.get("username") != null) {
            if (textOrEmpty(user.get("username")).isEmpty()
                    || textOrEmpty(user.get("password")).isEmpty()) {
                throw new RefusedKubeconfig("A user's 'username' and 'password' need each other, as text; give both");
            }
            return new Basic(textOrEmpty(user.get("username")), textOrEmpty(user.get("password")));
        }
        return new NoCredentials();
    }

    /** Only what kubectl would have sent: nobody is asked for a new one. */
    private static Object idToken(Object given) throws RefusedKubeconfig {
        if (!(given instanceof Map<?, ?> provider)
                || !"oidc".equals(provider.get("name"))
                || !(provider.get("config") instanceof Map<?, ?> written)) {
            throw new RefusedKubeconfig("A kubeconfig with an 'auth-provider' is not taken, except 'oidc' with an"
                    + " 'id-token': no client supports others any more; use a token or a client certificate");
        }
        Map<?, ?> config = given(written);
        if (config.get("refresh-token") != null || config.get("client-secret") != null) {
            throw new RefusedKubeconfig("An 'auth-provider' with a 'refresh-token' or a 'client-secret' is not taken:"
                    + " this server refreshes no tokens. Take both out and give an 'id-token' that lasts, or the token"
                    + " of a ServiceAccount");
        }
        checkMembers(config, OIDC_MEMBERS, "an 'auth-provider'");
        if (config.get("id-token") == null) {
            throw new RefusedKubeconfig(
                    "An 'auth-provider' needs an 'id-token'; give one, or the token of a" + " ServiceAccount");
        }
        return config.get("id-token");
    }

    /** Text that can be a part of a header, and not begin another one. */
    private static String header(Object given, String member) throws RefusedKubeconfig {
        String text = textOrEmpty(given).strip();
        if (text.isEmpty() || text.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new RefusedKubeconfig("A user's '" + member + "' is not a token; give it as one line of text");
        }
        return text;
    }

    private static Impersonation impersonation(Map<?, ?> user) throws RefusedKubeconfig {
        Map<String, List<String>> extra = new LinkedHashMap<>();
        Object given = user.get("as-user-extra");
        if (given != null && !(given instanceof Map)) {
            throw new RefusedKubeconfig("A user's 'as-user-extra' is not a mapping");
        }
        if (given instanceof Map<?, ?> entries) {
            for (Map.Entry<?, ?> entry : entries.entrySet()) {
                extra.put(header(entry.getKey(), "as-user-extra"), texts(entry.getValue(), "as-user-extra"));
            }
        }
        List<String> groups = texts(user.get("as-groups"), "as-groups");
        String uid = user.get("as-uid") == null ? null : line(user.get("as-uid"), "as-uid");
        if (user.get("as") == null) {
            if (uid != null || !groups.isEmpty() || !extra.isEmpty()) {
                throw new RefusedKubeconfig("A user that acts as another needs its name in 'as'; add it");
            }
            return null;
        }
        return new Impersonation(line(user.get("as"), "as"), uid, groups, extra);
    }

    private static List<String> texts(Object given, String member) throws RefusedKubeconfig {
        if (given == null) {
            return List.of();
        }
        if (!(given instanceof List<?> list)) {
            throw new RefusedKubeconfig("A user's '" + member + "' is not a list of texts");
        }
        List<String> texts = new ArrayList<>();
        for (Object text : list) {
            texts.add(line(text, member));
        }
        return texts;
    }

    private static String line(Object given, String member) throws RefusedKubeconfig {
        String text = textOrEmpty(given);
        if (text.isBlank() || text.chars().anyMatch(c -> c < ' ' || c > '~')) {
            throw new RefusedKubeconfig("A user's '" + member + "' is not a line of text");
        }
        return text;
    }

    private static void checkMembers(Map<?, ?> entry, Set<String> known, String what) throws RefusedKubeconfig {
        for (Object member : entry.keySet()) {
            String name = textOrEmpty(member);
            if (FILES.contains(name)) {
                throw new RefusedKubeconfig(
                        "'" + name + "' names a file, which this server does not read; give its content" + REMEDY);
            }
            if (!known.contains(name)) {
                throw new RefusedKubeconfig(
                        "The kubeconfig has a member in " + what + " that this server does not know; it takes "
                                + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    private static String decoded(Map<?, ?> entry, String member) throws RefusedKubeconfig {
        Object data = entry.get(member);
        if (data == null) {
            return null;
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(textOrEmpty(data).replaceAll("\\s", ""));
            if (bytes.length > 0) {
                return new String(bytes, StandardCharsets.US_ASCII);
            }
        } catch (IllegalArgumentException e) {
            // Refused below, without quoting it.
        }
        throw new RefusedKubeconfig("'" + member + "' of the kubeconfig is not base64" + REMEDY);
    }

    private static String textOrEmpty(Object value) {
        return value instanceof String text ? text : "";
    }
}
