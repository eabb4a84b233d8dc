"""The address that a run's client has for its server, on this host: it outlives restarts of the server.

Requests go on to the one server as they are, and its answers come back as they are. While it is away (it refuses or cuts
connections, does not answer in time, or answers 502, 503 or 504)

- what the client reports (the journal, the state of its execution, the status of its plan) is stored on disk, answered with
  200, and handed on in order once the server is back. Until then later reports queue behind it;
- its look at the state of its execution is answered with what was last known, or null;
- every other request is held until the server answers it, or the run's time is over. So that the client's patience does not
  end before, it is told 100 (Continue) meanwhile, as often as is needed: RFC 9110, 15.2, has clients read past that.

Reporting a new execution is what must not be done twice: it goes with an Idempotency-Key that the server knows.

Only who has the run's token is served. Needs Python 3.7 or newer, and nothing else.
"""

import threading
import time
import uuid

from addresses import PublicAddresses
from listener import Listener
from reports import Full, Reports
from upstream import IDEMPOTENT, RESULTS, STATE, STATUS, Answer, Away, Request, Server, Unusable

AWAY = (502, 503, 504)
ANSWER_SECONDS = 60
STATE_ANSWER_SECONDS = 10
SAY_AWAY_AFTER_SECONDS = 5
# A server that was never reached is not one that is away: its address is wrong.
NEVER_REACHED_SECONDS = 60
MOST_SERVER_ERRORS = 5


class Relay:
    """
    directory   where reports are stored
    url         the server's address
    token       whose bearer is served
    variables   those of the client, for proxies and certificates
    hold_until  until when requests are held, by the monotonic clock
    say         takes sentences for the run's log
    """

    def __init__(self, directory, url, token, variables, hold_until, say, certificates=None):
        self.server = Server(url, variables, certificates)
        self.url = url.rstrip("/")
        self.token = token
        self.hold_until = hold_until
        self.say = say
        self.reports = Reports(directory)
        self.order = threading.Lock()
        self.lock = threading.Lock()
        self.states = {}
        self.away_since = None
        self.away_said = False
        self.reached = False
        self.reporting = 0
        self.listener = None
        self.addresses = None

    def start(self):
        """Listens; returns the address as in 127.0.0.1:12345."""
        self.listener = Listener(self)
        self.addresses = self.public_addresses()
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        threading.Thread(target=self.hand_over, daemon=True).start()
        return self.authority

    @property
    def authority(self):
        return "127.0.0.1:%d" % self.listener.server_address[1]

    def reach(self):
        """Finds out whether the server can be reached at all: it can, when it has just started this run."""
        request = Request("GET", "/q/health/live", self.signed([]), None)
        try:
            self.exchange(request, STATE_ANSWER_SECONDS)
        except (Away, Unusable):
            pass

    # -- requests ---------------------------------------------------------------------------------------------------

    def handle(self, request):
        try:
            if request.creates_execution():
                request.headers.append(("Idempotency-Key", str(uuid.uuid4())))
            if request.is_report():
                with self.reports.changed:
                    self.reporting += 1
                try:
                    return self.report(request)
                finally:
                    with self.reports.changed:
                        self.reporting -= 1
                        self.reports.changed.notify_all()
            if request.asks_state():
                return self.state(request)
            return self.hold(request)
        except Unusable as failure:
            return Answer.own(502, {"detail": "The run's server cannot be used: %s" % failure})

    def exchange(self, request, seconds=ANSWER_SECONDS):
        """As the server's own, with an eye on whether it is there. An answer that says it is away raises Away, too."""
        try:
            answer = self.server.exchange(request, seconds)
        except Away as away:
            self.is_away(away)
            raise
        if answer.status in AWAY:
            away = Away("it answers %d" % answer.status, request.method not in IDEMPOTENT)
            away.answer = answer
            self.is_away(away)
            raise away
        with self.lock:
            self.reached = True
            said, self.away_since, self.away_said = self.away_said, None, False
        if said:
            self.say("reliably-server: the server answers again")
        return answer

    def is_away(self, away):
        now = time.monotonic()
        with self.lock:
            if self.away_since is None:
                self.away_since = now
            say = not self.away_said and now - self.away_since >= SAY_AWAY_AFTER_SECONDS
            self.away_said = self.away_said or say
        if say:
            self.say("reliably-server: the server at %s is away (%s); the run waits for it where it needs an answer, and "
                     "what it reports is kept for it" % (self.url, away))

    def gives_up(self):
        now = time.monotonic()
        with self.lock:
            never = not self.reached and self.away_since is not None and now - self.away_since > NEVER_REACHED_SECONDS
        return never or now > self.hold_until()

    def report(self, request):
        while True:
            with self.order:
                if self.reports.is_empty():
                    try:
                        answer = self.exchange(request)
                        self.know(request)
                        return answer
                    except Away:
                        pass
                try:
                    self.reports.append(self.head(request), request.body or b"")
                    self.know(request)
                    return Answer.own(200, {"ok": True} if STATUS.match(request.place) else None)
                except Full:
                    pass
            if self.gives_up():
                return Answer.own(504, {"detail": "The server is away, and there is no room to keep more reports for it."})
            with self.reports.changed:
                self.reports.changed.wait(1)

    def head(self, request):
        headers = [h for h in request.headers if h[0].lower() != "authorization"]
        return {"method": request.method, "path": request.path, "headers": headers,
                "replaces": request.path if RESULTS.match(request.place) else None}

    def know(self, request):
        if STATE.match(request.place):
            self.states[request.place] = request.body

    def state(self, request):
        if self.reports.is_empty():
            try:
                answer = self.exchange(request, STATE_ANSWER_SECONDS)
                # With an encoding it is the client's to read, not ours.
                plain = not any(name.lower() == "content-encoding" for name, value in answer.headers)
                if answer.status == 200 and answer.rest is None:
                    self.states[request.place] = answer.body if plain else b"null"
                return answer
            except Away:
                if not self.reached and self.gives_up():
                    raise Unusable("it was never reached")
        body = self.states.get(request.place, b"null")
        return Answer(200, "OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body)

    def hold(self, request):
        pause = 0.1
        while True:
            # What came before must be there before.
            with self.reports.changed:
                while not self.reports.is_empty() and not self.gives_up() and request.is_wanted():
                    self.reports.changed.wait(1)
            try:
                return self.exchange(request)
            except Away as away:
                if away.sent and not request.can_be_repeated():
                    return getattr(away, "answer", None) or Answer.own(
                        502, {"detail": "The connection to the server was lost, so that it is not known whether it did "
                                        "what was asked for (%s)." % away})
                if self.gives_up():
                    return getattr(away, "answer", None) or Answer.own(
                        504, {"detail": "The server at %s does not answer: %s" % (self.url, away)})
                if not request.is_wanted():
                    return Answer.own(504, {"detail": "Nobody waits for the answer any more."})
            time.sleep(pause)
            pause = min(2, pause * 1.5)

    # -- handing over -----------------------------------------------------------------------------------------------

    def hand_over(self):
        """Tells the server of the stored reports, one after the other, whenever there are some."""
        pause, errors = 0.1, 0
        while True:
            head, body = self.reports.take()
            request = Request(head["method"], head["path"], self.signed([tuple(h) for h in head["headers"]]), body)
            refused, later = None, False
            try:
                if body is None:
                    raise Unusable("the file that kept it cannot be read")
                answer = self.exchange(request)
                errors = errors + 1 if answer.status >= 500 else 0
                later = answer.status in (408, 425, 429) or 0 < errors < MOST_SERVER_ERRORS
                if answer.status >= 400:
                    refused = "%d %s" % (answer.status, answer.body[:300].decode("utf-8", "replace"))
            except Unusable as failure:
                refused = str(failure)
            except Away:
                later = True
            if later:
                self.reports.put_back(pause)
                pause = min(2, pause * 1.5)
                continue
            if refused:
                self.say("reliably-server: a report that was kept for the server could not be handed over (%s %s): %s"
                         % (request.method, request.place, refused))
            self.reports.done()
            pause, errors = 0.1, 0

    def signed(self, headers):
        return headers + [("Authorization", "Bearer " + self.token)]

    def finish(self, until):
        """Waits until every report is handed over, or until() has come; returns how many are not."""
        with self.reports.changed:
            while (self.reporting or self.reports.waiting) and time.monotonic() < until():
                self.reports.changed.wait(0.5)
            return len(self.reports.waiting)

    # -- addresses --------------------------------------------------------------------------------------------------

    def variables(self, client):
        """What the client, with these variables, has to be told so that it comes here, and through no proxy."""
        told = {"RELIABLY_SERVICE_HOST": "http://" + self.authority, "RELIABLY_HOST": self.authority,
                "RELIABLY_USE_HTTP": "true"}
        if any(name.lower().endswith("_proxy") for name in client):
            direct = [client[name] for name in ("no_proxy", "NO_PROXY") if client.get(name)][:1] + ["127.0.0.1"]
            told["no_proxy"] = told["NO_PROXY"] = ",".join(direct)
        return told

    def public_addresses(self):
        return PublicAddresses(self.authority, self.url, self.server.authority)
