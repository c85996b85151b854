"""Where things are: the repository, the binary under test, the Python of the apps, the artifacts."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
APPS = REPOSITORY / "Tests" / "EndToEnd" / "apps"

#: The release binary; `carrel-init` lies beside it.
CARREL = Path(os.environ.get("CARREL_BIN", REPOSITORY / ".build" / "release" / "carrel"))
#: A virtual environment with JupyterLab and Shiny, made from the system's Python.
APP_VENV = Path(os.environ.get("CARREL_APP_VENV", REPOSITORY / ".build" / "app-venv"))
#: Screenshots, logs of servers whose test failed.
ARTIFACTS = Path(os.environ.get("CARREL_ARTIFACTS", REPOSITORY / ".build" / "e2e-artifacts"))
#: Where each test's state directory is made: others must be able to enter it, for workspaces have uids of their own.
SCRATCH = Path(os.environ.get("CARREL_SCRATCH", "/tmp/carrel-e2e"))

#: How far a time may lie beyond its bound before a test fails: machines are noisy, so only `make bench` takes bounds
#: at their word.
SLACK = 1 if os.environ.get("CARREL_STRICT_FIGURES") else 5

SYSTEM_PYTHON = "/usr/bin/python3"
CHROMIUM = os.environ.get("CARREL_CHROMIUM", "/usr/bin/chromium")
