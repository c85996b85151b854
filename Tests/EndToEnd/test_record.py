"""The record: every decision leaves a line, lines hang together, and names can be erased."""

import sqlite3

from harness import configuration


def test_claims_sign_ins_and_ends_are_in_the_record_by_id_and_it_verifies(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada-lovelace")
    workspace = ada.open("tiny")["id"]
    ada.stop(workspace)
    assert carrel.run("audit", "--verify").returncode == 0
    entries = carrel.json("audit")
    entries = entries if isinstance(entries, list) else entries["entries"]
    text = str(entries)
    assert workspace in text and ada.id in text
    assert "ada-lovelace" not in text, "people are named by id only"


def test_a_line_changed_behind_carrels_back_is_found(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    ada.stop(ada.open("tiny")["id"])
    carrel.stop()
    assert carrel.run("audit", "--verify").returncode == 0
    [database] = [path for path in carrel.state.rglob("*") if path.suffix in (".db", ".sqlite", ".sqlite3")]
    change_one_line(database)
    done = carrel.run("audit", "--verify")
    assert done.returncode == 1, done.stdout + done.stderr


def change_one_line(database):
    """Finds the table of the record by its columns and changes the kind of its third line."""
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
            if {"chain", "hash"} <= set(columns):
                for (trigger,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
                ).fetchall():
                    connection.execute(f'DROP TRIGGER "{trigger}"')  # whoever can do this can do the rest
                column = next(name for name in ("kind", "entry", "body") if name in columns)
                [(row,)] = connection.execute(f'SELECT rowid FROM "{table}" ORDER BY rowid LIMIT 1 OFFSET 2')
                connection.execute(
                    f'UPDATE "{table}" SET "{column}" = replace("{column}", ?, ?) WHERE rowid = ?', ("e", "3", row)
                )
                assert connection.total_changes == 1
                return
    raise AssertionError(f"no table of the record among {tables}")
