#!/usr/bin/env python3
"""The schemas of settings hold by an independent validator: settings_schema.py --driver PROGRAM FOLDER.

jsonschema of PyPI (check-jsonschema brings it) checks that each is a schema of draft 2020-12, that it takes each file of FOLDER that
loads and what that loads as, and that loader and schema take and refuse the same mistakes. Without it the test counts as skipped.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

FILES = {"ml": ["ml.yaml", "ml_quick.yaml"], "mlops": ["mlops.yaml", "mlops_production.yaml", "mlops_tracking.yaml", "mlops_credentials.yaml", "nodes.yaml"],
         "data_pipeline": ["data_pipeline.yaml"]}
# Of support/service_settings.hpp: texts, and whether both take them.
TEXTS = {
    "{}": True, "cache: {max_size: 5}": True, "cache: {max_size: 0}": False, "cache: {max_size: 4294967296}": False, "cache: {max_size: 1.5}": False,
    "cache: {max_size: '5'}": False, "cache: {max_size: '${SIZE:-5}'}": True, "cache: {enabled: no}": False, "cache: {enabled: false}": True,
    "cache: {default_ttl: 90}": True, "cache: {default_ttl: 1h30m}": True, "cache: {default_ttl: soon}": False, "cach: {}": False, "cache: ~": True,
    "cache: []": False, "strategy: random": True, "strategy: none": False, "memory: 64KiB": True, "memory: 5": True, "memory: 5 apples": False,
    "threshold: 0.5": True, "threshold: ~": True, "threshold: 1.5": False, "brokers: [a, b]": True, "brokers: a": False,
    "variants: [{name: a, weight: 100}]": True, "variants: [{weight: 100}]": False, "tags: {a: b}": True, "tags: {a: [b]}": False,
    "caches: {a: {max_size: 1}, b: {}}": True, "caches: {a: {size: 1}}": False, "token: env:TOKEN": True, "token: hunter2": False,
    "enable_gpu: true": False, "version: '1.10'": True, "version: ~": False,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("folder", type=pathlib.Path)
    args = parser.parse_args()
    try:
        import jsonschema
        import ruamel.yaml
    except ImportError as missing:
        print(f"skipped: {missing} (PyPI; tools/test --peers installs it)")
        return 77

    def ask(*words):
        done = subprocess.run([args.driver, *map(str, words)], capture_output=True, text=True)
        return done.returncode, done.stdout

    def read(text):
        return ruamel.yaml.YAML(typ="safe", pure=True).load(text)  # YAML 1.2

    wrong = []
    schemas = {}
    for kind in [*FILES, "service"]:
        schema = json.loads(ask(kind)[1])
        jsonschema.Draft202012Validator.check_schema(schema)
        schemas[kind] = jsonschema.Draft202012Validator(schema)
    for kind, names in FILES.items():
        for name in names:
            status, said = ask(kind, args.folder / name)
            if status != 0:
                wrong.append(f"{name} does not load: {said}")
                continue
            for what, value in (("the file", read((args.folder / name).read_text())), ("what it loads as", json.loads(said))):
                wrong += [f"{name}: {what}: {found.json_path}: {found.message}" for found in schemas[kind].iter_errors(value)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        for text, is_fine in TEXTS.items():
            file.seek(0)
            file.truncate()
            file.write(text)
            file.flush()
            status, said = ask("service", file.name)
            if (status == 0) != is_fine:
                wrong.append(f"the loader on {text!r}: {said}")
            if schemas["service"].is_valid(read(text)) != is_fine:
                wrong.append(f"the schema on {text!r}: {[found.message for found in schemas['service'].iter_errors(read(text))]}")
    print("\n".join(wrong), file=sys.stderr)
    print(f"{len(schemas)} schemas, {sum(map(len, FILES.values()))} files, {len(TEXTS)} texts, {len(wrong)} mistakes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
