package com.reliably.deployment;

import com.reliably.deployment.ClusterAccess.Eks;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The two commands with which kubeconfigs of EKS clusters get their tokens, understood rather than executed: {@code
 * aws-iam-authenticator token} and {@code aws eks get-token}.
 */
final class EksCommand {

    private static final String SUPPORTED = "'aws-iam-authenticator token -i CLUSTER' and 'aws eks get-token"
            + " --cluster-name CLUSTER [--region REGION]'";
    private static final Set<String> MEMBERS =
            Set.of("apiVersion", "command", "args", "env", "interactiveMode", "provideClusterInfo", "installHint");
    private static final Set<String> CLUSTER_OPTIONS = Set.of("-i", "--cluster-id", "--cluster-name");
    private static final Set<String> ROLE_OPTIONS =
            Set.of("-r", "--role", "--role-arn", "-e", "--external-id", "-s", "--session-name");
    /** Options with a value that change nothing for us: the format of the output, and where tokens would be kept. */
    private static final Set<String> OUTPUT_OPTIONS = Set.of("--output", "-o");

    private static final Set<String> FLAGS = Set.of("--cache", "--forward-session-name", "--no-cli-pager");
    private static final Set<String> PROFILE_VARIABLES = Set.of(
            "AWS_PROFILE",
            "AWS_DEFAULT_PROFILE",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_ROLE_ARN");
    /** What EKS allows as a name, and the ids of local clusters. */
    private static final Pattern CLUSTER = Pattern.compile("[0-9A-Za-z][A-Za-z0-9_-]{0,99}");

    private static final Pattern REGION = Pattern.compile("[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}");
    private static final Pattern SERVER = Pattern.compile(
            ".*\\.([a-z0-9-]+)\\.eks\\.(?:amazonaws\\.com(?:\\.cn)?|amazonwebservices\\.com\\.cn|api\\.aws)");
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,8192}");

    private EksCommand() {}

    /**
     * What the command would have made tokens of.
     *
     * @param given  the member {@code exec} of a user
     * @param server the cluster's, whose name may hold the region; null where it is not known
     */
    static Eks read(Object given, URI server) throws RefusedKubeconfig {
        if (!(given instanceof Map<?, ?> exec)) {
            throw new RefusedKubeconfig("A user's 'exec' is not a mapping");
        }
        List<String> arguments = arguments(exec.get("args"));
        boolean authenticator = program(exec).equals("aws-iam-authenticator");
        Optional<List<String>> rest = authenticator
                ? without(arguments, List.of("token"))
                : program(exec).equals("aws") ? without(arguments, List.of("eks", "get-token")) : Optional.empty();
        if (rest.isEmpty()) {
            throw new RefusedKubeconfig("No command is run for a user's 'exec'; only " + SUPPORTED
                    + " are understood. Use a token or a client certificate");
        }
        refuseUnknownMembers(exec);
        Map<String, String> options = options(rest.get());
        String cluster = options.get("cluster");
        if (cluster == null) {
            throw new RefusedKubeconfig(
                    "A user's 'exec' does not say which EKS cluster; add '--cluster-name' or '-i' to its 'args'");
        }
        if (!CLUSTER.matcher(cluster).matches()) {
            throw new RefusedKubeconfig("A user's 'exec' names an EKS cluster that cannot be one: letters, digits, '-'"
                    + " and '_', a letter or digit first, at most 100");
        }
        Map<String, String> variables = variables(exec.get("env"));
        return new Eks(
                cluster,
                region(options, variables, server),
                key(variables, "AWS_ACCESS_KEY_ID"),
                key(variables, "AWS_SECRET_ACCESS_KEY"),
                variables.containsKey("AWS_SESSION_TOKEN") ? key(variables, "AWS_SESSION_TOKEN") : null);
    }

    private static String program(Map<?, ?> exec) {
        String command = exec.get("command") instanceof String text ? text : "";
        return command.substring(command.lastIndexOf('/') + 1);
    }

    private static List<String> arguments(Object given) throws RefusedKubeconfig {
        if (!(given instanceof List<?> list)) {
            return List.of();
        }
        for (Object argument : list) {
            if (!(argument instanceof String)) {
                throw new RefusedKubeconfig("A user's 'exec' has an argument that is not text; put it in quotes");
            }
        }
        return list.stream().map(String.class::cast).toList();
    }

    /** The arguments without these words, which must stand in this order beside each other; empty where they do not. */
    private static Optional<List<String>> without(List<String> arguments, List<String> words) {
        int at = Collections.indexOfSubList(arguments, words);
        if (at < 0) {
            return Optional.empty();
        }
        List<String> rest = new ArrayList<>(arguments.subList(0, at));
        rest.addAll(arguments.subList(at + words.size(), arguments.size()));
        return Optional.of(rest);
    }

    private static void refuseUnknownMembers(Map<?, ?> exec) throws RefusedKubeconfig {
        for (Object member : exec.keySet()) {
            if (!(member instanceof String name) || !MEMBERS.contains(name)) {
                throw new RefusedKubeconfig("The kubeconfig has a member in a user's 'exec' that this server does not"
                        + " know; it takes "
                        + String.join(", ", MEMBERS.stream().sorted().toList()));
            }
        }
    }

    private static Map<String, String> options(List<String> arguments) throws RefusedKubeconfig {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
            String name = equals < 0 ? argument : argument.substring(0, equals);
            if (name.equals("--profile")) {
                throw new RefusedKubeconfig(
                        "A user's 'exec' must not name a '--profile', which is a file; give the keys in 'env'");
            }
            if (ROLE_OPTIONS.contains(name)) {
                throw new RefusedKubeconfig("A user's 'exec' must not name a role to assume ('" + name
                        + "'): this server asks AWS for nothing. Give the role's own keys in 'env', AWS_SESSION_TOKEN"
                        + " included, or let the keys' own user into the cluster");
            }
            if (FLAGS.contains(name) && equals < 0) {
                continue;
            }
            boolean cluster = CLUSTER_OPTIONS.contains(name);
            if (!cluster && !name.equals("--region") && !OUTPUT_OPTIONS.contains(name)) {
                throw new RefusedKubeconfig("A user's 'exec' has an argument that this server does not know; only "
                        + SUPPORTED + " are understood");
            }
            if (equals < 0 && ++i == arguments.size()) {
                throw new RefusedKubeconfig("A user's 'exec' ends with '" + name + "', without its value");
            }
            String value = equals < 0 ? arguments.get(i) : argument.substring(equals + 1);
            if (options.put(cluster ? "cluster" : name, value) != null) {
                throw new RefusedKubeconfig("A user's 'exec' has '" + name + "' twice; leave one");
            }
        }
        return options;
    }

    private static Map<String, String> variables(Object given) throws RefusedKubeconfig {
        Map<String, String> variables = new HashMap<>();
        for (Object variable : given instanceof List<?> list ? list : List.of()) {
            if (variable instanceof Map<?, ?> entry
                    && entry.get("name") instanceof String name
                    && entry.get("value") instanceof String value
                    && !value.isBlank()) {
                if (PROFILE_VARIABLES.contains(name)) {
                    throw new RefusedKubeconfig("A user's 'exec' must not have " + name
                            + " in its 'env', which leads to a file or a role; give the keys themselves");
                }
                variables.put(name, value.strip());
            }
        }
        return variables;
    }

    private static String key(Map<String, String> variables, String name) throws RefusedKubeconfig {
        String value = variables.get(name);
        if (value == null) {
            throw new RefusedKubeconfig(
                    "A user's 'exec' needs " + name + " in its 'env': 'name: " + name + "' with its 'value'");
        }
        if (!KEY.matcher(value).matches()) {
            throw new RefusedKubeconfig("The " + name + " in a user's 'exec' is not what AWS gives out");
        }
        return value;
    }

    /** As the commands find it, and else the one of the server's name. */
    private static String region(Map<String, String> options, Map<String, String> variables, URI server)
            throws RefusedKubeconfig {
        String region = options.get("--region");
        if (region == null) {
            region = variables.getOrDefault("AWS_REGION", variables.get("AWS_DEFAULT_REGION"));
        }
        if (region == null && server != null && server.getHost() != null) {
            Matcher name = SERVER.matcher(server.getHost().toLowerCase(Locale.ROOT));
            region = name.matches() ? name.group(1) : null;
        }
        if (region != null && !REGION.matcher(region).matches()) {
            throw new RefusedKubeconfig(
                    "A user's 'exec' names a region that cannot be one; give one as in 'eu-west-1'");
        }
        return region;
    }
}
