"""Reports of a run that its server has not been told of yet, in a directory, one file each, in the order in which they came.

A report counts as stored once its file and the directory are synced to disk. Of consecutive reports that replace each other
only the latest is kept.

Needs Python 3.7 or newer, and nothing else.
"""

import json
import os
import threading

MOST_BYTES = 128 * 1024 * 1024
MOST_REPORTS = 10000


class Full(Exception):
    """There is no room for another report, here or on the disk."""


class Report:
    def __init__(self, number, head, size):
        self.number = number
        self.head = head
        self.size = size


class Reports:
    """A queue on disk. `changed` is its lock, and notified of every change."""

    def __init__(self, directory):
        self.directory = directory
        self.changed = threading.Condition()
        self.waiting = []
        self.sending = None
        self.last = 0
        os.makedirs(directory, mode=0o700, exist_ok=True)

    def is_empty(self):
        return not self.waiting

    def path(self, number):
        return os.path.join(self.directory, "%010d" % number)

    def append(self, head, body):
        """Stores a report. `head` is what JSON can say; two of the same `replaces`, one right after the other, are one."""
        with self.changed:
            before = self.waiting[-1] if self.waiting else None
            if before is not None and (before is self.sending or head.get("replaces") is None
                                       or before.head.get("replaces") != head["replaces"]):
                before = None
            size = len(body) - (before.size if before else 0)
            if len(self.waiting) >= MOST_REPORTS or size + sum(r.size for r in self.waiting) > MOST_BYTES:
                raise Full()
            report = Report(self.last + 1, head, len(body))
            try:
                self.store(report, body)
            except OSError as failure:
                raise Full() from failure
            self.last += 1
            if before is not None:
                self.waiting.pop()
                os.unlink(self.path(before.number))
            self.waiting.append(report)
            self.changed.notify_all()

    def store(self, report, body):
        fresh = self.path(report.number) + ".new"
        try:
            with open(fresh, "wb") as f:
                f.write(json.dumps(report.head).encode("utf-8") + b"\n")
                f.write(body)
                f.flush()
                os.fsync(f.fileno())
            os.replace(fresh, self.path(report.number))
            directory = os.open(self.directory, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError:
            for name in (fresh, self.path(report.number)):
                if os.path.exists(name):
                    os.unlink(name)
            raise

    def take(self):
        """The first report and its body, which stay until they are done; waits for one. No body: it can't be read."""
        with self.changed:
            while not self.waiting:
                self.changed.wait()
            self.sending = self.waiting[0]
            try:
                with open(self.path(self.sending.number), "rb") as f:
                    f.readline()
                    return self.sending.head, f.read()
            except OSError:
                return self.sending.head, None

    def put_back(self, seconds):
        """What was taken is to be taken again, later."""
        with self.changed:
            self.sending = None
            self.changed.wait(seconds)

    def done(self):
        """What was taken is handed over."""
        with self.changed:
            try:
                os.unlink(self.path(self.sending.number))
            except OSError:
                pass
            self.waiting.pop(0)
            self.sending = None
            self.changed.notify_all()
