"""What tests with a real browser share."""

import shutil
import subprocess
from pathlib import Path

from . import places


def picture(page, name):
    """A screenshot among the artifacts."""
    places.ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=places.ARTIFACTS / f"{name}.png")


def sign_in(page, carrel, name, password):
    """By the form, as a person does."""
    page.goto(f"{carrel.users_url}/sign-in")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    picture(page, "sign-in")
    page.click("form:has(input[name=password]) button")


def still_network(directory):
    """The library in `still_network.c`, for LD_PRELOAD: the browser hears nothing of networks that come and go."""
    library = directory / "still_network.so"
    compiler = shutil.which("cc") or "clang"  # the Swift toolchain has one
    source = Path(__file__).with_name("still_network.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-Wall", "-o", library, source], check=True)
    return library
