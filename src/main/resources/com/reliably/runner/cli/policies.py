"""What a run, the build of its Python environment, and a check may do: policies for confinement.py, for the launcher.

Needs Python 3.7 or newer, and nothing else.
"""

import json
import os
import re
import subprocess
import sys
import threading

import confinement

NOT_STARTED = 126
# Variables whose values may be paths that the operator means for programs of runs.
PATHS_OF_TOOLS = re.compile(r"(SSL_CERT_FILE|SSL_CERT_DIR|[A-Z]+_CA_BUNDLE|PIP_(CERT|CLIENT_CERT|FIND_LINKS|CONFIG_FILE|"
                            r"CONSTRAINT|REQUIREMENT)|UV_(FIND_LINKS|CONFIG_FILE|PYTHON_INSTALL_DIR|DEFAULT_INDEX|INDEX|"
                            r"INDEX_URL|CONSTRAINT))$")


class Failure(Exception):
    """Why the plan cannot be run, and what to do about it."""


class Policies:
    def __init__(self, launcher):
        given = launcher.spec.get("confinement") or {"mode": "none"}
        self.launcher = launcher
        self.given = given
        self.mode = given["mode"]
        self.strict = self.mode == "strict"
        self.roots = [os.path.realpath(r) for r in given.get("roots", [])]
        self.hidden = os.path.realpath(given["hidden"]) if "hidden" in given else None
        self.found = None

    # -- the three policies -----------------------------------------------------------------------------------------

    def of_run(self, workspace, directory, readable):
        return self.policy(directory, readable, [workspace] + (self.roots if self.strict else []),
                           os.path.join(workspace, "tmp"))

    def of_build(self, root, cache, readable):
        # The operator may name packages by their path. The allowed directories may hold others.
        named = [p for p in self.launcher.spec["packages"] if p.startswith("/") and os.path.exists(p) and self.is_showable(p)]
        return self.policy(root, readable + (named + self.roots if self.strict else []), [root, cache],
                           os.path.join(root, "tmp"))

    def policy(self, directory, readable, writable, temporary):
        policy = {"mode": self.mode, "required": self.strict, "directory": directory, "limits": self.given.get("limits", {}),
                  "report": self.launcher.path("confinement.failure")}
        if self.mode != "none":
            policy.update(hidden=self.hidden, readable=readable + self.paths_of_tools(), writable=writable)
        if self.strict:
            policy.update(uid=self.uid(), temporary=temporary, refused_ports=self.given.get("refused_ports", []))
        return policy

    def paths_of_tools(self):
        """Certificates, and where packages are found, as variables say that are handed on."""
        if not self.strict:
            return []
        found = []
        for name, value in self.launcher.passed_through().items():
            if PATHS_OF_TOOLS.match(name):
                for path in [value] + value.split() + value.split(os.pathsep):
                    path = path[len("file://"):] if path.startswith("file://") else path
                    if path.startswith("/") and os.path.exists(path) and self.is_showable(path):
                        found.append(path)
        return list(dict.fromkeys(found))

    def is_showable(self, path):
        """Whether showing a path shows nothing that is hidden."""
        return self.hidden is None or not confinement.contains(os.path.realpath(path), self.hidden)

    # -- what this host has -----------------------------------------------------------------------------------------

    def probe(self):
        """What there is to confine with, once for this launcher; a process of its own, because it tries."""
        if self.found is None:
            self.found = self.probe_forked() if threading.active_count() == 1 else self.probe_started()
        return self.found

    def probe_forked(self):
        """By far the quicker way, while there are no other threads."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, json.dumps(confinement.probe(self.hidden)).encode("ascii"))
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            said = answer.read()
        os.waitpid(child, 0)
        return self.probed(said, "unknown")

    def probe_started(self):
        line = [sys.executable, "-I", "-S", os.path.abspath(confinement.__file__), "--probe", self.hidden]
        answer = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self.probed(answer.stdout, answer.stderr.decode("utf-8", "replace").strip()[-300:] or "unknown")

    @staticmethod
    def probed(said, failure):
        try:
            return json.loads(said.decode("ascii"))
        except ValueError:
            return {"landlock": 0, "namespaces": failure, "root": False}

    def uid(self):
        """The user that runs of this organization become: only root can, and only where paths can be shown to that user."""
        if not self.strict or self.given.get("uid") is None or os.geteuid() != 0:
            return None
        return self.given["uid"] if self.probe()["namespaces"] is None else None

    def hand_over(self, *directories):
        """Makes directories, and what is in them, belong to the user that the organization's runs have."""
        uid = self.uid()
        if uid is not None:
            for directory in directories:
                for parent, names, files in os.walk(directory):
                    for name in [parent] + [os.path.join(parent, n) for n in names + files]:
                        os.chown(name, uid, uid, follow_symlinks=False)

    def demand_allowed(self, base_dir):
        """
        @raise Failure where a run may not have this working directory
        """
        if self.mode == "none":
            return
        real = os.path.realpath(base_dir)
        if confinement.contains(self.hidden, real):
            raise Failure("The directory '%s' of the deployment (base_dir) lies in the server's data directory, which runs do "
                          "not see. Use another one." % base_dir)
        if self.strict:
            for root in self.roots:
                if not self.is_showable(root):
                    raise Failure("RELIABLY_MANAGED_ALLOWED_ROOTS has '%s', in which the server's data directory lies. The "
                                  "operator has to name directories beside it." % root)
            if not any(confinement.contains(root, real) for root in self.roots):
                raise Failure("The directory '%s' of the deployment (base_dir) is not below a directory that the operator "
                              "allows (RELIABLY_MANAGED_ALLOWED_ROOTS), which is needed since the server has a second "
                              "organization. Leave base_dir out to run in a fresh directory, or have the operator allow it."
                              % base_dir)

    # -- commands ---------------------------------------------------------------------------------------------------

    def command(self, policy, line):
        """What the supervisor runs another command line by: the policy, then that."""
        try:
            os.remove(policy["report"])
        except FileNotFoundError:
            pass
        return [json.dumps(policy)] + line

    def demand_started(self, policy, code):
        """
        @raise Failure where the command was not even started, because it could not be confined
        """
        if code != NOT_STARTED:
            return
        try:
            with open(policy["report"], encoding="utf-8") as f:
                report = f.read()
        except FileNotFoundError:
            return
        if report:
            raise Failure(report)

    # -- for checks -------------------------------------------------------------------------------------------------

    def summary(self):
        """(outcome, message, remedy) of how runs are confined here."""
        remedy = "Use Linux 5.13 or newer with Landlock, or one where the server's user may make mount namespaces."
        if self.mode == "none":
            return ("warning", "Runs are not confined (RELIABLY_MANAGED_ISOLATION=none): they can read all that the server's "
                    "user can read, the server's keys too.", "Have the operator unset RELIABLY_MANAGED_ISOLATION.")
        found = self.probe()
        if found["landlock"] == 0 and found["namespaces"] is not None:
            if self.strict:
                return "failed", confinement.LACKING % found["namespaces"], remedy
            return ("warning", "Runs are not confined, because this host has neither Landlock nor mount namespaces for the "
                    "server's user (%s): they can read all that this user can read, the server's keys too."
                    % found["namespaces"], remedy)
        if not self.strict:
            return "passed", "Runs see nothing of the server's data directory, and do not trace other processes.", None
        if 0 < found["landlock"] < 4:
            return ("warning", "Runs see only what they need and what the operator allows, but this kernel's Landlock is too "
                    "old to keep them from connecting to the database, which only its password protects then.",
                    "Use Linux 6.7 or newer, for signals 6.12.")
        return "passed", "Runs see only what they need, and what the operator allows.", None
