"""Tries what a run may or may not do, and prints what came of each: a line "ATTEMPT name allowed" or "ATTEMPT name refused"."""

import ctypes
import json
import os
import signal
import socket
import stat
import subprocess
import sys

there = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
data, server, outsider = there["data"], there["server"], there["outsider"]
run = os.path.dirname(os.path.dirname(os.getcwd()))
environment = os.path.dirname(os.path.dirname(os.environ["VIRTUAL_ENV"] + "/"))
own = os.path.dirname(environment)


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        f.read(16)


def write(*path):
    with open(os.path.join(*path), "ab") as f:
        f.write(b"#\n")


def has(directory, name):
    if name not in os.listdir(directory):
        raise OSError(name + " is not there")


def parent_of(pid):
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rpartition(")")[2].split()[1])


def launcher():
    """The process above this one that has the launcher's command line."""
    pid = os.getpid()
    while pid > 1:
        pid = parent_of(pid)
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            if b"launcher.py" in f.read():
                return pid
    raise SystemExit("no launcher above")


def call(outcome):
    if outcome < 0:
        raise OSError(ctypes.get_errno(), "")


def trace(pid):
    call(libc.ptrace(16, pid, None, None))  # PTRACE_ATTACH
    os.waitpid(pid, 0)
    libc.ptrace(17, pid, None, None)


def memory(pid):
    with open("/proc/%d/maps" % pid) as f:
        address = int(f.readline().split("-")[0], 16)
    buffer = ctypes.create_string_buffer(16)

    class Piece(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    here, other = Piece(ctypes.addressof(buffer), 16), Piece(address, 16)
    call(libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(other), 1, 0))


def in_own_namespace(then):
    """As root of a user namespace of its own, in which nobody else's mounts are."""
    line = [sys.executable, "-c", "import ctypes, sys; libc = ctypes.CDLL(None)\n"
            "if libc.unshare(0x10020000) != 0: sys.exit(1)\n" + then]
    if subprocess.run(line, stderr=subprocess.DEVNULL).returncode != 0:
        raise OSError("failed")


def disk():
    for directory, _, names in os.walk("/dev"):
        for name in names:
            path = os.path.join(directory, name)
            if stat.S_ISBLK(os.lstat(path).st_mode):
                try:
                    with open(path, "rb") as f:
                        if f.read(16):
                            return
                except OSError:
                    pass
    raise OSError("no disk")


def connect(family, address, protocol=0):
    with socket.socket(family, socket.SOCK_STREAM, protocol) as s:
        s.settimeout(5)
        s.connect(address)


def connect_by_fast_open(port):
    with socket.socket() as s:
        s.settimeout(5)
        s.sendto(b"x", 0x20000000, ("127.0.0.1", port))


def privileges():
    with open("/proc/self/status") as f:
        if "NoNewPrivs:\t1" in f.read():
            raise OSError("none to be gained")


def child(then):
    process = subprocess.Popen(["sleep", "30"])
    try:
        then(process.pid)
    finally:
        process.kill()
        process.wait()


def name_servers():
    read("/etc/resolv.conf")
    os.listdir("/etc/ssl/certs")


ATTEMPTS = {
    "read the administrator's token": lambda: read(data, "token"),
    "read the encryption keys": lambda: read(data, "encryption-keys"),
    "read the database's password": lambda: read(data, "database-password"),
    "read the database's files": lambda: read(data, "postgres-17", "PG_VERSION"),
    "list the data directory": lambda: has(data, "token"),
    "read the order of its own run": lambda: read(run, "spec.json"),
    "read the variables of its own run": lambda: read(run, "environment.json"),
    "list the runs": lambda: has(os.path.join(data, "runs"), there["other_run"]),
    "read another organization's environments": lambda: has(os.path.join(data, "python", there["other_org"]), "cache"),
    "read by the server's root directory": lambda: read("/proc/%d/root%s/token" % (server, data)),
    "read by the launcher's root directory": lambda: read("/proc/%d/root%s/token" % (launcher(), data)),
    "read by another mount": lambda: read(there["alias"], "token"),
    "read after taking a mount away": lambda: (call(libc.umount2(data.encode(), 2)), read(data, "token")),
    "read in a namespace of its own": lambda: in_own_namespace(
        "libc.umount2(%r, 2); open(%r).read()" % (data.encode(), os.path.join(data, "token"))),
    "read a disk": disk,
    "make a disk": lambda: os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(254, 0)),
    "read files of the host": lambda: read(there["outside"], "file"),
    "read a directory that the operator lists": lambda: read(there["allowed"], "file"),
    "read name servers and certificates": name_servers,
    "write the result of its own run": lambda: write(run, "result.json"),
    "write the permit of its own run": lambda: write(run, "permit-" + os.path.basename(run)),
    "write into its Python environment": lambda: write(environment, "venv", "attack.pth"),
    "write a file of its Python environment": lambda: write(sys.prefix, "pyvenv.cfg"),
    "write into the cache of packages": lambda: write(own, "cache", "attack"),
    "write beside its Python environment": lambda: write(own, "attack.known"),
    "write into the data directory": lambda: write(data, "attack"),
    "write its working directory": lambda: write("file"),
    "write its home and temporary directories": lambda: (write(os.environ["HOME"], "file"), write(os.environ["TMPDIR"], "file")),
    "write files of the host": lambda: write(there["outside"], "file"),
    "write beside the data directory": lambda: write(os.path.dirname(data), "file-of-" + os.path.basename(run)),
    "write a directory that the operator lists": lambda: write(there["allowed"], "file-of-" + os.path.basename(run)),
    "read the server's variables": lambda: read("/proc/%d/environ" % server),
    "read the launcher's variables": lambda: read("/proc/%d/environ" % launcher()),
    "read another process's variables": lambda: read("/proc/%d/environ" % outsider),
    "read the server's memory": lambda: memory(server),
    "read another process's memory": lambda: memory(outsider),
    "trace another process": lambda: trace(outsider),
    "trace its own child": lambda: child(trace),
    "read its own child's variables": lambda: child(lambda pid: read("/proc/%d/environ" % pid)),
    "gain privileges": privileges,
    "mount": lambda: call(libc.mount(b"none", os.getcwd().encode(), b"tmpfs", 0, None)),
    "signal the server": lambda: os.kill(server, 0),
    "signal its launcher": lambda: os.kill(launcher(), 0),
    "signal another process": lambda: os.kill(outsider, 0),
    "signal its own child": lambda: child(lambda pid: os.kill(pid, signal.SIGTERM)),
    "connect to the database": lambda: connect(socket.AF_INET, ("127.0.0.1", there["database_port"])),
    "connect to the database by MPTCP": lambda: connect(socket.AF_INET, ("127.0.0.1", there["database_port"]), 262),
    "connect to the database by fast open": lambda: connect_by_fast_open(there["database_port"]),
    "connect to another service": lambda: connect(socket.AF_INET, ("127.0.0.1", there["outsider_port"])),
    "connect to the server": lambda: connect(socket.AF_INET, ("127.0.0.1", there["server_port"])),
    "connect to a socket with a path": lambda: connect(socket.AF_UNIX, os.path.join(there["outside"], "outsider.sock")),
    "connect to an abstract socket": lambda: connect(socket.AF_UNIX, "\0outsider-%d" % outsider),
}

for name, attempt in ATTEMPTS.items():
    try:
        attempt()
        print("ATTEMPT", name, "allowed")
    except (OSError, ValueError, subprocess.SubprocessError) as failure:
        print("ATTEMPT", name, "refused", type(failure).__name__, failure)
