"""Watches what a run uses in all, and ends it, with the setting's name, once that is more than it may use.

The kernel's limits (confinement.py) are those of each process, and say nothing to whoever reads the run. They are somewhat
higher, and hold what grows faster than is looked.

Needs Python 3.7 or newer, and nothing else. On systems without /proc only disk is watched.
"""

import contextlib
import os
import signal
import threading
import time

LOOK_EVERY_SECONDS = 1
# How many times what it took a look at a directory may wait, so that a large one costs little.
SHARE_OF_DISK = 10
# At so many times what it may use a run has no time to roll back.
FAR_TOO_MUCH = 1.25
ENDED = ", which is more than a run may use (%s = %d), and was ended."


class Usage:
    """
    stop    takes the reason and a sentence
    hurry   is called where the run has to be killed at once
    most    memory_bytes, processes and disk_bytes of a run in all; cpu_seconds of each process. What is not there is not watched
    """

    def __init__(self, most, stop, hurry):
        self.most = most
        self.stop = stop
        self.hurry = hurry

    @contextlib.contextmanager
    def watched(self, directory):
        """While it lasts, what stems from this process is looked at, and a directory of its own."""
        over = threading.Event()
        for watch in (self.watch_processes, lambda o: self.watch_disk(o, directory)):
            threading.Thread(target=watch, args=(over,), daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def watch_processes(self, over):
        told = False
        while not over.wait(LOOK_EVERY_SECONDS):
            for excess, sentence in self.excesses(processes(os.getpid(), "cpu_seconds" in self.most)):
                if excess >= FAR_TOO_MUCH and not over.is_set():
                    self.hurry()
                if not told and not over.is_set():
                    told = True
                    self.stop("limit", sentence)

    def excesses(self, found):
        """How many times what it may use, of each of which it uses more; and the sentence that says so."""
        count = sum(p.threads for p in found)
        if self.is_over("processes", count):
            yield self.excess("processes", count, "The run had %d processes and threads" % count, "RELIABLY_MANAGED_MAX_PROCESSES")
        if self.is_over("memory_bytes", sum(p.memory for p in found)):
            # Processes may share what they have; to find out takes longer.
            used = sum(p.own_memory() for p in found)
            if self.is_over("memory_bytes", used):
                yield self.excess("memory_bytes", used, "The run used %d bytes of memory" % used, "RELIABLY_MANAGED_MAX_MEMORY")
        longest = max([p.cpu_seconds for p in found], default=0)
        if self.is_over("cpu_seconds", longest):
            sentence = "A process of the run used a processor for %d s" % longest
            yield self.excess("cpu_seconds", longest, sentence, "RELIABLY_MANAGED_MAX_CPU_TIME")

    def is_over(self, name, used):
        return name in self.most and used > self.most[name]

    def excess(self, name, used, sentence, setting):
        return used / max(1, self.most[name]), sentence + ENDED % (setting, self.most[name])

    def watch_disk(self, over, directory):
        most = self.most.get("disk_bytes")
        pause = LOOK_EVERY_SECONDS
        while most is not None and not over.wait(pause):
            began = time.monotonic()
            used = size_of(directory)
            # One file of just as much is as large as the kernel lets it become.
            if used >= most and not over.is_set():
                self.stop("limit", "The run used %d bytes of disk" % used + ENDED % ("RELIABLY_MANAGED_MAX_DISK", most))
                return
            pause = max(LOOK_EVERY_SECONDS, SHARE_OF_DISK * (time.monotonic() - began))

    def explain(self, code):
        """The sentence where a program was ended by a limit of the kernel's; else None."""
        for number, setting, name in ((signal.SIGXCPU, "RELIABLY_MANAGED_MAX_CPU_TIME", "cpu_seconds"),
                                      (signal.SIGXFSZ, "RELIABLY_MANAGED_MAX_DISK", "disk_bytes")):
            if code == -number and name in self.most:
                return "The client was ended by %s, because it used more than a run may use (%s = %d)." % (
                    signal.Signals(number).name, setting, self.most[name])
        return None


class Process:
    """What a process uses: threads; bytes of memory that are in no file; seconds of a processor."""

    def __init__(self, pid, threads, memory, cpu_seconds):
        self.pid = pid
        self.threads = threads
        self.memory = memory
        self.cpu_seconds = cpu_seconds

    def own_memory(self):
        """The same without what others count as theirs."""
        try:
            own = fields("/proc/%d/smaps_rollup" % self.pid)
            return sum(kibibytes(own[name]) for name in ("Pss_Anon", "Pss_Shmem"))
        except (OSError, KeyError, ValueError):
            return self.memory


def processes(root, with_cpu):
    """The processes that stem from one, without it; what ends meanwhile is left out."""
    found, queue = [], children(root)
    while queue:
        pid = queue.pop()
        try:
            status = fields("/proc/%d/status" % pid)
            cpu = cpu_of(pid) if with_cpu else 0
            memory = sum(kibibytes(status.get(name, "0 kB")) for name in ("RssAnon", "RssShmem"))
            # One that has ended counts until somebody has asked how: the kernel counts it, too.
            found.append(Process(pid, int(status["Threads"]), memory, cpu))
        except (OSError, KeyError, ValueError):
            pass
        queue.extend(children(pid))
    return found


def children(pid):
    found = []
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, task)) as f:
                found.extend(int(child) for child in f.read().split())
    except OSError:
        pass
    return found


def fields(path):
    with open(path, encoding="ascii", errors="replace") as f:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in f)}


def kibibytes(text):
    return int(text.split()[0]) * 1024


def cpu_of(pid):
    with open("/proc/%d/stat" % pid) as f:
        after_name = f.read().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def size_of(directory):
    """The bytes that a directory takes on disk. Links in it lead nowhere."""
    total, queue = 0, [directory]
    while queue:
        try:
            with os.scandir(queue.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        queue.append(entry.path)
        except OSError:
            pass
    return total
