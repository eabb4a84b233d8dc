"""The loopback address at which a run's client finds its relay. Only who has the run's token is served.

Needs Python 3.7 or newer, and nothing else.
"""

import hmac
import http.client
import http.server
import re
import socketserver
import threading

from upstream import HOP_BY_HOP, PIECE, Answer, Request

LONGEST_BODY = 64 * 1024 * 1024
# httpx gives up after five seconds without a byte, where nobody says otherwise.
CONTINUE_SECONDS = 2


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, relay):
        self.relay = relay
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request, client_address):
        """A client that went away; it need not be told of."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def do(self):
        relay = self.server.relay
        request = self.read()
        if request is None:
            return
        with Interim(self) as interim:
            request.is_wanted = lambda: not interim.client_is_gone
            answer = relay.handle(request)
        if interim.client_is_gone:
            self.close_connection = True
            return
        self.pass_on(answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = do

    def read(self):
        """The request, or None where it was answered already."""
        said = self.headers.get("Authorization", "")
        if not hmac.compare_digest(said.encode("utf-8", "replace"), ("Bearer " + self.server.relay.token).encode("utf-8")):
            return self.refuse(401, "This address is for the client of one run, with the run's token.")
        if not self.path.startswith("/"):
            return self.refuse(400, "The target of a request begins with '/'.")
        length, coding = self.headers.get_all("Content-Length", []), self.headers.get("Transfer-Encoding")
        if coding is not None and (length or coding.lower() != "chunked"):
            return self.refuse(400, "A body has a length, or comes in chunks.")
        if coding is None and length and not (len(length) == 1 and re.match(r"[0-9]{1,18}$", length[0])):
            return self.refuse(400, "The length of the body is no number.")
        body = self.chunks() if coding else self.exactly(int(length[0])) if length else b""
        if body is None:
            return self.refuse(413, "The body is longer than %d bytes." % LONGEST_BODY)
        headers = [(k, v) for k, v in self.headers.items()
                   if k.lower() not in HOP_BY_HOP and k.lower() not in ("host", "content-length", "expect")]
        if body and not any(k.lower() == "content-encoding" for k, v in headers):
            body = self.server.relay.addresses.replace(body)
        if coding or length:
            headers.append(("Content-Length", str(len(body))))
        return Request(self.command, self.path, headers, body if coding or length else None)

    def refuse(self, status, detail):
        self.close_connection = True
        self.pass_on(Answer.own(status, {"detail": detail}))

    def exactly(self, length):
        if length > LONGEST_BODY:
            return None
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the request was cut off")
        return body

    def chunks(self):
        pieces, size = [], 0
        while True:
            length = int(self.rfile.readline(1024).split(b";")[0], 16)
            size += length
            if length < 0 or size > LONGEST_BODY:
                return None
            if length == 0:
                while self.rfile.readline(PIECE) not in (b"\r\n", b"\n", b""):
                    pass
                return b"".join(pieces)
            pieces.append(self.exactly(length))
            self.rfile.readline(16)

    def pass_on(self, answer):
        lines = ["HTTP/1.1 %d %s" % (answer.status, answer.reason)]
        lines += ["%s: %s" % header for header in answer.headers]
        names = {name.lower() for name, value in answer.headers}
        bodiless = self.command == "HEAD" or answer.status in (204, 304)
        chunked = not bodiless and "content-length" not in names
        if chunked and answer.rest is None:
            lines.append("Content-Length: %d" % len(answer.body))
            chunked = False
        if chunked:
            lines.append("Transfer-Encoding: chunked")
        if self.close_connection:
            lines.append("Connection: close")
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace"))
        if bodiless:
            return
        if not chunked:
            self.wfile.write(answer.body)
        elif answer.body:
            self.chunk(answer.body)
        if answer.rest is not None:
            self.stream(answer, chunked)

    def chunk(self, piece):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def stream(self, answer, chunked):
        """What follows; where the server stops half way the client sees its connection end half way, too."""
        try:
            piece = answer.rest.read1(PIECE)
            while piece:
                self.chunk(piece) if chunked else self.wfile.write(piece)
                piece = answer.rest.read1(PIECE)
            if answer.rest.length:
                raise ConnectionError("the answer was cut off")
            if chunked:
                self.wfile.write(b"0\r\n\r\n")
        except (OSError, http.client.HTTPException):
            self.close_connection = True
        finally:
            answer.connection.close()

    def log_message(self, format, *args):
        """Says nothing: what matters stands in the run's log."""


class Interim:
    """Tells a client that waits for its answer that it is not forgotten."""

    def __init__(self, handler):
        self.handler = handler
        self.client_is_gone = False
        self.answered = threading.Event()
        self.thread = None

    def __enter__(self):
        if self.handler.request_version != "HTTP/1.0":
            self.thread = threading.Thread(target=self.tell, daemon=True)
            self.thread.start()
        return self

    def tell(self):
        while not self.answered.wait(CONTINUE_SECONDS):
            try:
                self.handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            except OSError:
                self.client_is_gone = True
                return

    def __exit__(self, *failure):
        self.answered.set()
        if self.thread is not None:
            self.thread.join()
