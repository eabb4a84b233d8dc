"""The file with everything that a run printed, bounded while it is written.

Who follows it reads on from the byte where they were, so that what stands in it once is never changed. Of a run that prints
more than the limit it has the beginning and, once the run is over, the end: there stands what became of it.

Needs Python 3.7 or newer, and nothing else.
"""

import os
import threading

LONGEST_END = 64 * 1024
# What the sentences below, and those of the launcher, may take.
SENTENCES = 4 * 1024


class Output:
    def __init__(self, path, limit):
        self.path = path
        self.limit = limit
        self.file = open(path, "ab", buffering=0)
        self.longest_end = min(LONGEST_END, limit // 4)
        self.room = max(0, limit - self.longest_end - min(SENTENCES, limit // 8)) - os.fstat(self.file.fileno()).st_size
        self.full = False
        self.end = b""
        self.dropped = 0
        self.without_room = 0
        self.lock = threading.RLock()
        self.addresses = None

    def write(self, data):
        """What a program printed, as it comes."""
        with self.lock:
            self.keep(self.addresses.feed(data) if self.addresses else data)

    def keep(self, data):
        if not self.full and len(data) <= self.room:
            self.put(data)
            self.room -= len(data)
            return
        if not self.full:
            self.full = True
            kept = data[:max(0, self.room)]
            kept = kept[:kept.rfind(b"\n") + 1] if b"\n" in kept else whole_characters(kept)
            self.put(kept)
            data = data[len(kept):]
            self.say("\n[reliably-server: the output is longer than the %d bytes that are kept (RELIABLY_RUNS_LOG_LIMIT); of "
                     "what follows only the end is kept, and comes when the run is over]" % self.limit)
        self.end += data
        if len(self.end) > 4 * self.longest_end:
            self.shorten()

    def say(self, text):
        """A sentence of the launcher's own; there are few of them, and none is left out."""
        with self.lock:
            self.put((text.rstrip("\n") + "\n").encode("utf-8", "replace"))

    def put(self, data):
        """Writes what the disk has room for: a run does not end because its output cannot be kept."""
        left = memoryview(data)
        while left:
            try:
                left = left[self.file.write(left):]
            except OSError:
                self.without_room += len(left)
                return

    def finish(self):
        """Writes the end of what was printed, and how much was left out before it."""
        with self.lock:
            self.write_end()

    def write_end(self):
        if self.addresses:
            self.keep(self.addresses.rest())
        if self.full:
            self.shorten()
            if self.dropped:
                self.say("[reliably-server: %d bytes of the output are left out here]" % self.dropped)
            self.put(self.end)
            self.full = False
            self.room = 0
            self.end = b""
        if self.without_room:
            lost, self.without_room = self.without_room, 0
            self.say("\n[reliably-server: %d bytes of the output are not here, because the server's disk was full]" % lost)

    def last(self, size):
        """The last bytes of what was printed so far."""
        if self.full:
            return self.end[-size:]
        with open(self.path, "rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - size))
            return f.read()

    def shorten(self):
        cut = max(0, len(self.end) - self.longest_end)
        if cut:
            line = self.end.find(b"\n", cut - 1)
            # An endless line is cut between two characters.
            cut = line + 1 if line >= 0 and line + 1 < len(self.end) else next_character(self.end, cut)
            self.dropped += cut
            self.end = self.end[cut:]


def next_character(data, position):
    while position < len(data) and data[position] & 0xC0 == 0x80:
        position += 1
    return position


def whole_characters(data):
    """Without the beginning of a UTF-8 character at its end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return data if length <= back else data[:-back]
    return data
