"""Thousands of ready workspaces at a restart, without thousands of processes: each is a copy of one that really runs, in
the store and in the engine's state, with an owner of its own, and the gateway reaches that one's app for all of them."""

import contextlib
import itertools
import shutil
import sqlite3

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def numbered(prefix, number):
    """The id with that number: sixteen characters behind the prefix."""
    return prefix + "".join(LETTERS[number >> (5 * (15 - place)) & 31] for place in range(16))


def multiply(carrel, workspace, count):
    """While `carrel` is stopped: `count` workspaces are known afterwards where `workspace` was alone. Returns the ids of
    the others."""
    ids = [numbered("ws-", number) for number in range(count - 1)]
    with contextlib.closing(sqlite3.connect(carrel.state / "carrel.sqlite")) as store:
        with store:
            _copy_rows(store, workspace, ids)
    instances = carrel.state / "instances"
    for id in ids:
        _copy_instance(instances / workspace, instances / id)
    return ids


def _copy_rows(store, workspace, ids):
    store.row_factory = sqlite3.Row
    row = dict(store.execute("SELECT * FROM workspaces WHERE id = ?", (workspace,)).fetchone())
    user = dict(store.execute("SELECT * FROM users WHERE id = ?", (row["owner"],)).fetchone())
    assert row["phase"] == "ready"
    for number, id in enumerate(ids):
        owner = numbered("u-", number)
        insert(store, "users", {**user, "storage_uid": None, "id": owner, "name": f"member-{number}"})
        body = row["body"].replace(workspace, id).replace(row["owner"], owner)
        insert(store, "workspaces", {**row, "number": None, "id": id, "owner": owner, "body": body})


def insert(store, table, values):
    marks = ", ".join(itertools.repeat("?", len(values)))
    store.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def _copy_instance(original, copy):
    """The keeper is the original's: as long as it lives, so do all."""
    copy.mkdir(mode=0o711)
    shutil.copyfile(original / "keeper.json", copy / "keeper.json")
    record = (original / "instance.json").read_text()
    (copy / "instance.json").write_text(record.replace(original.name, copy.name))
    if (original / "app.sock").exists():
        (copy / "app.sock").symlink_to(original / "app.sock")
