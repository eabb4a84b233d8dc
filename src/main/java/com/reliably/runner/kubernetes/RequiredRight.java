package com.reliably.runner.kubernetes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Something that credentials must be allowed to do in the deployment's namespace.
 *
 * @param group    of the API; empty for the core one
 * @param resource in the plural, with a subresource behind a slash
 * @param verb     as Kubernetes has it
 * @param needed   whether runs need it; else it only makes more be told
 */
record RequiredRight(String group, String resource, String verb, boolean needed) {

    private static final List<String> KEPT = List.of("create", "get", "list", "watch", "patch", "delete");

    /** All that {@link JobCalls}, {@link NamespaceWatch}, {@link PodLog} and {@link KubernetesChecks} do. */
    static List<RequiredRight> all() {
        List<RequiredRight> all = new ArrayList<>();
        add(all, "batch", "jobs", true, KEPT);
        add(all, "batch", "cronjobs", true, KEPT);
        add(all, "", "secrets", true, List.of("create", "patch"));
        add(all, "", "pods", true, List.of("list", "watch", "delete"));
        add(all, "", "pods/log", true, List.of("get"));
        add(all, "", "events", false, List.of("list"));
        add(all, "", "serviceaccounts", false, List.of("get"));
        add(all, "", "namespaces", false, List.of("get"));
        return all;
    }

    private static void add(List<RequiredRight> to, String group, String resource, boolean needed, List<String> verbs) {
        verbs.forEach(verb -> to.add(new RequiredRight(group, resource, verb, needed)));
    }

    /** A Role with these rights and its binding, in YAML, ready for {@code kubectl apply -f -}. */
    static String role(List<RequiredRight> rights, String namespace, Identity identity) {
        return """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata:
                  name: reliably-server
                  namespace: %1$s
                rules:
                %2$s---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata:
                  name: reliably-server
                  namespace: %1$s
                roleRef:
                  apiGroup: rbac.authorization.k8s.io
                  kind: Role
                  name: reliably-server
                subjects:
                %3$s""".formatted(namespace, rules(rights), identity.subject());
    }

    private static String rules(List<RequiredRight> rights) {
        Map<String, List<RequiredRight>> byResource = rights.stream()
                .collect(Collectors.groupingBy(
                        right -> right.group() + " " + right.resource(), LinkedHashMap::new, Collectors.toList()));
        StringBuilder rules = new StringBuilder();
        byResource.values().forEach(same -> rules.append("- apiGroups: [\"")
                .append(same.get(0).group())
                .append("\"]\n  resources: [\"")
                .append(same.get(0).resource())
                .append("\"]\n  verbs: [")
                .append(same.stream().map(right -> '"' + right.verb() + '"').collect(Collectors.joining(", ")))
                .append("]\n"));
        return rules.toString();
    }

    /** As in {@code get pods/log}. */
    String words() {
        return verb + " " + resource + (group.isEmpty() ? "" : "." + group);
    }

    /** Who the credentials are of, for the binding of a role. */
    record Identity(String username) {

        private static final String SERVICE_ACCOUNT = "system:serviceaccount:";

        private String subject() {
            String[] parts = username.startsWith(SERVICE_ACCOUNT)
                    ? username.substring(SERVICE_ACCOUNT.length()).split(":", -1)
                    : new String[0];
            return parts.length == 2
                    ? "- kind: ServiceAccount\n  name: " + parts[1] + "\n  namespace: " + parts[0] + "\n"
                    : "- apiGroup: rbac.authorization.k8s.io\n  kind: User\n  name: '" + username.replace("'", "''")
                            + "'\n";
        }
    }
}
