"""Python environments of runs, of which each organization has its own: found, or made; for the launcher.

Whatever stands in an environment was put there by a tenant's packages, so that nothing of it is executed, or believed, outside of
what a run is confined to. What is known of it stands beside it.

Needs Python 3.7 or newer, and nothing else.
"""

import collections
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

from policies import Failure


class Environments:
    def __init__(self, launcher):
        self.launcher = launcher
        self.spec = launcher.spec
        self.policies = launcher.policies

    # -- Python -----------------------------------------------------------------------------------------------------

    def environment(self):
        """An environment that has what the plan needs, made once, then reused: its interpreter, and all paths that it needs."""
        uv = shutil.which("uv")
        os.makedirs(self.spec["environments"], mode=0o700, exist_ok=True)
        order = [self.spec["py_version"], self.spec["packages"], self.spec["constraints"], self.spec["requirements"],
                 self.policies.uid()]
        known = self.path(self.digest([os.environ.get("PATH"), uv, sys.executable] + order) + ".known")
        found = self.known_environment(known)
        if found is None:
            found = self.make_environment(uv, order)
            with open("%s.%d" % (known, os.getpid()), "w", encoding="utf-8") as f:
                json.dump(found, f)
            os.replace("%s.%d" % (known, os.getpid()), known)
        return found["python"], found["readable"]

    def path(self, name):
        return os.path.join(self.spec["environments"], name)

    @staticmethod
    def digest(values):
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode("utf-8")).hexdigest()[:24]

    @staticmethod
    def known_environment(known):
        """The environment that the same order led to before, so that not every interpreter of the host is asked again."""
        try:
            with open(known, encoding="utf-8") as f:
                found = json.load(f)
        except (OSError, ValueError):
            return None
        usable = os.path.exists(found["root"] + ".complete") and os.access(found["python"], os.X_OK)
        return found if usable else None

    def make_environment(self, uv, order):
        base = self.interpreter(uv)
        root = self.path(self.digest([base.path, bool(uv)] + order))
        python = os.path.join(root, "venv", "bin", "python")
        with open(root + ".lock", "w") as lock:
            self.launcher.take(lock)
            if not os.path.exists(root + ".complete"):
                shutil.rmtree(root, ignore_errors=True)
                os.makedirs(root)
                self.build(uv, base, root, python)
                with open(root + ".complete", "w"):
                    pass
        return {"root": root, "python": python, "readable": [root] + self.paths_of(base, uv)}

    def paths_of(self, base, uv):
        """What has to be seen for an interpreter to work."""
        paths = [base.path, os.path.realpath(base.path)] + ([uv, os.path.realpath(uv)] if uv else [])
        for prefix in base.prefixes:
            narrow = [os.path.join(prefix, "lib", "python%d.%d" % base.version[:2])]
            paths += [prefix] if self.policies.is_showable(prefix) else narrow
        return list(dict.fromkeys(paths))

    def build(self, uv, base, root, python):
        make, install, env, policy = self.commands(uv, base, root, python)
        self.launcher.say("reliably-server: preparing a Python environment with %s, kept for later runs" % base.path)
        self.install(base, policy, env, [make, install])
        if not os.access(os.path.join(os.path.dirname(python), "reliably"), os.X_OK):
            raise Failure("The installed packages do not have the command 'reliably'.")

    def resolve(self, uv, base, root):
        """Finds versions of everything, and installs none of it."""
        os.makedirs(root)
        os.makedirs(self.spec["environments"], mode=0o700, exist_ok=True)
        make, install, env, policy = self.commands(uv, base, root, os.path.join(root, "venv", "bin", "python"))
        self.install(base, policy, env, [make, install + ["--dry-run"]])

    def install(self, base, policy, env, commands):
        failures = ["A Python environment cannot be made with %s: %%s (On Debian and Ubuntu the package python3-venv is "
                    "needed.)" % base.path,
                    "The dependencies cannot be installed; check py_dependencies of the deployment, and that this host "
                    "reaches a package index: %s"]
        for command, failure in zip(commands, failures):
            with self.launcher.usage.watched(policy["directory"]):
                code = self.launcher.call(self.policies.command(policy, command), env, cwd="/")
            # What a package's build leaves running may not change the environment later.
            self.launcher.end_processes()
            self.policies.demand_started(policy, code)
            if code != 0:
                raise Failure(failure % self.launcher.last_lines())
        for name in ("tmp", "home"):
            shutil.rmtree(os.path.join(policy["directory"], name), ignore_errors=True)

    def commands(self, uv, base, root, python):
        """What makes an environment, what installs into it, the variables of both, and what both may do."""
        requirements = os.path.join(root, "requirements.txt")
        constraints = os.path.join(root, "constraints.txt")
        own = self.spec["requirements"] or ""
        with open(requirements, "w", encoding="utf-8") as f:
            f.write("\n".join(self.spec["packages"]) + "\n" + own + "\n")
        with open(constraints, "w", encoding="utf-8") as f:
            f.write("\n".join(c for c in self.spec["constraints"] if project_of(c) not in projects_of(own)) + "\n")
        env = dict(self.launcher.passed_through(), PATH=os.environ.get("PATH", os.defpath))
        for name, variable in (("tmp", "TMPDIR"), ("home", "HOME")):
            os.makedirs(os.path.join(root, name), exist_ok=True)
            env[variable] = os.path.join(root, name)
        if not self.policies.strict and "HOME" in os.environ:
            # Where the operator may have said how packages are found.
            env["HOME"] = os.environ["HOME"]
        cache = self.path("cache")
        os.makedirs(cache, exist_ok=True)
        self.policies.hand_over(cache, root)
        if uv:
            env["UV_CACHE_DIR"] = cache
            make = [uv, "venv", "--quiet", "--no-project", "--python", base.path, os.path.join(root, "venv")]
            install = [uv, "pip", "install", "--python", python, "-r", requirements, "-c", constraints]
        else:
            env["PIP_CACHE_DIR"] = cache
            make = [base.path, "-m", "venv", os.path.join(root, "venv")]
            install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
                       "-r", requirements, "-c", constraints]
        return make, install, env, self.policies.of_build(root, cache, self.paths_of(base, uv))

    def interpreter(self, uv):
        wanted = self.spec["py_version"]
        found = installed_interpreters()
        if wanted is None:
            fitting = [f for f in found if f.version >= (3, 12)] or [f for f in found if f.version >= (3, 10)]
            if fitting:
                return fitting[0]
            remedy = "Install Python 3.12 or newer"
        else:
            prefix = tuple(int(n) for n in wanted.split("."))
            fitting = [f for f in found if f.version[:len(prefix)] == prefix]
            if fitting:
                return fitting[0]
            if uv:
                # uv may know, or be allowed to fetch, an interpreter that is not on the PATH.
                answer = subprocess.run([uv, "python", "find", "--no-project", wanted], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, universal_newlines=True)
                if answer.returncode == 0 and answer.stdout.strip():
                    other = Interpreter.at(answer.stdout.strip())
                    if other is not None:
                        return other
            remedy = "Install it, or change py_version of the deployment"
        here = ", ".join(sorted({".".join(map(str, f.version)) for f in found})) or "none"
        raise Failure("Python %s is needed, but the server's host has: %s. %s."
                      % (wanted or "3.12 or newer", here, remedy))


def project_of(requirement):
    """The normalised name of the project that a requirement line names (PEP 503), or None."""
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    return re.sub(r"[-_.]+", "-", match.group(1)).lower() if match else None


def projects_of(requirements):
    return {project_of(line) for line in requirements.splitlines()}


class Interpreter(collections.namedtuple("Interpreter", "version path prefixes")):
    """A Python that really starts: (3, 12, 1), what to execute, and the directories that it is installed in."""

    LOOK = "import json, sys; print(json.dumps([sys.version_info[:3], sys.executable, [sys.prefix, sys.base_prefix, " \
           "sys.base_exec_prefix]]))"

    @classmethod
    def at(cls, path):
        try:
            answer = subprocess.run([path, "-I", "-c", cls.LOOK], stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, universal_newlines=True, timeout=20)
            version, executable, prefixes = json.loads(answer.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
        # A path may lead to a script that chooses among interpreters, as pyenv's do.
        return cls(tuple(version), executable or path, list(dict.fromkeys(prefixes)))


def installed_interpreters():
    """Interpreters: 'python3' first if it is new enough, then newest first."""
    directories = os.environ.get("PATH", os.defpath).split(os.pathsep) + ["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"]
    pyenv = os.environ.get("PYENV_ROOT") or os.path.join(os.path.expanduser("~"), ".pyenv")
    directories += glob.glob(os.path.join(pyenv, "versions", "*", "bin"))
    candidates = [shutil.which("python3"), sys.executable]
    for directory in directories:
        for path in glob.glob(os.path.join(directory, "python3*")):
            if re.match(r"python3(\.\d+)?$", os.path.basename(path)):
                candidates.append(path)
    found = {path: Interpreter.at(path) for path in dict.fromkeys(candidates) if path}
    usable = [interpreter for interpreter in found.values() if interpreter]
    first = usable[:1] if usable and usable[0].version >= (3, 12) else []
    # Of several new ones, prefer those that packages had time to follow.
    return first + sorted(usable, key=lambda f: (f.version < (3, 14), f.version), reverse=True)
