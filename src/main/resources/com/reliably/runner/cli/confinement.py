"""Confines a command: gives up what its policy does not allow, then becomes the command.

    python -I confinement.py POLICY COMMAND...     POLICY is JSON, see Policy
    python -I confinement.py --probe DIRECTORY     prints what there is here to confine with, as JSON

It is done by a process without threads (supervisor.py forks one), not between fork and exec of the launcher's. Why it is done in
this way stands in docs/adr/0019. Two modes:

default  all that the server's user can do, except: of the hidden directory (the server's data directory) it sees only the
         listed paths, it neither traces nor reads the memory and variables of processes outside, and it gains no privileges
strict   only the listed paths and those of the system; it signals nothing outside itself, and connects to no refused port

What hides files is a mount namespace where one can be had, else Landlock; Landlock is what keeps other processes from being
traced, and what makes paths read-only.

Needs Python 3.7 or newer, and nothing else.
"""

import json
import os
import resource
import signal
import stat
import sys
import warnings  # noqa: F401  os.execvpe imports it, which may be too late then

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import kernel  # noqa: E402
from kernel import contains, places_of  # noqa: E402

# What programs of any kind need, and what holds nothing of the server's. Of /etc only these: operators keep settings there.
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/proc", "/sys"] + [
    "/etc/" + name for name in (
        "alternatives", "ca-certificates", "ca-certificates.conf", "crypto-policies", "debian_version", "gai.conf", "group",
        "host.conf", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic", "mime.types",
        "nsswitch.conf", "os-release", "passwd", "pip.conf", "pki", "protocols", "resolv.conf", "services", "ssl", "terminfo",
        "timezone", "uv")]
LACKING = ("Managed runs have to be confined since the server has a second organization, and this host has neither Landlock (Linux "
           "5.13 or newer) nor mount namespaces for the server's user (%s). Use another deployment, or have the operator change "
           "the host, or accept runs that can read everything of the server with RELIABLY_MANAGED_ISOLATION=none.")
DEVICES = ["/dev/" + name for name in ("null", "zero", "full", "random", "urandom", "tty")]


class Policy:
    """
    mode            "default", "strict", or "none", which only limits
    required        whether the command must not run where it cannot be confined
    hidden          the server's data directory
    readable        paths that it may read: its Python environment, interpreters, certificates
    writable        paths that it may write: its own directory; directories that the operator allows
    directory       where it begins, looked up when it is confined
    temporary       in strict mode its /tmp, where there is a mount namespace; null for none
    refused_ports   ports that nobody may connect to by TCP, in strict mode
    uid             the user that it becomes, in strict mode, where the server is root and there is a mount namespace
    report          a file for the reason why the command was not started; the exit code is 126 then
    limits          names of resource.RLIMIT_… without that prefix, and numbers
    """

    def __init__(self, values):
        self.mode = values["mode"]
        self.required = values.get("required", False)
        self.hidden = os.path.realpath(values["hidden"]) if "hidden" in values else None
        self.names = [os.path.abspath(p) for p in values.get("readable", []) + values.get("writable", [])]
        self.readable = [os.path.realpath(p) for p in values.get("readable", [])]
        self.writable = [os.path.realpath(p) for p in values.get("writable", [])]
        # A part of the data directory may be a link to somewhere else.
        self.kept = [os.path.realpath(p) for p in values.get("readable", []) if contains(values["hidden"], os.path.abspath(p))]
        self.directory = values.get("directory")
        self.temporary = values.get("temporary")
        self.refused_ports = frozenset(values.get("refused_ports", []))
        self.uid = values.get("uid")
        self.limits = values.get("limits", {})
        self.strict = self.mode == "strict"


# -- what is hidden -----------------------------------------------------------------------------------------------------


def disks():
    """Block devices that this process can read: what is hidden in a file system could be read there."""
    found = []
    for directory, _, names in os.walk("/dev"):
        for name in names:
            path = os.path.join(directory, name)
            try:
                if stat.S_ISBLK(os.lstat(path).st_mode) and os.access(path, os.R_OK):
                    found.append(path)
            except OSError:
                pass
    return found


# -- mount namespaces ---------------------------------------------------------------------------------------------------


def enter_mount_namespace():
    """Mounts made from here on are seen by this process only, and those that stem from it."""
    try:
        kernel.unshare(kernel.NEWNS)
    except kernel.Unavailable:
        uid, gid = os.geteuid(), os.getegid()
        kernel.unshare(kernel.NEWUSER | kernel.NEWNS)
        for name, content in (("setgroups", "deny"), ("uid_map", "%d %d 1" % (uid, uid)), ("gid_map", "%d %d 1" % (gid, gid))):
            with open("/proc/self/" + name, "w") as f:
                f.write(content)
    kernel.mount("none", "/", None, kernel.REC | kernel.SLAVE)


def hide(policy):
    """Covers the hidden directory, and puts back what of it is seen."""
    seen = [(p, os.open(p, os.O_PATH)) for p in policy.readable + policy.writable
            if (contains(policy.hidden, p) or p in policy.kept) and os.path.exists(p)]
    links = [link for p in policy.names for link in links_to(p) if contains(policy.hidden, link[0])]
    places = places_of(policy.hidden)
    for place in places:
        kernel.mount("none", place, "tmpfs", kernel.NOSUID | kernel.NODEV, "mode=0755,size=1m")
    for path, fd in seen:
        bind(fd, path)
        if path in policy.readable:
            kernel.make_read_only(path)
    make_links(links)
    for place in places:
        kernel.make_read_only(place)
    for disk in disks():
        kernel.mount("/dev/null", disk, None, kernel.BIND)


def bind(fd, path):
    """Shows an open file or directory at a path, whose parents are made."""
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        os.makedirs(path, mode=0o755, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        if not os.path.lexists(path):
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.mount("/proc/self/fd/%d" % fd, path, None, kernel.BIND | kernel.REC)
    os.close(fd)


def show_only(policy):
    """A root directory that has the listed paths and nothing else, under the same names."""
    root = policy.hidden
    shown = [(p, os.open(p, os.O_PATH)) for p in visible(policy)]
    links = [link for p in SYSTEM + DEVICES + policy.names for link in links_to(p)]
    temporary = os.open(policy.temporary, os.O_PATH) if policy.temporary else None
    kernel.mount("none", root, "tmpfs", kernel.NOSUID | kernel.NODEV, "mode=0755,size=4m")
    for path, fd in shown:
        bind(fd, root + path)
        if path in policy.readable:
            kernel.make_read_only(root + path)
    make_links(links, root)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, root + "/dev/" + name)
    if temporary is not None:
        for path in ("/tmp", "/dev/shm"):
            if not any(contains(path, p) for p, _ in shown):
                bind(os.dup(temporary), root + path)
    kernel.make_read_only(root)
    kernel.pivot_to(root)


def visible(policy):
    """The real paths that are shown, outermost first, so that none is mounted below one that is."""
    wanted = SYSTEM + DEVICES + policy.readable + policy.writable
    paths = sorted({os.path.realpath(p) for p in wanted if os.path.exists(p)})
    outer = []
    for path in paths:
        if not any(contains(o, path) for o in outer) or path in policy.readable + policy.writable:
            outer.append(path)
    return outer


def links_to(path):
    """Each symbolic link on the way to a path, and its target."""
    found, at, rest = [], "/", path.split("/")
    while rest and len(found) < 40:
        name = rest.pop(0)
        step = os.path.normpath(os.path.join(at, name))
        if name not in ("", ".", "..") and os.path.islink(step):
            target = os.readlink(step)
            found.append((step, target))
            at, rest = "/" if target.startswith("/") else at, target.split("/") + rest
        else:
            at = step
    return found


def make_links(links, root=""):
    for link, target in links:
        if not os.path.lexists(root + link):
            os.makedirs(os.path.dirname(root + link), exist_ok=True)
            os.symlink(target, root + link)


# -- Landlock -----------------------------------------------------------------------------------------------------------


def default_ruleset(policy, abi, hidden_by_mounts):
    """A domain that cannot trace what is outside of it; and hides what no mount namespace does."""
    if hidden_by_mounts:
        rules = kernel.Ruleset(kernel.MAKE_BLOCK | kernel.REFER)
        rules.allow("/", kernel.REFER)
        return rules
    # Directories can be listed, the hidden one too: a right to list that holds in its parents would hold in it.
    rights = kernel.all_rights(abi) & ~kernel.READ_DIR
    rules = kernel.Ruleset(rights)
    hidden = set(places_of(policy.hidden) + disks())
    parents = {"/"}
    for path in hidden:
        while path != "/":
            path = os.path.dirname(path)
            parents.add(path)
    for parent in sorted(parents):
        for entry in list_of(parent):
            path = os.path.join(parent, entry)
            # The target of a link has rights by its own path.
            if path not in hidden and path not in parents and not os.path.islink(path):
                rules.allow(path, rights & ~kernel.MAKE_BLOCK)
    for path in policy.readable:
        rules.allow(path, kernel.EXECUTE | kernel.READ_FILE)
    for path in policy.writable:
        rules.allow(path, rights & ~kernel.MAKE_BLOCK)
    return rules


def list_of(directory):
    try:
        return os.listdir(directory)
    except OSError:
        return []


def strict_ruleset(policy, abi, mounted):
    rights = kernel.all_rights(abi)
    scopes = kernel.SCOPE_SIGNALS | kernel.SCOPE_ABSTRACT_SOCKETS if abi >= 6 else 0
    rules = kernel.Ruleset(rights, connect=abi >= 4 and bool(policy.refused_ports), scopes=scopes)
    if mounted:
        rules.allow("/", kernel.READ_DIR)
    read = kernel.EXECUTE | kernel.READ_FILE | kernel.READ_DIR
    for path in SYSTEM + policy.readable:
        rules.allow(path, read)
    for path in DEVICES:
        rules.allow(path, kernel.READ_FILE | kernel.WRITE_FILE)
    for path in policy.writable + ([policy.temporary, "/tmp", "/dev/shm"] if policy.temporary_is_shown else []):
        rules.allow(path, rights & ~kernel.MAKE_BLOCK)
    if abi >= 4 and policy.refused_ports:
        rules.allow_ports(policy.refused_ports)
    return rules


# -- the whole ----------------------------------------------------------------------------------------------------------


def limit(limits):
    for name, value in limits.items():
        kind = getattr(resource, "RLIMIT_" + name, None)
        if kind is not None and value is not None:
            soft, hard = resource.getrlimit(kind)
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            begins = most if soft == resource.RLIM_INFINITY else min(soft, most)
            if name == "CPU" and most == value:
                # At both limits at once the kernel sends SIGKILL, which says nothing.
                most = value + 5 if hard == resource.RLIM_INFINITY else min(value + 5, hard)
            resource.setrlimit(kind, (begins, most))


def confine(policy):
    """
    Gives up, for good, what the policy does not allow.

    @raise kernel.Unavailable where the policy requires something that is not to be had here
    """
    limit(policy.limits)
    if policy.mode == "none":
        return
    if not sys.platform.startswith("linux"):
        if policy.required:
            raise kernel.Unavailable(LACKING % sys.platform)
        return
    parent_signal = kernel.signal_of_parents_end()
    abi = kernel.landlock_abi()
    mounted, lacking = in_mount_namespace(policy)
    policy.temporary_is_shown = mounted and policy.temporary is not None
    by_uid = policy.strict and mounted and policy.uid is not None and os.geteuid() == 0
    confined = abi > 0 or (mounted and (by_uid or not policy.strict))
    if not confined:
        if policy.required:
            raise kernel.Unavailable(LACKING % lacking)
        kernel.gain_no_privileges()
        return
    rules = None
    if abi > 0 and policy.strict:
        rules = strict_ruleset(policy, abi, mounted)
    elif abi > 1 or (abi == 1 and not mounted):
        rules = default_ruleset(policy, abi, mounted)
    if by_uid:
        for fd in (1, 2):
            os.fchown(fd, policy.uid, policy.uid)
        os.setgroups([])
        os.setresgid(policy.uid, policy.uid, policy.uid)
        os.setresuid(policy.uid, policy.uid, policy.uid)
    kernel.drop_capabilities(kernel.ALL_CAPABILITIES if policy.strict else kernel.ABOVE_CONFINEMENT)
    kernel.gain_no_privileges()
    if rules is not None:
        rules.restrict()
    if policy.strict:
        kernel.refuse_ways_around_connect(unix_sockets=not mounted)
    # Lost where a process changes its user.
    kernel.ask_for_signal_of_parents_end(parent_signal)


def in_mount_namespace(policy):
    """Whether files are hidden by mounts from here on, and else why they are not. Tried by a child first: half of it is no use."""
    def all_of_it():
        enter_mount_namespace()
        # Whatever user the command becomes has to get through the directories that are made.
        umask = os.umask(0o022)
        if policy.strict:
            show_only(policy)
        else:
            hide(policy)
        os.umask(umask)

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            all_of_it()
        except (kernel.Unavailable, OSError) as failure:
            os.write(writing, (str(failure) or "unknown").encode("utf-8", "replace")[:500])
        except BaseException as failure:
            os.write(writing, repr(failure).encode("utf-8", "replace")[:500])
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        failure = answer.read().decode("utf-8", "replace")
    os.waitpid(child, 0)
    if not failure:
        all_of_it()
    return not failure, failure


def probe(directory):
    """What this process could confine with: {"landlock": ABI or 0, "namespaces": null or why not, "root": …}."""
    if not sys.platform.startswith("linux"):
        return {"landlock": 0, "namespaces": sys.platform, "root": os.geteuid() == 0}
    abi, root = kernel.landlock_abi(), os.geteuid() == 0
    mounted, lacking = in_mount_namespace(Policy({"mode": "default", "hidden": directory}))
    return {"landlock": abi, "namespaces": None if mounted else lacking, "root": root}


def enter(policy):
    os.chdir(policy.directory)
    if not os.access(".", os.W_OK | os.X_OK):
        user = "the server's user" if os.geteuid() != policy.uid else "the user %d, which this organization's runs have" % policy.uid
        raise kernel.Unavailable("The directory '%s' cannot be written by %s. Change its owner or mode, or leave base_dir out to "
                                 "run in a fresh one." % (policy.directory, user))


def main(arguments):
    if arguments[0] == "--probe":
        json.dump(probe(arguments[1]), sys.stdout)
        return 0
    values = json.loads(arguments[0])
    report = os.open(values["report"], os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600) if "report" in values else None
    try:
        policy = Policy(values)
        confine(policy)
        if policy.directory is not None:
            enter(policy)
        # This interpreter ignores them, and a program that is executed inherits that: `yes | head` would complain.
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(ignored, signal.SIG_DFL)
        os.execvpe(arguments[1], arguments[1:], os.environ)
    except Exception as failure:
        text = str(failure) if isinstance(failure, (kernel.Unavailable, OSError)) else repr(failure)
        if report is None:
            sys.stderr.write(text + "\n")
        else:
            os.write(report, text.encode("utf-8", "replace")[:2000])
        return 126


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
