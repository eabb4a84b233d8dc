"""The system calls of Linux by which a process takes rights from itself, for confinement.py.

Nothing here decides what a run may do. Needs Python 3.7 or newer, and nothing else.
"""

import ctypes
import os
import platform
import struct

LIBC = ctypes.CDLL(None, use_errno=True)

# Landlock (landlock(7)): rights of files, with the ABI that brought them.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
MAKE_BLOCK = 1 << 11
REFER, TRUNCATE = 1 << 13, 1 << 14
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
CONNECT_TCP = 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446

# mount(2)
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC = 1, 2, 4, 8, 32, 4096, 16384
SLAVE = 1 << 19
MNT_DETACH = 2
NEWNS, NEWUSER = 0x00020000, 0x10000000

# Capabilities by which root would get around everything else: CAP_SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_ADMIN, SYS_BOOT (it
# can start another kernel), MKNOD, MAC_OVERRIDE, MAC_ADMIN, PERFMON, BPF, CHECKPOINT_RESTORE.
ABOVE_CONFINEMENT = (16, 17, 19, 21, 22, 27, 32, 33, 38, 39, 40)
ALL_CAPABILITIES = tuple(range(64))


class Unavailable(Exception):
    """Something that this kernel does not have, or does not let this process do."""


def checked(outcome, call):
    if outcome < 0:
        raise Unavailable("%s: %s" % (call, os.strerror(ctypes.get_errno())))
    return outcome


def syscall(number, *arguments):
    return LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])


def prctl(option, *arguments):
    numbers = list(arguments) + [0] * (4 - len(arguments))
    return LIBC.prctl(option, *[ctypes.c_ulong(n) for n in numbers])


# -- Landlock -----------------------------------------------------------------------------------------------------------


def landlock_abi():
    """The version of Landlock that the kernel has; 0 where it has none, or does not let it be used."""
    try:
        return max(0, syscall(CREATE_RULESET, None, 0, 1))
    except (AttributeError, OSError):
        return 0


def all_rights(abi):
    """Every right of files that this ABI knows, but that of ioctls on devices, which nothing here restricts."""
    return (1 << 13) - 1 | (REFER if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0)


class Ruleset:
    """What stays allowed. It is of no effect before {@code restrict}."""

    def __init__(self, files, connect=False, scopes=0):
        self.files = files
        attributes = struct.pack("QQQ", files, CONNECT_TCP if connect else 0, scopes)
        size = 24 if scopes else 16 if connect else 8
        self.fd = checked(syscall(CREATE_RULESET, attributes, size, 0), "landlock_create_ruleset")

    def allow(self, path, rights):
        """Rights below a path, or of a file. One that is not there is left out."""
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            if not os.path.isdir(path):
                rights &= OF_FILES
            rights &= self.files
            if rights:
                rule = struct.pack("=Qi", rights, fd)
                checked(syscall(ADD_RULE, self.fd, 1, rule, 0), "landlock_add_rule")
        finally:
            os.close(fd)

    def allow_ports(self, refused):
        """Connections by TCP to any port but these."""
        rule = bytearray(16)
        view = (ctypes.c_char * 16).from_buffer(rule)
        number, fd = ctypes.c_long(ADD_RULE), ctypes.c_long(self.fd)
        kind, flags, call = ctypes.c_long(2), ctypes.c_long(0), LIBC.syscall
        for port in range(65536):
            if port not in refused:
                struct.pack_into("QQ", rule, 0, CONNECT_TCP, port)
                if call(number, fd, kind, view, flags) < 0:
                    checked(-1, "landlock_add_rule")

    def restrict(self):
        checked(syscall(RESTRICT_SELF, self.fd, 0), "landlock_restrict_self")
        os.close(self.fd)


# -- mounts -------------------------------------------------------------------------------------------------------------


def unshare(flags):
    checked(LIBC.unshare(flags), "unshare")


def mount(source, target, kind, flags, options=None):
    texts = [None if t is None else os.fsencode(t) for t in (source, target, kind)]
    options = None if options is None else options.encode("ascii")
    checked(LIBC.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), options), "mount on %s" % target)


def make_read_only(path):
    """Makes the bind mount at a path read-only, with the flags that it cannot lose."""
    has = os.statvfs(path).f_flag
    kept = has & (NOSUID | NODEV | NOEXEC) | (has & (1024 | 2048)) | (1 << 21 if has & 4096 else 0)
    mount(None, path, None, REMOUNT | BIND | RDONLY | kept)


def pivot_to(root):
    """Makes a mount the root directory, and lets go of the one before."""
    os.chdir(root)
    numbers = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}
    number = numbers.get(platform.machine())
    if number is None:
        raise Unavailable("pivot_root: not known on " + platform.machine())
    checked(syscall(number, b".", b"."), "pivot_root")
    checked(LIBC.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


# -- places -----------------------------------------------------------------------------------------------------------


def contains(outer, inner):
    return outer == inner or inner.startswith(outer.rstrip("/") + "/")


def mounts():
    """(device, root inside of the file system, where it is mounted) of each mount."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as f:
        for line in f:
            fields = line.split()
            yield fields[2], unescaped(fields[3]), unescaped(fields[4])


def unescaped(text):
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


def places_of(directory):
    """All paths that lead to a directory, or into it: that of the directory, and those by other mounts of its file system."""
    all_mounts = list(mounts())
    device, root, point = max((m for m in all_mounts if contains(m[2], directory)), key=lambda m: len(m[2]))
    inside = os.path.normpath(os.path.join(root, os.path.relpath(directory, point)))
    places = [directory]
    for other, other_root, other_point in all_mounts:
        if other == device and other_point != point:
            if contains(other_root, inside):
                place = os.path.normpath(os.path.join(other_point, os.path.relpath(inside, other_root)))
                # Another mount may lie on top of it.
                if os.path.exists(place) and os.path.samefile(place, directory):
                    places.append(place)
            elif contains(inside, other_root) and not contains(directory, other_point):
                places.append(other_point)
    return [p for p in dict.fromkeys(places) if os.path.isdir(p)]


# -- capabilities and privileges ---------------------------------------------------------------------------------------


def effective_capabilities():
    header, data = struct.pack("Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    checked(LIBC.capget(header, data), "capget")
    words = struct.unpack("6I", data.raw)
    return words[0] | words[3] << 32


def drop_capabilities(dropped):
    """Takes capabilities from this process and from whatever it executes."""
    for capability in dropped:
        # Where there is no such capability, or no right to drop from the bounding set, there is none to be gained either.
        prctl(24, capability)  # PR_CAPBSET_DROP
    prctl(47, 4)  # PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL
    header, data = struct.pack("Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    checked(LIBC.capget(header, data), "capget")
    words = struct.unpack("6I", data.raw)
    keep = ~sum(1 << c for c in dropped)
    low, high = keep & 0xFFFFFFFF, keep >> 32 & 0xFFFFFFFF
    words = [word & (low if index < 3 else high) for index, word in enumerate(words)]
    # Inheritable ones would come back with files that have them.
    words[2] = words[5] = 0
    checked(LIBC.capset(header, struct.pack("6I", *words)), "capset")


def gain_no_privileges():
    checked(prctl(38, 1), "prctl(PR_SET_NO_NEW_PRIVS)")


def signal_of_parents_end():
    number = ctypes.c_int(0)
    LIBC.prctl(2, ctypes.byref(number), 0, 0, 0)  # PR_GET_PDEATHSIG
    return number.value


def ask_for_signal_of_parents_end(number):
    prctl(1, number)  # PR_SET_PDEATHSIG


# -- filters of system calls (seccomp(2)) ------------------------------------------------------------------------------

NATIVE = {  # AUDIT_ARCH and the numbers of socket, sendto, sendmsg, sendmmsg, io_uring_setup
    "x86_64": (0xC000003E, 41, 44, 46, 307, 425),
    "aarch64": (0xC00000B7, 198, 206, 211, 269, 425),
}
AF_UNIX, AF_SMC, IPPROTO_MPTCP, MSG_FASTOPEN = 1, 43, 262, 0x20000000


def refuse_ways_around_connect(unix_sockets):
    """
    Refuses what Landlock does not look at: connections that are made without connect(2), other kinds of TCP, and, where
    they are not hidden by a mount namespace, sockets that have a path.
    """
    machine = platform.machine()
    if machine not in NATIVE:
        raise Unavailable("system calls of %s are not known" % machine)
    arch, socket, sendto, sendmsg, sendmmsg, io_uring = NATIVE[machine]
    program = Filter()
    program.load(4)
    program.unless_equal(arch, Filter.refuse(38))  # ENOSYS for 32-bit programs
    program.load(0)
    if machine == "x86_64":
        program.refuse_if_at_least(0x40000000, 38)  # the same calls by their x32 numbers
    program.refuse_if_equal(io_uring, 38)
    families = [AF_SMC] + ([AF_UNIX] if unix_sockets else [])
    program.on_call(socket, [(0, "equal", family, 97) for family in families] + [(2, "equal", IPPROTO_MPTCP, 93)])
    program.on_call(sendto, [(3, "bits", MSG_FASTOPEN, 95)])
    program.on_call(sendmsg, [(2, "bits", MSG_FASTOPEN, 95)])
    program.on_call(sendmmsg, [(3, "bits", MSG_FASTOPEN, 95)])
    program.install()


class Filter:
    """A program of classic BPF whose default is to allow."""

    LOAD, EQUAL, AT_LEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
    ALLOW = 0x7FFF0000

    def __init__(self):
        self.code = []

    @staticmethod
    def refuse(errno):
        return 0x00050000 | errno

    def load(self, offset):
        self.code.append((self.LOAD, 0, 0, offset))

    def unless_equal(self, value, outcome):
        self.code += [(self.EQUAL, 1, 0, value), (self.RETURN, 0, 0, outcome)]

    def refuse_if_equal(self, value, errno):
        self.code += [(self.EQUAL, 0, 1, value), (self.RETURN, 0, 0, self.refuse(errno))]

    def refuse_if_at_least(self, value, errno):
        self.code += [(self.AT_LEAST, 0, 1, value), (self.RETURN, 0, 0, self.refuse(errno))]

    def on_call(self, number, conditions):
        """Where the call is this one, refuses it by its arguments; (index, "equal" or "bits", value, errno) each."""
        body = []
        for index, kind, value, errno in conditions:
            body.append((self.LOAD, 0, 0, 16 + 8 * index))
            body.append((self.EQUAL if kind == "equal" else self.BITS, 0, 1, value))
            body.append((self.RETURN, 0, 0, self.refuse(errno)))
        body.append((self.RETURN, 0, 0, self.ALLOW))
        self.load(0)
        self.code.append((self.EQUAL, 0, len(body), number))
        self.code += body

    def install(self):
        code = self.code + [(self.RETURN, 0, 0, self.ALLOW)]
        instructions = b"".join(struct.pack("HBBI", *instruction) for instruction in code)
        kept = ctypes.create_string_buffer(instructions, len(instructions))
        program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(kept)), 16)
        checked(LIBC.prctl(22, ctypes.c_ulong(2), ctypes.byref(program), 0, 0), "prctl(PR_SET_SECCOMP)")
