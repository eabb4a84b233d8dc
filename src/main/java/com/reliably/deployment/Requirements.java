package com.reliably.deployment;

import com.reliably.outbound.UrlHost;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The content of a requirements.txt (pip's documentation, "Requirements File Format"), each line a requirement of PEP
 * 508. Everything that would read a file of the server, or loosen TLS, is refused. Messages name the line and do not
 * quote it, because a URL may hold a password.
 */
final class Requirements {

    private static final int LARGEST = 65_536;
    private static final int LONGEST_LINE = 4_096;

    /** Where Python's splitlines() ends a line. */
    private static final Pattern LINE_END = Pattern.compile("\\r\\n|[\\n\\x0b\\f\\r\\x1c-\\x1e\\x85\\u2028\\u2029]");

    private static final Pattern COMMENT = Pattern.compile("(^|\\s)#.*$");
    private static final Pattern HASHES = Pattern.compile("\\s--hash[= ](\\S*)");
    private static final Pattern HASH = Pattern.compile("(sha256|sha384|sha512):[0-9a-fA-F]{64,128}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?");
    private static final Pattern ARCHIVE = Pattern.compile("(?i).*\\.(whl|zip|tar|tar\\.gz|tgz|tar\\.bz2|tar\\.xz)");

    private static final Set<String> FLAGS = Set.of("--pre", "--prefer-binary", "--require-hashes", "--no-index");
    private static final Set<String> INDEXES = Set.of("-i", "--index-url", "--extra-index-url");
    private static final Set<String> BINARIES = Set.of("--no-binary", "--only-binary");
    private static final Set<String> FILES =
            Set.of("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-f", "--find-links");

    private Requirements() {}

    /** What is wrong with the first bad line, and what would be right; empty where nothing is. */
    static Optional<String> fault(String text) {
        if (text.length() > LARGEST) {
            return Optional.of("A requirements.txt has at most " + LARGEST + " characters here");
        }
        for (Line line : lines(text)) {
            Optional<String> fault = line.text().length() > LONGEST_LINE
                    ? Optional.of("is longer than " + LONGEST_LINE + " characters")
                    : lineFault(line.text());
            if (fault.isPresent()) {
                return Optional.of("Line " + line.number() + " of the requirements " + fault.get());
            }
        }
        return Optional.empty();
    }

    /** A logical line, and the number (from 1) of the first line of the file that it is made of. */
    private record Line(int number, String text) {}

    /** As pip does it: first continuations, then comments, then empty lines. */
    private static List<Line> lines(String text) {
        List<Line> lines = new ArrayList<>();
        StringBuilder joined = new StringBuilder();
        String[] physical = LINE_END.split(text, -1);
        int first = 1;
        for (int i = 0; i < physical.length; i++) {
            String line = physical[i];
            boolean comment = COMMENT.matcher(line).find();
            if (line.endsWith("\\") && !comment && i + 1 < physical.length) {
                joined.append(line, 0, line.length() - 1);
                continue;
            }
            String logical =
                    COMMENT.matcher(joined.append(line)).replaceFirst("").strip();
            if (!logical.isEmpty()) {
                lines.add(new Line(first, logical));
            }
            joined.setLength(0);
            first = i + 2;
        }
        return lines;
    }

    private static Optional<String> lineFault(String line) {
        if (line.chars().anyMatch(c -> Character.isISOControl(c) && c != '\t')) {
            return Optional.of("has a control character");
        }
        return line.startsWith("-") ? optionFault(line) : requirementFault(line);
    }

    private static Optional<String> optionFault(String line) {
        String[] words = line.split("[\\s=]+", 2);
        String option = words[0];
        String value = words.length > 1 ? words[1].strip() : "";
        if (FLAGS.contains(option)) {
            return value.isEmpty() ? Optional.empty() : Optional.of("has something behind '" + option + "'");
        }
        if (INDEXES.contains(option)) {
            return isWebUrl(value, Set.of("https", "http"))
                    ? Optional.empty()
                    : Optional.of("needs a URL with https behind '" + option + "'");
        }
        if (BINARIES.contains(option)) {
            return value.matches("[A-Za-z0-9:._, -]+")
                    ? Optional.empty()
                    : Optional.of("needs ':all:', ':none:' or names of packages behind '" + option + "'");
        }
        if (FILES.contains(option) || FILES.stream().anyMatch(file -> file.length() == 2 && line.startsWith(file))) {
            return Optional.of("reads a file or directory of the server; write the requirement itself instead of '"
                    + (FILES.contains(option) ? option : line.substring(0, 2)) + "'");
        }
        return Optional.of("has an option that is not taken here; use "
                + String.join(", ", INDEXES.stream().sorted().toList())
                + ", " + String.join(", ", BINARIES.stream().sorted().toList())
                + " or " + String.join(", ", FLAGS.stream().sorted().toList()));
    }

    private static Optional<String> requirementFault(String line) {
        Matcher hashes = HASHES.matcher(line);
        int end = line.length();
        while (hashes.find()) {
            end = Math.min(end, hashes.start());
            if (!HASH.matcher(hashes.group(1)).matches()) {
                return Optional.of("has a malformed hash, write '--hash=sha256:' and 64 hexadecimal digits");
            }
        }
        String rest = HASHES.matcher(line.substring(end)).replaceAll("");
        if (!rest.isBlank()) {
            return Optional.of("has something behind its hashes");
        }
        String requirement = line.substring(0, end).strip();
        if (requirement.contains(" --")) {
            return Optional.of("has an option behind the requirement that is not taken here, only '--hash' is");
        }
        int scheme = requirement.indexOf("://");
        int at = requirement.indexOf('@');
        // In 'name @ https://…' the '@' comes first; in a bare URL it stands before a host or a revision.
        return scheme >= 0 && (at < 0 || at > scheme) ? urlFault(requirement) : namedFault(requirement);
    }

    /** A requirement by its URL alone, as {@code git+https://github.com/my-org/my-repo@main#egg=name}. */
    private static Optional<String> urlFault(String text) {
        int space = firstSpace(text);
        if (!isWebUrl(text.substring(0, space), Set.of("https", "http", "git+https"))) {
            return Optional.of("has a URL that is not taken here; use https or git+https");
        }
        String rest = text.substring(space).strip();
        return rest.isEmpty() ? Optional.empty() : markerFault(rest);
    }

    private static Optional<String> namedFault(String text) {
        if (text.startsWith("file:")
                || text.startsWith(".")
                || text.startsWith("/")
                || text.startsWith("~")
                || looksLikeAPath(text)) {
            return Optional.of("names a file or directory of the server; give a package's name, or a URL with https");
        }
        int end = 0;
        while (end < text.length()
                && (Character.isLetterOrDigit(text.charAt(end)) || "._-".indexOf(text.charAt(end)) >= 0)) {
            end++;
        }
        if (!NAME.matcher(text.substring(0, end)).matches()) {
            return Optional.of("does not begin with the name of a package, as in 'chaostoolkit-kubernetes>=0.26'");
        }
        String rest = text.substring(end).strip();
        if (rest.startsWith("[")) {
            int close = rest.indexOf(']');
            if (close < 0 || !areExtras(rest.substring(1, close))) {
                return Optional.of("has malformed extras, write them as in 'name[one,two]'");
            }
            rest = rest.substring(close + 1).strip();
        }
        if (rest.startsWith("@")) {
            String url = rest.substring(1).strip();
            return url.startsWith("file:")
                    ? Optional.of("names a file of the server; give a package's name, or a URL with https")
                    : urlFault(url);
        }
        int semicolon = rest.indexOf(';');
        String versions = (semicolon < 0 ? rest : rest.substring(0, semicolon)).strip();
        if (!areVersions(versions)) {
            return Optional.of("has a malformed version, write it as in 'name>=1.2,<2' or 'name==1.2.3'");
        }
        return semicolon < 0 ? Optional.empty() : markerFault(rest.substring(semicolon));
    }

    private static boolean looksLikeAPath(String text) {
        String first = text.substring(0, firstSpace(text));
        return first.indexOf('@') < 0
                && (first.indexOf('/') >= 0
                        || first.indexOf('\\') >= 0
                        || ARCHIVE.matcher(first).matches());
    }

    private static boolean areExtras(String text) {
        if (text.isBlank()) {
            return true;
        }
        for (String extra : text.split(",", -1)) {
            if (!NAME.matcher(extra.strip()).matches()) {
                return false;
            }
        }
        return true;
    }

    private static boolean areVersions(String text) {
        if (text.isEmpty()) {
            return true;
        }
        String inner = text.startsWith("(") && text.endsWith(")") ? text.substring(1, text.length() - 1) : text;
        for (String clause : inner.split(",", -1)) {
            if (!VersionClause.isValid(clause.strip())) {
                return false;
            }
        }
        return true;
    }

    private static Optional<String> markerFault(String text) {
        return text.startsWith(";") && Marker.isValid(text.substring(1))
                ? Optional.empty()
                : Optional.of("has a malformed condition, write it as in 'name; python_version < \"3.13\"'");
    }

    private static boolean isWebUrl(String text, Set<String> schemes) {
        try {
            // A reference to a variable of the installer's environment stands for a user or password.
            URI url = new URI(text.replaceAll("\\$\\{[A-Z0-9_]+}", "x"));
            return url.getScheme() != null
                    && schemes.contains(url.getScheme().toLowerCase(Locale.ROOT))
                    && UrlHost.of(url) != null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static int firstSpace(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isWhitespace(text.charAt(i))) {
                return i;
            }
        }
        return text.length();
    }

    /** One clause of a version specifier (PEP 440), as {@code >=1.2}. */
    private static final class VersionClause {

        private static final int LONGEST = 128;
        private static final Pattern CLAUSE = Pattern.compile("(===|~=|==|!=|<=|>=|<|>)\\s*(\\S+)");
        private static final Pattern VERSION = Pattern.compile("(?i)v?(?:[0-9]+!)?[0-9]+(?:\\.[0-9]+)*"
                + "(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?[0-9]*)?"
                + "(?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?"
                + "(?:[-_.]?dev[-_.]?[0-9]*)?"
                + "(?:\\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?");

        static boolean isValid(String text) {
            Matcher clause = CLAUSE.matcher(text);
            if (text.length() > LONGEST || !clause.matches()) {
                return false;
            }
            String operator = clause.group(1);
            String version = clause.group(2);
            if (operator.equals("===")) {
                return true;
            }
            boolean prefix = version.endsWith(".*") && (operator.equals("==") || operator.equals("!="));
            return VERSION.matcher(prefix ? version.substring(0, version.length() - 2) : version)
                    .matches();
        }
    }

    /** An environment marker (PEP 508), as {@code python_version < "3.13" and extra == "dev"}. */
    private static final class Marker {

        private static final int DEEPEST = 20;
        private static final Pattern TOKEN =
                Pattern.compile("\\s*(?:(\\(|\\)|===|~=|==|!=|<=|>=|<|>)|([a-z_]+)|('[^']*'|\"[^\"]*\"))");
        private static final Set<String> VARIABLES = Set.of(
                "python_version",
                "python_full_version",
                "os_name",
                "sys_platform",
                "platform_release",
                "platform_system",
                "platform_version",
                "platform_machine",
                "platform_python_implementation",
                "implementation_name",
                "implementation_version",
                "extra");
        private static final Set<String> COMPARISONS = Set.of("===", "~=", "==", "!=", "<=", ">=", "<", ">", "in");

        private final List<String> tokens;
        private int next;

        private Marker(List<String> tokens) {
            this.tokens = tokens;
        }

        static boolean isValid(String text) {
            List<String> tokens = new ArrayList<>();
            String marker = text.strip();
            Matcher token = TOKEN.matcher(marker);
            int end = 0;
            while (end < marker.length()) {
                if (!token.find(end) || token.start() != end) {
                    return false;
                }
                tokens.add(token.group().strip());
                end = token.end();
            }
            Marker parser = new Marker(tokens);
            return parser.alternatives(0) && parser.next == tokens.size();
        }

        private boolean alternatives(int depth) {
            do {
                if (!comparison(depth)) {
                    return false;
                }
            } while (take("and") || take("or"));
            return true;
        }

        private boolean comparison(int depth) {
            if (take("(")) {
                return depth < DEEPEST && alternatives(depth + 1) && take(")");
            }
            return value() && operator() && value();
        }

        private boolean operator() {
            return take("not") ? take("in") : next < tokens.size() && COMPARISONS.contains(tokens.get(next++));
        }

        private boolean value() {
            if (next >= tokens.size()) {
                return false;
            }
            String token = tokens.get(next++);
            return token.startsWith("'") || token.startsWith("\"") || VARIABLES.contains(token);
        }

        private boolean take(String expected) {
            if (next < tokens.size() && tokens.get(next).equals(expected)) {
                next++;
                return true;
            }
            return false;
        }
    }
}
