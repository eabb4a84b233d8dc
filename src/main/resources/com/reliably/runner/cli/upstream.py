"""Requests of a run's client, and the one server that they go to.

Needs Python 3.7 or newer, and nothing else.
"""

import base64
import http.client
import json
import os
import re
import ssl
import urllib.parse

IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
# Of one connection, not of both ends; RFC 9110, 7.6.1.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
# Answers up to this size are read whole before any of it is passed on, so that one that is cut off can be asked for again.
LONGEST_WHOLE_ANSWER = 32 * 1024 * 1024
PIECE = 64 * 1024
CONNECT_SECONDS = 10

EXECUTION = r"/api/v1/organization/[^/]+/experiments/[^/]+/executions"
REPORTED_EXECUTION = re.compile(EXECUTION + "/?$")
RESULTS = re.compile(EXECUTION + "/[^/]+/results$")
STATE = re.compile(EXECUTION + "/[^/]+/state$")
STATUS = re.compile(r"/api/v1/organization/[^/]+/plans/[^/]+/status$")


class Away(Exception):
    """The server did not answer; `sent` says whether it may have had the request all the same."""

    def __init__(self, why, sent):
        super().__init__(why)
        self.sent = sent


class Unusable(Exception):
    """The server can't be spoken with, and waiting does not change that."""


class Request:
    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.is_wanted = lambda: True

    @property
    def place(self):
        return self.path.partition("?")[0]

    def is_report(self):
        return self.method == "PUT" and any(p.match(self.place) for p in (RESULTS, STATE, STATUS))

    def asks_state(self):
        return self.method == "GET" and STATE.match(self.place) is not None

    def can_be_repeated(self):
        return self.method in IDEMPOTENT or self.creates_execution()

    def creates_execution(self):
        return self.method == "POST" and REPORTED_EXECUTION.match(self.place) is not None


class Answer:
    """`rest` is the connection's response where the body is not whole yet, else None."""

    def __init__(self, status, reason, headers, body, rest=None, connection=None):
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self.rest = rest
        self.connection = connection

    @classmethod
    def own(cls, status, content):
        body = json.dumps(content).encode("utf-8")
        return cls(status, http.client.responses[status],
                   [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body)


class Server:
    """The one server that requests go to, with a connection of its own for each: none is found closed half way."""

    def __init__(self, url, variables, certificates):
        parts = urllib.parse.urlsplit(url)
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)
        self.authority = parts.netloc
        self.prefix = parts.path.rstrip("/")
        self.proxy = self.proxy_of(parts.scheme, variables)
        self.context = self.trust(variables, certificates) if self.secure else None

    @staticmethod
    def trust(variables, certificates):
        file, directory = variables.get("SSL_CERT_FILE"), variables.get("SSL_CERT_DIR")
        if file or directory:
            return ssl.create_default_context(cafile=file, capath=directory)
        context = ssl.create_default_context()
        for bundle in (variables.get("REQUESTS_CA_BUNDLE"), certificates):
            if bundle and os.path.isfile(bundle):
                context.load_verify_locations(bundle)
        return context

    def proxy_of(self, scheme, variables):
        def said(name):
            return variables.get(name.lower()) or variables.get(name.upper())
        proxy = said(scheme + "_proxy") or said("all_proxy")
        if not proxy or self.host in ("localhost", "::1") or self.host.startswith("127."):
            return None
        for name in (said("no_proxy") or "").split(","):
            name = name.strip().lstrip(".")
            if name == "*" or name and (self.host == name or self.host.endswith("." + name)):
                return None
        return urllib.parse.urlsplit(proxy if "://" in proxy else "http://" + proxy)

    def for_proxy(self):
        """What a proxy wants to know of who uses it."""
        if self.proxy is None or self.proxy.username is None:
            return {}
        user = urllib.parse.unquote(self.proxy.username) + ":" + urllib.parse.unquote(self.proxy.password or "")
        return {"Proxy-Authorization": "Basic " + base64.b64encode(user.encode("utf-8")).decode("ascii")}

    def connection(self):
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        options = {"timeout": CONNECT_SECONDS}
        if self.secure:
            options["context"] = self.context
        if self.proxy is None:
            return kind(self.host, self.port, **options)
        connection = kind(self.proxy.hostname, self.proxy.port or 80, **options)
        if self.secure:
            connection.set_tunnel(self.host, self.port, self.for_proxy())
        return connection

    def exchange(self, request, seconds):
        """The answer; raises Away, or Unusable."""
        connection = self.connection()
        sent = False
        try:
            connection.connect()
            connection.sock.settimeout(seconds)
            sent = True
            target, headers = self.prefix + request.path, list(request.headers)
            if self.proxy is not None and not self.secure:
                target = "http://" + self.authority + target
                headers += self.for_proxy().items()
            connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", self.authority)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(request.body)
            return self.answer(connection, connection.getresponse())
        except ssl.SSLCertVerificationError as failure:
            connection.close()
            raise Unusable("the certificate of the server is not trusted: %s" % failure)
        except (OSError, http.client.HTTPException) as failure:
            connection.close()
            raise Away("%s: %s" % (type(failure).__name__, failure), sent)

    @staticmethod
    def answer(connection, response):
        headers = [(k, v) for k, v in response.getheaders() if k.lower() not in HOP_BY_HOP]
        answer = Answer(response.status, response.reason, headers, b"", response, connection)
        if response.getheader("Content-Type", "").startswith("text/event-stream"):
            connection.sock.settimeout(None)
            return answer
        length = response.getheader("Content-Length")
        pieces, size = [], 0
        while size <= LONGEST_WHOLE_ANSWER:
            piece = response.read(PIECE)
            if not piece:
                if length is not None and response.length:
                    raise http.client.IncompleteRead(b"", response.length)
                answer.rest = None
                connection.close()
                break
            pieces.append(piece)
            size += len(piece)
        answer.body = b"".join(pieces)
        return answer
