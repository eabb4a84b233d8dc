"""The server's address in place of the relay's.

Needs Python 3.7 or newer, and nothing else.
"""

import re


class PublicAddresses:
    """Puts the server's address where the relay's stands, which nobody can follow once the run is over."""

    def __init__(self, authority, public_url, public_authority):
        self.public_url = public_url.encode("utf-8")
        self.public_authority = public_authority.encode("utf-8")
        self.authority = authority.encode("ascii")
        self.longest = b"http://" + self.authority
        self.here = re.compile(b"(http://)?" + re.escape(self.authority) + rb"(?![0-9])")
        self.begun = b""

    def replace(self, data):
        if self.authority not in data:
            return data
        return self.here.sub(lambda found: self.public_url if found.group(1) else self.public_authority, data)

    def feed(self, data):
        """The same for what comes in pieces: what may be the beginning of an address waits for the next one."""
        data = self.begun + data
        kept = 0
        for length in range(min(len(self.longest), len(data)), 0, -1):
            end = data[-length:]
            if self.longest.startswith(end) or self.authority.startswith(end):
                kept = length
                break
        self.begun = data[len(data) - kept:]
        return self.replace(data[:len(data) - kept])

    def rest(self):
        data, self.begun = self.replace(self.begun), b""
        return data
