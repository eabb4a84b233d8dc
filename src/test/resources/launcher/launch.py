"""Starts the launcher in SCRIPTS for the run in DIRECTORY, with what stands in CLIENT in the place of an environment's programs."""

import os
import sys

scripts, directory, client = sys.argv[1:4]
sys.path.insert(0, scripts)
import launcher

launcher.Environments.environment = lambda self: (os.path.join(client, "python"), [])
os.setsid()
sys.exit(launcher.Launcher(directory).run())
