package com.reliably.deployment;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Credentials of a cluster, as kubectl keeps them. What reads a file of the server, runs a command on it, or loosens
 * TLS is refused, in every entry and not only in the current context's: what is not in the lists below is not known to be
 * harmless. No message quotes the document, because it is a secret.
 */
final class Kubeconfig {

    private static final String REMEDY =
            "; 'kubectl config view --minify --flatten --raw' writes one that holds everything itself";

    private static final Set<String> CLUSTER_MEMBERS = Set.of(
            "server",
            "certificate-authority-data",
            "tls-server-name",
            "insecure-skip-tls-verify",
            "disable-compression",
            "extensions");
    private static final Set<String> USER_MEMBERS = Set.of(
            "token",
            "username",
            "password",
            "client-certificate-data",
            "client-key-data",
            "exec",
            "as",
            "as-uid",
            "as-groups",
            "as-user-extra",
            "extensions");
    private static final Set<String> EXEC_MEMBERS =
            Set.of("apiVersion", "command", "args", "env", "interactiveMode", "provideClusterInfo", "installHint");
    private static final Set<String> FILES =
            Set.of("certificate-authority", "client-certificate", "client-key", "tokenFile");
    private static final List<String> AWS_KEYS = List.of("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    private static final Set<String> AWS_CLUSTER_OPTIONS = Set.of("-i", "--cluster-id", "--cluster-name");

    private Kubeconfig() {}

    /** What is wrong with the credentials, and what would be right; empty where nothing is. */
    static Optional<String> fault(String text) {
        try {
            check(YamlDocument.read(text));
            return Optional.empty();
        } catch (YamlDocument.Fault e) {
            return Optional.of("The kubeconfig is " + e.getMessage());
        } catch (Refused e) {
            return Optional.of(e.getMessage());
        }
    }

    private static void check(Map<?, ?> config) throws Refused {
        if (!"Config".equals(config.get("kind")) || !"v1".equals(config.get("apiVersion"))) {
            throw new Refused("This is not a kubeconfig: it needs 'apiVersion: v1' and 'kind: Config'");
        }
        Map<String, Map<?, ?>> clusters = entries(config, "clusters", "cluster");
        Map<String, Map<?, ?>> users = entries(config, "users", "user");
        Map<String, Map<?, ?>> contexts = entries(config, "contexts", "context");
        for (Map<?, ?> cluster : clusters.values()) {
            checkCluster(cluster);
        }
        for (Map<?, ?> user : users.values()) {
            checkUser(user);
        }
        Object current = config.get("current-context");
        if (!(current instanceof String name) || name.isEmpty()) {
            throw new Refused("The kubeconfig has no 'current-context'; say which of its contexts to use");
        }
        Map<?, ?> context = contexts.get(name);
        if (context == null) {
            throw new Refused("The 'current-context' of the kubeconfig is not one of its contexts; name one of them");
        }
        if (!clusters.containsKey(textOrEmpty(context.get("cluster")))) {
            throw new Refused("The current context's cluster is not in 'clusters'; add it");
        }
        if (!users.containsKey(textOrEmpty(context.get("user")))) {
            throw new Refused("The current context's user is not in 'users'; add it");
        }
    }

    private static Map<String, Map<?, ?>> entries(Map<?, ?> config, String list, String member) throws Refused {
        Map<String, Map<?, ?>> byName = new HashMap<>();
        Object given = config.get(list);
        if (given == null) {
            return byName;
        }
        if (!(given instanceof List<?> items)) {
            throw new Refused("'" + list + "' of the kubeconfig is not a list");
        }
        for (int i = 0; i < items.size(); i++) {
            if (!(items.get(i) instanceof Map<?, ?> entry)
                    || !(entry.get("name") instanceof String name)
                    || !(entry.get(member) instanceof Map<?, ?> value)) {
                throw new Refused("'" + list + "[" + i + "]' of the kubeconfig needs a 'name' and a '" + member + "'");
            }
            if (byName.put(name, value) != null) {
                throw new Refused("'" + list + "[" + i + "]' of the kubeconfig has the name of another one");
            }
        }
        return byName;
    }

    private static void checkCluster(Map<?, ?> cluster) throws Refused {
        if (cluster.containsKey("proxy-url")) {
            throw new Refused("A kubeconfig with a 'proxy-url' is not taken: this server goes to the cluster directly");
        }
        if (cluster.get("insecure-skip-tls-verify") != null
                && !Boolean.FALSE.equals(cluster.get("insecure-skip-tls-verify"))) {
            throw new Refused("'insecure-skip-tls-verify' is not taken; give the cluster's certificate authority in"
                    + " 'certificate-authority-data'");
        }
        checkMembers(cluster, CLUSTER_MEMBERS, "a cluster");
        checkServer(cluster.get("server"));
        checkBase64(cluster, "certificate-authority-data");
    }

    private static void checkServer(Object server) throws Refused {
        URI url;
        try {
            url = new URI(textOrEmpty(server));
        } catch (URISyntaxException e) {
            throw new Refused("A cluster's 'server' is not a URL; give one as in 'https://k8s.example.com:6443'");
        }
        if (!"https".equalsIgnoreCase(url.getScheme()) || url.getHost() == null) {
            throw new Refused("A cluster's 'server' must be a URL with https, as in 'https://k8s.example.com:6443'");
        }
        if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new Refused("A cluster's 'server' must not have a user, a query or a fragment in its URL");
        }
    }

    private static void checkUser(Map<?, ?> user) throws Refused {
        if (user.containsKey("auth-provider")) {
            throw new Refused("A kubeconfig with an 'auth-provider' is not taken: no client supports it any more; use a"
                    + " token or a client certificate");
        }
        checkMembers(user, USER_MEMBERS, "a user");
        checkBase64(user, "client-certificate-data");
        checkBase64(user, "client-key-data");
        if ((user.get("client-certificate-data") == null) != (user.get("client-key-data") == null)) {
            throw new Refused("A user's 'client-certificate-data' and 'client-key-data' need each other; give both");
        }
        if (user.get("exec") != null) {
            checkExec(user.get("exec"));
        } else if (user.get("token") == null && user.get("password") == null && user.get("client-key-data") == null) {
            throw new Refused(
                    "A user of the kubeconfig has no credentials; give a token or a client certificate" + REMEDY);
        }
    }

    /** Nothing is executed: these two are understood, and their tokens are made from the keys. */
    private static void checkExec(Object given) throws Refused {
        if (!(given instanceof Map<?, ?> exec)) {
            throw new Refused("A user's 'exec' is not a mapping");
        }
        String command = textOrEmpty(exec.get("command"));
        String program = command.substring(command.lastIndexOf('/') + 1);
        List<?> arguments = exec.get("args") instanceof List<?> list ? list : List.of();
        boolean authenticator = program.equals("aws-iam-authenticator") && arguments.contains("token");
        int eks = arguments.indexOf("eks");
        boolean cli = program.equals("aws")
                && eks >= 0
                && eks + 1 < arguments.size()
                && "get-token".equals(arguments.get(eks + 1));
        if (!authenticator && !cli) {
            throw new Refused("No command is run for a user's 'exec'; only 'aws-iam-authenticator token' and 'aws eks"
                    + " get-token' are understood. Use a token or a client certificate");
        }
        checkMembers(exec, EXEC_MEMBERS, "a user's 'exec'");
        if (arguments.stream().anyMatch(argument -> textOrEmpty(argument).startsWith("--profile"))) {
            throw new Refused("A user's 'exec' must not name a '--profile', which is a file; give the keys in 'env'");
        }
        if (arguments.stream().noneMatch(Kubeconfig::namesTheCluster)) {
            throw new Refused(
                    "A user's 'exec' does not say which EKS cluster; add '--cluster-name' or '-i' to its 'args'");
        }
        checkAwsKeys(exec.get("env"));
    }

    private static boolean namesTheCluster(Object argument) {
        String text = textOrEmpty(argument);
        int equals = text.indexOf('=');
        return AWS_CLUSTER_OPTIONS.contains(equals < 0 ? text : text.substring(0, equals));
    }

    private static void checkAwsKeys(Object given) throws Refused {
        Set<Object> names = new HashSet<>();
        for (Object variable : given instanceof List<?> list ? list : List.of()) {
            if (variable instanceof Map<?, ?> entry
                    && !textOrEmpty(entry.get("value")).isBlank()) {
                names.add(entry.get("name"));
            }
        }
        for (String key : AWS_KEYS) {
            if (!names.contains(key)) {
                throw new Refused(
                        "A user's 'exec' needs " + key + " in its 'env': 'name: " + key + "' with its 'value'");
            }
        }
    }

    private static void checkMembers(Map<?, ?> entry, Set<String> known, String what) throws Refused {
        for (Object member : entry.keySet()) {
            String name = textOrEmpty(member);
            if (FILES.contains(name)) {
                throw new Refused(
                        "'" + name + "' names a file, which this server does not read; give its content" + REMEDY);
            }
            if (!known.contains(name)) {
                throw new Refused(
                        "The kubeconfig has a member in " + what + " that this server does not know; it takes "
                                + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    private static void checkBase64(Map<?, ?> entry, String member) throws Refused {
        Object data = entry.get(member);
        if (data == null) {
            return;
        }
        try {
            if (Base64.getDecoder().decode(textOrEmpty(data).replaceAll("\\s", "")).length > 0) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // Refused below, without quoting it.
        }
        throw new Refused("'" + member + "' of the kubeconfig is not base64" + REMEDY);
    }

    private static String textOrEmpty(Object value) {
        return value instanceof String text ? text : "";
    }

    private static final class Refused extends Exception {

        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }
}
