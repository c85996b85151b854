#!/usr/bin/env python3
"""totals.py DIRECTORY: sums up the JUnit files there; names what failed; ends with 1 if anything did."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def said(failure):
    """The first of what a failure says, in a line."""
    text = " ".join((failure.get("message") or failure.text or "").split())
    return text if len(text) <= 300 else text[:300] + " …"


def main(directory):
    passed, failed, skipped = 0, [], []
    for file in sorted(Path(directory).glob("*.xml")):
        for case in ET.parse(file).iter("testcase"):
            name = f"{case.get('classname', '')} {case.get('name', '')}".strip()
            wrong = [*case.findall("failure"), *case.findall("error")]
            if wrong:
                failed.append(f"{name}: {said(wrong[0])}")
            elif case.find("skipped") is not None:
                skipped.append(name)
            else:
                passed += 1
    print()
    for name in failed:
        print(f"failed: {name}")
    for name in skipped:
        print(f"not run here: {name}")
    print(f"{passed} passed, {len(failed)} failed" + (f", {len(skipped)} not run" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
