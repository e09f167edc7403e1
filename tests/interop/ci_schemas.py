#!/usr/bin/env python3
"""The golden files of pipelines follow the schemas that are published for them: ci_schemas.py FOLDER.

check-jsonschema of PyPI brings the schemas of GitHub's workflows, GitLab CI and Azure Pipelines. Without it the test counts as skipped.
Proves first that it can fail.
"""
import pathlib
import subprocess
import sys
import tempfile

# As check-jsonschema's own hooks for git call it.
SCHEMAS = {"github": ["vendor.github-workflows"], "gitlab": ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
           "azure": ["vendor.azure-pipelines", "--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"]}


def check(schema, file):
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(file)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def main():
    try:
        import check_jsonschema  # noqa: F401
    except ImportError:
        print("check-jsonschema is missing (PyPI; tools/test --peers installs it)")
        return 77
    wrong = 0
    for platform, schema in SCHEMAS.items():
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as broken:
            broken.write("jobs: 7\nstages: 7\n")
            broken.flush()
            status, said = check(schema, broken.name)
            if status == 0 or "Schema validation errors" not in said:
                print(f"{schema[0]}: passes what is none; this test cannot fail", file=sys.stderr)
                wrong += 1
        files = sorted(pathlib.Path(sys.argv[1]).glob(f"*.{platform}.yml"))
        if len(files) < 2:
            print(f"{platform}: {len(files)} files", file=sys.stderr)
            wrong += 1
        for file in files:
            status, said = check(schema, file)
            print(f"{file.name}: {said.strip()}")
            wrong += status != 0
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
