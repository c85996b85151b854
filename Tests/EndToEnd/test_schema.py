"""The JSON Schema that is shipped agrees with the examples and with `carrel check`."""

import copy
import json

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from harness import configuration, places

SCHEMA = places.REPOSITORY / "schema" / "carrel.schema.json"
EXAMPLES = sorted((places.REPOSITORY / "examples").rglob("*.yaml"))


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(SCHEMA.read_text())
    kind = validator_for(schema, default=Draft202012Validator)
    kind.check_schema(schema)
    return kind(schema)


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_accepted(validator, example):
    settings = yaml.safe_load(example.read_text())
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(settings)]
    assert found == []


def test_the_configurations_of_these_tests_are_accepted(validator, tmp_path):
    apps = [configuration.tiny(), configuration.light(), configuration.jupyter()]
    settings = configuration.server(tmp_path, "test", 8080, 9080, apps)
    assert [error.message for error in validator.iter_errors(settings)] == []


def broken(change):
    def apply(settings):
        change(settings)
        return settings
    return apply


@pytest.mark.parametrize("change", [
    broken(lambda it: it.update(stat="x")),
    broken(lambda it: it["apps"][0].update(idel={})),
    broken(lambda it: it["apps"][0]["pool"].update(spares="many")),
    broken(lambda it: it["apps"][0].pop("id")),
    broken(lambda it: it["isolation"].update(mode="pathh")),
    broken(lambda it: it["apps"][0].update(prefix="cut")),
    broken(lambda it: it.update(apps={"not": "a list"})),
], ids=["unknown key", "unknown key of an app", "word for a number", "no id", "unknown mode", "unknown prefix", "no list"])
def test_what_carrel_refuses_the_schema_refuses(validator, serve, change):
    carrel = serve(configuration.tiny(pool={"spares": 1}), started=False)
    assert not list(validator.iter_errors(carrel.settings))
    settings = change(copy.deepcopy(carrel.settings))
    assert list(validator.iter_errors(settings))
    carrel.write(settings)
    assert carrel.run("check").returncode == 2
