"""Runs one plan with the Reliably CLI, independently of the server that started it.

The server may be restarted, or killed, at any moment; the run must neither end with it nor be started twice. So this
process leads a session of its own, takes its orders from files of the run's directory, and leaves there what became
of the run:

    spec.json         what to do (written by the server before the start)
    environment.json  the variables of the CLI, its token among them (mode 0600)
    launched          made exclusively by the first launcher of this run; a second one ends at once
    pid               this process
    ready             everything is prepared, and the launcher waits for the permit
    permit            made by the server, once its database says that this attempt is the one that runs: from here on the
                      experiment may have had effects
    supervisor        the process between this one and the CLI (supervisor.py): it ends the CLI should this one be killed
    output.log        everything that was printed, the installation's output first; bounded (output.py)
    reports/          what the client reported while the server was away, until that is handed over (relay.py)
    result.json       the end: {"exit_code": n or null, "reason": ..., "error": ...}; not there before every
                      report is handed over, or the time for that is over

SIGTERM asks for the end: the CLI gets it too, and the time `grace_seconds` to roll back; then every process that stems
from here is killed. The same happens at `timeout_seconds`, and when the server no longer accepts the run's token: then the
run has ended as far as the server knows, or another server has it.

With `--check` in front of a directory that has only spec.json, it looks for what would stop a run instead, prints what it
found as JSON, and leaves nothing behind.

Needs Python 3.7 or newer, and nothing else.
"""

import contextlib
import fcntl
import glob
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

SCRIPTS = os.path.dirname(os.path.abspath(__file__))
# An isolated interpreter (-I) does not look in the directory of its script by itself.
sys.path.insert(0, SCRIPTS)

from environments import Environments  # noqa: E402
from output import Output  # noqa: E402
from policies import Failure, Policies  # noqa: E402
from relay import Relay  # noqa: E402
from supervisor import adopt_orphans, kill_descendants  # noqa: E402
from usage import Usage  # noqa: E402

ALREADY_LAUNCHED = 75
# In bytes, and in characters, of which each takes six bytes at most.
LONGEST_RESULT = 32 * 1024
LONGEST_ERROR = 5000


class Stopped(Exception):
    """Somebody asked for the end, or the time is over."""


class Launcher:
    def __init__(self, directory, variables=None):
        self.directory = directory
        self.spec = self.read("spec.json")
        self.variables = self.read("environment.json") if variables is None else variables
        self.deadline = time.monotonic() + self.spec["timeout_seconds"]
        self.stop_reason = self.stop_error = None
        self.asked_at = None
        self.hurried = False
        self.output = None
        self.relay = None
        self.policies = Policies(self)
        self.usage = Usage(self.policies.given.get("most", {}), self.stop, self.hurry)
        self.environments = Environments(self)

    # -- files ------------------------------------------------------------------------------------------------------

    def path(self, name):
        return os.path.join(self.directory, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return json.load(f)

    def write(self, name, content):
        fresh = self.path(name + ".new")
        with open(fresh, "w", encoding="utf-8") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.replace(fresh, self.path(name))

    def reserve_result(self):
        """Room on the disk for the last word, which is written into it: the run may leave none."""
        with contextlib.suppress(OSError), open(self.path("result.json.new"), "wb") as f:
            f.write(b" " * LONGEST_RESULT)
            f.flush()
            os.fsync(f.fileno())

    def write_result(self, result):
        result["error"] = result["error"] and result["error"][:LONGEST_ERROR]
        fresh = self.path("result.json.new")
        with open(fresh, "r+b" if os.path.exists(fresh) else "wb") as f:
            f.write(json.dumps(result).encode("ascii"))
            f.truncate()
            f.flush()
            os.fsync(f.fileno())
        os.replace(fresh, self.path("result.json"))

    def say(self, text):
        self.output.say(text)

    # -- the run ----------------------------------------------------------------------------------------------------

    def run(self):
        try:
            os.close(os.open(self.path("launched"), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return ALREADY_LAUNCHED
        adopt_orphans()
        self.write("pid", str(os.getpid()))
        self.reserve_result()
        signal.signal(signal.SIGTERM, self.on_term)
        signal.signal(signal.SIGINT, self.on_term)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.output = Output(self.path("output.log"), self.spec["output_limit_bytes"])
        result = {"exit_code": None, "reason": "exited", "error": None}
        try:
            work = self.working_directory()
            python, readable = self.environments.environment()
            result["exit_code"] = self.execute(python, readable, work)
            if self.stop_reason:
                result["reason"], result["error"] = self.stop_reason, self.stop_error
        except Stopped:
            result["reason"], result["error"] = self.stop_reason, self.stop_error
        except Failure as failure:
            result["reason"] = "unprepared"
            result["error"] = str(failure)
            self.output.finish()
            self.say("reliably-server: " + str(failure))
        except Exception as failure:  # whatever it is, the server must hear of it
            result["reason"] = "unprepared"
            result["error"] = "The launcher failed: %s: %s" % (type(failure).__name__, failure)
        finally:
            kill_descendants()
            self.output.finish()
            self.hand_over(result)
        self.write_result(result)
        return 0

    def working_directory(self):
        base = self.spec["base_dir"]
        if base is None:
            work = os.path.join(self.workspace(), "work")
            os.makedirs(work, exist_ok=True)
            return work
        self.policies.demand_allowed(base)
        if not os.path.isdir(base):
            raise Failure("The directory '%s' of the deployment (base_dir) does not exist on the server's host. "
                          "Make it, or leave base_dir out to run in a fresh one." % base)
        if not os.access(base, os.W_OK | os.X_OK):
            raise Failure("The directory '%s' of the deployment (base_dir) cannot be written by the server's user." % base)
        return base

    def workspace(self):
        """All that a run sees of its own directory."""
        return self.path("workspace")

    def execute(self, python, readable, work):
        env = dict(self.passed_through(), **self.variables)
        env["PATH"] = os.path.dirname(python) + os.pathsep + os.environ.get("PATH", os.defpath)
        for name, variable in (("home", "HOME"), ("tmp", "TMPDIR")):
            env[variable] = os.path.join(self.workspace(), name)
            os.makedirs(env[variable], exist_ok=True)
        self.policies.hand_over(self.workspace())
        env["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(python))
        env["PYTHONUNBUFFERED"] = "1"
        reliably = os.path.join(os.path.dirname(python), "reliably")
        policy = self.policies.of_run(self.workspace(), work, readable)
        command = self.policies.command(policy, [reliably] + self.spec["arguments"])
        self.open_relay(env)
        self.await_permit()
        threading.Thread(target=self.watch_token, daemon=True).start()
        with self.usage.watched(self.workspace()):
            code = self.call(command, env, cwd="/", graceful=True)
        self.policies.demand_started(policy, code)
        if self.stop_reason is None and self.usage.explain(code):
            self.stop("limit", self.usage.explain(code))
        return code

    def passed_through(self):
        patterns = [re.compile(p.replace("*", ".*") + "$", re.IGNORECASE) for p in self.spec["pass_through"]]
        return {k: v for k, v in os.environ.items() if any(p.match(k) for p in patterns)}

    def end_processes(self):
        kill_descendants()

    def open_relay(self, env):
        """Has the client speak with the server through here, so that it need not know of its restarts."""
        certificates = glob.glob(os.path.join(env["VIRTUAL_ENV"], "lib", "python*", "site-packages", "certifi", "cacert.pem"))
        self.relay = Relay(
            self.path("reports"), self.variables["RELIABLY_SERVICE_HOST"], self.variables["RELIABLY_SERVICE_TOKEN"], env,
            lambda: self.deadline + self.spec["grace_seconds"], self.say, certificates[0] if certificates else None)
        self.relay.start()
        self.relay.reach()
        env.update(self.relay.variables(env))
        self.output.addresses = self.relay.public_addresses()

    def hand_over(self, result):
        """The run is not over before the server has what its client reported, unless that takes too long."""
        if self.relay is None:
            return
        begun = time.monotonic()
        longest = self.deadline + self.spec["grace_seconds"] + self.spec["handover_seconds"]

        def until():
            return longest if self.asked_at is None else min(longest, max(begun, self.asked_at) + self.spec["grace_seconds"])
        left = self.relay.finish(until)
        if left:
            error = ("The server was away until the run's time was over, so that %d of the last reports of its client could not be "
                     "handed over. The log of the run says how it ended." % left)
            self.say("reliably-server: " + error)
            result["error"] = result["error"] or error
            if result["reason"] == "exited":
                result["reason"] = "unreported"

    def await_permit(self):
        """Nothing takes effect before the server says so: another one may have gone on with this run meanwhile."""
        self.write("ready", "")
        latest = time.monotonic() + self.spec["permit_seconds"]
        while not os.path.exists(self.path("permit")):
            self.stop_if_asked()
            if time.monotonic() > latest:
                raise Failure("No server gave the permit to begin within %d s; the server that prepared the run is gone."
                              % self.spec["permit_seconds"])
            time.sleep(0.05)

    def watch_token(self):
        """Ends the run when its token does. Where the server cannot be asked nothing follows: it may be restarting."""
        url = "%s/api/v1/organization/%s/plans/%s" % (
            self.variables["RELIABLY_SERVICE_HOST"], self.variables["RELIABLY_ORGANIZATION_ID"],
            self.variables["RELIABLY_PLAN_ID"])
        request = urllib.request.Request(url, headers={
            "Authorization": "Bearer " + self.variables["RELIABLY_SERVICE_TOKEN"]})
        refused = 0
        while refused < 2:
            time.sleep(self.spec["token_check_seconds"])
            try:
                urllib.request.urlopen(request, timeout=10).close()
                refused = 0
            except urllib.error.HTTPError as answer:
                refused = refused + 1 if answer.code == 401 else 0
            except Exception:
                refused = 0
        if self.stop_reason is None:
            self.say("reliably-server: the run's token is no longer accepted, so the run is ended")
            self.stop("cancelled")

    # -- checks -----------------------------------------------------------------------------------------------------

    def check(self):
        """What would stop a run, as [{"name":, "outcome":, "message":, "remedy":}]."""
        self.results = []
        self.output = Output(self.path("output.log"), self.spec["output_limit_bytes"])
        adopt_orphans()
        uv = shutil.which("uv")
        self.note("working directory", lambda: "Runs have %s." % (
            "a fresh directory each" if self.spec["base_dir"] is None else self.working_directory()))
        self.add("confinement", *self.policies.summary())
        base = self.note("Python interpreter", lambda: self.environments.interpreter(uv),
                         lambda found: "Runs have %s." % found.path)
        if uv:
            self.add("uv", "passed", "Dependencies are installed by %s." % uv)
        else:
            self.add("uv", "warning", "uv is not on the PATH of the server's host, so that pip installs the dependencies, "
                     "which takes longer.", "Install uv, for quicker first runs.")
        if base is None:
            self.add("requirements resolvable", "skipped", "There is no interpreter to resolve them for.")
        else:
            self.note("requirements resolvable",
                      lambda: self.environments.resolve(uv, base, self.path("resolve")) or True,
                      lambda found: "A package index has everything that runs need.")
        kill_descendants()
        return self.results

    def add(self, name, outcome, message, remedy=None):
        self.results.append({"name": name, "outcome": outcome, "message": message, "remedy": remedy})

    def note(self, name, look, said=str):
        try:
            found = look()
        except Stopped:
            self.add(name, "failed", self.stop_error or "The look for it took too long.", "Check that this host reaches a package index.")
        except Failure as failure:
            self.add(name, "failed", str(failure), "Correct the deployment, or the server's host, as it says.")
        else:
            self.add(name, "passed", said(found))
            return found

    # -- processes --------------------------------------------------------------------------------------------------

    def call(self, command, env, cwd, graceful=False):
        """
        Runs a program, with its output in the log; returns its exit code, or the negative number of a signal.

        @param command as policies.command makes it
        """
        self.stop_if_asked()
        life, life_of_launcher = os.pipe()
        printed, prints = os.pipe()
        grace = self.spec["grace_seconds"] if graceful else 0
        try:
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", os.path.join(SCRIPTS, "supervisor.py"), str(grace), str(life), str(printed)] + command,
                env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=prints, stderr=subprocess.STDOUT, pass_fds=(life, printed))
            os.close(prints)
            os.close(life)
            life = prints = None
            self.write("supervisor", str(child.pid))
            code = self.follow(child, printed, grace)
        except OSError as failure:
            raise Failure("'%s' cannot be started: %s" % (command[1], failure))
        finally:
            for end in (life, life_of_launcher, printed, prints):
                if end is not None:
                    os.close(end)
        if not graceful:
            self.stop_if_asked()
        return code

    def follow(self, child, printed, grace):
        os.set_blocking(printed, False)
        kill_at = None
        while child.poll() is None:
            if self.stop_reason is None and time.monotonic() > self.deadline:
                self.stop("timeout")
            if self.stop_reason and kill_at is None:
                kill_at = time.monotonic() + grace
                if grace > 0:
                    child.terminate()
            if kill_at is not None and (self.hurried or time.monotonic() >= kill_at):
                kill_descendants()
            select.select([printed], [], [], 0.1)
            if self.keep(printed) == 0:
                # Nothing can print any more, and what does not print may go on.
                time.sleep(0.1)
        # What has ended has printed everything before. What it leaves behind may print for ever.
        for _ in range(16):
            if not self.keep(printed):
                break
        return child.returncode

    def keep(self, printed):
        """Puts what was printed into the log; returns how much that was, 0 at its end, None where nothing is there."""
        try:
            data = os.read(printed, 65536)
        except BlockingIOError:
            return None
        self.output.write(data)
        return len(data)

    def take(self, lock):
        while True:
            self.stop_if_asked()
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(0.2)

    def on_term(self, signum, frame):
        self.asked_at = time.monotonic()
        if self.stop_reason is None:
            self.stop("cancelled")

    def stop(self, reason, error=None):
        self.stop_error = error
        self.stop_reason = reason

    def hurry(self):
        """Leaves no time to roll back."""
        self.hurried = True

    def stop_if_asked(self):
        if self.stop_reason is None and time.monotonic() > self.deadline:
            self.stop("timeout")
        if self.stop_reason:
            raise Stopped()

    def last_lines(self):
        lines = self.output.last(4000).decode("utf-8", "replace").strip().splitlines()
        errors = [line for line in lines if "error" in line.lower()]
        return " / ".join((errors or lines)[-3:])[:1500]


if __name__ == "__main__":
    os.umask(0o077)
    if os.getpgid(0) != os.getpid():
        os.setsid()
    if sys.argv[1] == "--check":
        json.dump(Launcher(sys.argv[2], {}).check(), sys.stdout)
        sys.exit(0)
    sys.exit(Launcher(sys.argv[1]).run())
