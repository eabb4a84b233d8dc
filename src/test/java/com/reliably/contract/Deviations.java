package com.reliably.contract;

import static com.reliably.contract.Deviation.everywhere;
import static com.reliably.contract.Deviation.on;

import java.util.List;

/**
 * Everything that this server does otherwise than the recorded one. The list is exact: {@link RecordingsTest} fails on a
 * difference that is not here, and on an entry that no longer differs.
 */
final class Deviations {

    private static final String API = "api.jsonl";

    /** Shows or does not, as the run of such a plan fails before the next recorded request or after it. */
    static final Deviation FAILED_SOON = everywhere(
            "\\$(\\.items\\[])?\\.error null -> string",
            "a run that cannot be made says so at once, and not when somebody looks at its engine");

    private Deviations() {}

    static List<Deviation> all() {
        return List.of(
                FAILED_SOON,

                // How errors look
                everywhere(
                        "type application/json -> application/problem\\+json",
                        "errors are problem documents (RFC 9457)"),
                everywhere("extra error\\.(type|title|status)", "a problem document has members beside 'detail'"),
                everywhere("missing error\\.detail\\[]\\.ctx", "says in other words what 'msg' says"),
                everywhere(
                        "error\\.detail\\[]\\.input (object|string|number) -> (null|string)",
                        "only short values that cannot be secret are sent back"),
                on(
                        API,
                        lines(76),
                        "type text/html -> application/problem\\+json",
                        "an unknown path is an error like any other"),
                on(API, lines(13), "status 404 -> 200", "a path means the same with and without a slash at its end"),
                on(API, lines(67), "status 404 -> 200", "a path means the same with and without a slash at its end"),

                // Lists
                on(API, lines(14), "empty \\$\\.items", "the recorded organization had things before"),
                on(API, lines(66), "empty \\$\\.items", "'%' means itself in a search"),
                on(API, lines(55, 132), "status 422 -> 200", "a page has up to 100 items, not 10"),

                // Plans
                everywhere(
                        "extra \\$(\\.items\\[])?\\.definition\\.policies",
                        "a plan says what becomes of late, overlapping, long and failed runs"),

                // Tokens
                on(API, lines(200, 201), "status 200 -> 403", "a token is bound to its organization"),
                everywhere(
                        "extra \\$\\.items\\[]\\.(rights|plan_id|expires_date|last_used_date)",
                        "a token shows what it may do and when it ends"),

                // Deployments
                everywhere(
                        "extra \\$(\\.items\\[])?\\.definition\\.(pull_policy|registry|engine|network_mode|limits|user"
                                + "|capabilities|keep_on_failure)",
                        "a deployment says how its containers are made"),
                everywhere(
                        "extra \\$(\\.items\\[])?\\.definition\\.(environment|delivery|app_id|app_private_key"
                                + "|manage_service_token|webhook_secret)",
                        "the GitHub environment, which the documentation asks for, and how workflows get there"),
                on(API, lines(33), "status 201 -> 422", "a kubeconfig must name a cluster and a user")
                        .sendingInstead("apiVersion: v1\\nkind: Config\\n", KUBECONFIG),
                on(API, lines(35), "status 201 -> 422", "the Job of the manifest has no Pod")
                        .sendingInstead("apiVersion: batch/v1\\nkind: Job\\n", POD),
                on(API, lines(37), "status 201 -> 422", "'reliably_cloud' named a hosted service"),
                on(API, lines(38), "status 200 -> 404", "nothing was created on line 37"),
                on(API, lines(42), "status 409 -> 422", "an empty name is refused, taken or not"),
                on(API, lines(50), "status 422 -> 415", "text/plain is not JSON"),
                on(API, lines(69), "status 500 -> 409", "a taken name is no server error on update either"),

                // Plans
                everywhere(
                        "extra \\$(\\.items\\[])?\\.manual_command",
                        "the command that runs a plan with a manual deployment"),
                everywhere(
                        "\\$(\\.items\\[])?\\.definition\\.deployment\\.deployment_type null -> string",
                        "the type is told, whether the client knew it or not"),
                on(
                        API,
                        lines(104, 105, 138),
                        "\\$(\\.items\\[])?\\.definition\\.integrations null -> array",
                        "null would kill the CLI: what is not there is an empty list"),
                on(API, lines(117, 120), "\\$\\.error string -> null", "the run tells what went wrong, a moment later"),
                on(API, lines(124), "status 201 -> 422", "there are no agents here"),
                on(API, lines(125), "status 200 -> 404", "nothing was created on line 124"),
                on(
                        API,
                        lines(126, 129, 130),
                        "status 201 -> 422",
                        "what a plan names must exist, and it must name an experiment"),
                on(API, lines(128), "status 200 -> 404", "nothing was created on line 126"),
                on(
                        "cli-manual-success.jsonl",
                        lines(1),
                        "\\$\\.last_executions_info\\.(running|terminated) object -> null",
                        "the execution was deleted on line 191 of api.jsonl: it is forgotten everywhere"),

                // Executions
                on(API, lines(160), "status 201 -> 422", "an execution belongs to a plan that exists, or to none"),
                on(API, lines(186), "status 200 -> 422", "an empty state is not 'terminate'"),
                on(API, lines(187), ".*", "line 186 changed nothing"),
                on(API, lines(189), ".*\\.user_state.*", "line 186 changed nothing"),
                everywhere(
                        "(missing|extra) \\$\\.items\\[]\\.result\\..*",
                        "lists never load journals: 'result' is a summary of status, deviation, times and title"));
    }

    private static final String KUBECONFIG = String.join(
            "\\n",
            "apiVersion: v1",
            "kind: Config",
            "current-context: c",
            "clusters:",
            "- name: k",
            "  cluster: {server: https://k.example.com}",
            "users:",
            "- name: u",
            "  user: {token: t}",
            "contexts:",
            "- name: c",
            "  context: {cluster: k, user: u}",
            "");

    private static final String POD = String.join(
            "\\n",
            "apiVersion: v1",
            "kind: Pod",
            "metadata: {name: p}",
            "spec:",
            "  containers:",
            "  - {name: c, image: i}",
            "");

    private static int[] lines(int... lines) {
        return lines;
    }
}
