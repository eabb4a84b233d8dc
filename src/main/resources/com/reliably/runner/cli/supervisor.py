"""Stands between the launcher and a program of a run, and ends with the launcher what stems from that program.

    python -I -S supervisor.py GRACE LIFE OUTPUT POLICY PROGRAM [ARGUMENT…]

The program is confined by POLICY (confinement.py), in a process that is forked for it: this one has no threads. LIFE is the reading end of a pipe of which only the launcher has the other end: at its end the launcher is gone, killed by
whatever it was. The program then gets SIGTERM and GRACE seconds to roll back (none where GRACE is 0), after which every
process that stems from here is killed. OUTPUT is the reading end of the pipe that the program prints to; it is held, and
emptied once the launcher is gone, so that a program that prints while it rolls back does not fail for that.

SIGTERM is passed on to the program. The exit code, or the signal, is the program's.

Needs Python 3.7 or newer, and nothing else.
"""

import os
import resource
import select
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def on_linux():
    return sys.platform.startswith("linux")


def prctl(option, value):
    import ctypes
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def adopt_orphans():
    """On Linux: processes that lose their parent become children of this one, so that none escapes the end."""
    if on_linux():
        prctl(PR_SET_CHILD_SUBREAPER, 1)


def kill_descendants():
    """Kills every process that stems from this one, until there are none."""
    for _ in range(50):
        victims = descendants(os.getpid())
        if not victims:
            return
        # By groups first: what doubles all the time is gone before one knows its ids, and a group is killed at once.
        for group in groups_of(victims):
            send(os.killpg, group)
        for pid in victims:
            send(os.kill, pid)
        time.sleep(0.02)


def groups_of(processes):
    """Their process groups, without that of this process. A group is within a session, so that nobody else is in them."""
    found = set()
    for pid in processes:
        try:
            found.add(os.getpgid(pid))
        except OSError:
            pass
    return found - {os.getpgrp()}


def send(kill, number):
    try:
        kill(number, signal.SIGKILL)
    except OSError:
        pass


def descendants(root):
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], stdout=subprocess.PIPE, universal_newlines=True).stdout \
        if not os.path.isdir("/proc/self") else None
    children = {}
    for pid, parent, state in (from_proc() if table is None else from_ps(table)):
        if not state.startswith("Z"):
            children.setdefault(parent, []).append(pid)
    found, queue = [], [root]
    while queue:
        for pid in children.get(queue.pop(), []):
            found.append(pid)
            queue.append(pid)
    return found


def from_proc():
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as f:
                    fields = f.read().rpartition(")")[2].split()
                yield int(name), int(fields[1]), fields[0]
            except OSError:
                pass


def from_ps(table):
    for line in table.splitlines():
        pid, parent, state = line.split()[:3]
        # ps itself is a child too, and gone by now.
        yield int(pid), int(parent), state


class Supervisor:
    def __init__(self, grace, life, output):
        self.grace = grace
        self.life = life
        self.output = output
        # The id of its process.
        self.program = None
        self.status = None
        self.kill_at = None

    def run(self, policy, command):
        adopt_orphans()
        for end in (self.life, self.output):
            os.set_inheritable(end, False)
        woken, wake = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda signum, frame: None)
        signal.signal(signal.SIGTERM, lambda signum, frame: self.tell(signum))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.program = os.fork()
        if self.program == 0:
            become(policy, command)
        watched = [woken, self.life]
        while self.status is None:
            ready = select.select(watched, [], [], 0.5)[0]
            if woken in ready:
                os.read(woken, 4096)
            if self.life in ready:
                watched = [woken, self.output]
                self.end_without_launcher()
            if self.output in ready and not os.read(self.output, 65536):
                watched.remove(self.output)
            self.reap()
            if self.kill_at is not None and time.monotonic() >= self.kill_at:
                kill_descendants()
        if self.kill_at is not None:
            kill_descendants()
        end_like(self.status)

    def tell(self, signum):
        if self.program is not None and self.status is None:
            os.kill(self.program, signum)

    def end_without_launcher(self):
        self.kill_at = time.monotonic() + self.grace
        if self.grace > 0:
            self.tell(signal.SIGTERM)

    def reap(self):
        """The program, and the orphans that came here."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.program:
                self.status = status


def become(policy, command):
    """Makes this process the program, in a session of its own, so that its process groups have nothing else in them."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        if on_linux():
            # A last resort, for a supervisor that is killed itself.
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
        import confinement
        os._exit(confinement.main([policy] + command))
    finally:
        os._exit(confinement_failed())


def confinement_failed():
    import traceback
    traceback.print_exc()
    sys.stderr.flush()
    return 126


def end_like(status):
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if os.WTERMSIG(status) != signal.SIGKILL:
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    Supervisor(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])).run(sys.argv[4], sys.argv[5:])
