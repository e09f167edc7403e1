"""Runs ci_templates as its user does, and what it wrote as the platforms would: ci_templates.py TOOL.

The files are read by PyYAML, their structure is looked at, and each gate's script is run here: with what it has to stop it
has to end with a failure, and without that it has to pass.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

TOOL = None
TEN = "0123456789"
GITHUB_TOKEN = "ghp" + "_" + TEN * 3 + "abcdef"  # in parts, so that this file holds none


def strings(tree):
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from strings(key)
            yield from strings(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from strings(value)
    elif isinstance(tree, str):
        yield tree


class Github:
    file = ".github/workflows/ci.yml"

    def __init__(self, text):
        self.text, self.tree = text, yaml.safe_load(text)
        self.jobs = self.tree["jobs"]

    def steps(self, job):
        """The name, script and secrets of each step of a job that runs one."""
        for step in self.jobs[job]["steps"]:
            if "run" in step:
                yield self.said(step["name"]), self.said(step["run"]), list(step.get("env", {}))

    @staticmethod
    def said(text):
        """What GitHub makes of a text: it replaces expressions."""
        made = re.sub(r"\$\{\{ '(.*?)' \}\}", lambda match: match[1], text)
        return made


class Gitlab:
    file = ".gitlab-ci.yml"

    def __init__(self, text):
        self.text, self.tree = text, yaml.safe_load(text)
        self.jobs = {name: job for name, job in self.tree.items() if name not in ("workflow", "stages")}

    def steps(self, job):
        for script in self.jobs[job]["script"]:
            assert script.startswith("# "), script
            yield script[2:script.index("\n")], script, None


class Azure:
    file = "azure-pipelines.yml"

    def __init__(self, text):
        self.text, self.tree = text, yaml.safe_load(text)
        self.stages = {stage["stage"]: stage for stage in self.tree["stages"]}
        self.jobs = {}
        for stage in self.tree["stages"]:
            for job in stage["jobs"]:
                self.jobs[job.get("job", job.get("deployment")).replace("_", "-")] = job

    def parts(self, job):
        job = self.jobs[job]
        return job["steps"] if "steps" in job else job["strategy"]["runOnce"]["deploy"]["steps"]

    def steps(self, job):
        for step in self.parts(job):
            if "bash" in step:
                yield Github.said(step["displayName"]), Github.said(step["bash"]), list(step.get("env", {}))


class Jenkins:
    """What stands in a Jenkinsfile, by a reader of the little of Groovy that is used in one: blocks of calls whose
    arguments are strings in which nothing is replaced, numbers, booleans, names and lists."""

    file = "Jenkinsfile"
    TOKEN = re.compile(r"""\s*(?:(//[^\n]*)|('{3}(?:[^\\']|\\.|'(?!''))*'{3}|'(?:[^\\'\n]|\\.)*')|([A-Za-z_]\w*)|(\d+)|([{}()\[\],:]))""",
                       re.DOTALL)
    ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'"}

    def __init__(self, text):
        self.text = text
        assert text.isascii() and "$" not in re.sub(r"'{3}.*?(?<!\\)'{3}", "", text, flags=re.DOTALL), "a $ outside of scripts"
        self.tokens, at = [], 0
        while text[at:].strip():
            found = self.TOKEN.match(text, at)
            assert found, f"no Groovy that we write: {text[at:at + 60]!r}"
            at = found.end()
            comment, string, word, number, sign = found.groups()
            if string is not None:
                quote = 3 if string.startswith("'" * 3) else 1
                self.tokens.append(("text", self.said(string[quote:-quote])))
            elif not comment:
                self.tokens.append(("word", word) if word else ("number", int(number)) if number else ("sign", sign))
        self.at = 0
        self.tree = self.block(None)
        assert [node[0] for node in self.tree] == ["pipeline"], self.tree
        self.jobs, self.approvals, self.order = {}, {}, []
        self.walk(self.child(self.tree[0], "stages"))

    def said(self, text):
        # Groovy reads \\uXXXX first, wherever no backslash stands before it; then the other escapes.
        text = re.sub(r"(?<!\\)((?:\\\\)*)\\u([0-9a-f]{4})", lambda match: match[1] + chr(int(match[2], 16)), text)
        text = re.sub(r"\\(.)", lambda match: self.ESCAPES[match[1]], text, flags=re.DOTALL)
        return text.encode("utf-16", "surrogatepass").decode("utf-16")

    def peek(self, *wanted):
        return self.at < len(self.tokens) and self.tokens[self.at] in [("sign", sign) for sign in wanted]

    def block(self, end):
        """The statements until a closing brace: the word, its arguments, and those in its own braces or None."""
        nodes = []
        while self.at < len(self.tokens) and not (end and self.peek(end)):
            kind, word = self.tokens[self.at]
            assert kind == "word", (kind, word)
            self.at += 1
            arguments, inner = self.arguments(), None
            if self.peek("{"):
                self.at += 1
                inner = self.block("}")
            nodes.append((word, arguments, inner))
        if end:
            assert self.peek(end), "a block is open at the end"
            self.at += 1
        return nodes

    def arguments(self):
        """Strings, numbers and named values, in parentheses or not; calls within are flattened."""
        made, depth = [], 0
        while self.at < len(self.tokens):
            kind, value = self.tokens[self.at]
            if kind == "sign" and value in "{}":
                break
            if kind == "word" and depth == 0 and made and made[-1] not in (",", ":") and not (made[-1:] == ["("]):
                break  # the next statement
            if kind == "word" and depth == 0 and not made and self.tokens[self.at + 1:self.at + 2] not in ([("sign", ":")],) \
                    and value not in ("none", "any", "scm", "true", "false"):
                break
            depth += (kind == "sign" and value in "([") - (kind == "sign" and value in ")]")
            made.append(value)
            self.at += 1
        assert depth == 0, made
        return [each for each in made if each not in ("(", ")", "[", "]", ",", ":")]

    @staticmethod
    def child(node, name):
        return next((each for each in node[2] or [] if each[0] == name), None)

    def walk(self, stages):
        for stage in stages[2]:
            assert stage[0] == "stage" and len(stage[1]) == 1, stage[:2]
            for name in ("matrix", "parallel", "steps"):
                part = self.child(stage, name)
                if part is None:
                    continue
                if name == "matrix":
                    self.walk(self.child(part, "stages"))
                elif name == "parallel":
                    self.walk(part)
                else:
                    (self.approvals if self.child(part, "input") else self.jobs)[stage[1][0]] = stage
                    self.order.append(stage[1][0])
                break
            else:
                raise AssertionError(f"the stage {stage[1]} does nothing")

    def steps(self, job):
        for node in self.child(self.jobs[job], "steps")[2]:
            secrets, inner = [], [node]
            if node[0] == "withCredentials":
                # string, credentialsId, NAME, variable, NAME, for each
                names = [word for word in node[1] if word not in ("string", "credentialsId", "variable")]
                assert names[0::2] == names[1::2]
                secrets, inner = names[0::2], node[2]
            for word, arguments, _ in inner:
                if word == "sh":
                    assert arguments[0::2] == ["label", "script"], arguments[0::2]
                    assert arguments[3].startswith("#!/usr/bin/env bash\nset -eu\n")
                    yield arguments[1], arguments[3], secrets


PLATFORMS = {"github": Github, "gitlab": Gitlab, "jenkins": Jenkins, "azure": Azure}
WHOLE = ("--name", "fraud", "--compiler", "g++-12", "--compiler", "clang++-14", "--sanitizer", "none", "--sanitizer", "thread",
         "--clang-format", "src", "--mypy", "training", "--coverage", "80", "--gpu", "gpu", "--cache", ".ccache",
         "--cache-key", "conan.lock", "--evaluate", "tools/train", "--gate", "auc>=0.9", "--gate", "latency<20", "--gate",
         "auc>=production-0.01", "--baseline", "production.json", "--schema", "sample.json=schema.json", "--keep", "model.onnx",
         "--pip-audit", "requirements.txt", "--flawfinder", "src", "--bandit", "training", "--staging", "./deploy staging",
         "--production", "./deploy production", "--production-test", "./ask", "--secret", "DEPLOY_TOKEN", "--approver", "alice")


class CiTemplates(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.work = self.folder / "work"
        self.work.mkdir()

    def run_tool(self, *args, code=0):
        done = subprocess.run([TOOL, *args, "--to", self.folder], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, f"{args}: {done.stdout}{done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def written(self, *args):
        """Each platform's file of a pipeline."""
        self.run_tool(*args)
        return [made((self.folder / made.file).read_text(encoding="utf-8")) for made in PLATFORMS.values()]

    def script(self, of, job, step):
        found = [script for name, script, _ in of.steps(job) if name == step]
        self.assertEqual(len(found), 1, f"{step} of {job} in {of.file}")
        return found[0]

    def run_script(self, script, **env):
        """Runs a step as GitHub's bash does, in the folder work, with the stubs of programs first in PATH."""
        path = f"{self.folder / 'stubs'}:{os.environ['PATH']}"
        return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=self.work, text=True,
                              capture_output=True, timeout=60, env={"PATH": path, "HOME": str(self.folder), **env})

    def stops(self, script, **env):
        done = self.run_script(script, **env)
        self.assertNotEqual(done.returncode, 0, f"passes:\n{script}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def passes(self, script, **env):
        done = self.run_script(script, **env)
        self.assertEqual(done.returncode, 0, f"stops:\n{script}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def stub(self, name, script):
        """A program that is found in the place of the real one."""
        path = self.folder / "stubs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)

    # What it writes

    def test_jobs_wait_for_the_gates_before_them(self):
        github, gitlab = self.written(*WHOLE)[:2]
        self.assertEqual(github.jobs["validate"]["needs"], ["test", "test-lint", "test-coverage", "test-gpu"])
        self.assertEqual(github.jobs["security"]["needs"], ["validate"])
        self.assertEqual(github.jobs["deploy-staging"]["needs"], ["security"])
        self.assertEqual(github.jobs["deploy-production"]["needs"], ["deploy-staging", "deploy-production-guard"])
        self.assertEqual(gitlab.tree["stages"], ["test", "validate", "security", "staging", "production"])
        for job in gitlab.jobs.values():
            self.assertIn(job["stage"], gitlab.tree["stages"])

    def test_no_job_may_fail_quietly_or_run_for_ever(self):
        for platform in self.written(*WHOLE):
            self.assertNotIn("continue-on-error", platform.text)
            self.assertNotIn("allow_failure: true", platform.text)
            self.assertNotIn("|| true", platform.text)
        github, gitlab = self.written(*WHOLE)[:2]
        for name, job in github.jobs.items():
            self.assertLessEqual(job["timeout-minutes"], 60, name)
        for name, job in gitlab.jobs.items():
            self.assertEqual(job["timeout"], "60 minutes", name)

    def test_github_grants_little_and_names_actions_by_commit(self):
        github = self.written(*WHOLE)[0]
        self.assertEqual(github.tree["permissions"], {})
        self.assertNotIn("pull_request_target", github.text)
        used = 0
        for name, job in github.jobs.items():
            self.assertEqual(job["permissions"], {"actions" if name.endswith("-guard") else "contents": "read"})
            for step in job["steps"]:
                if "uses" in step:
                    used += 1
                    self.assertRegex(step["uses"], r"^actions/[a-z-]+@[0-9a-f]{40}$")
                if step.get("uses", "").startswith("actions/checkout@"):
                    self.assertIs(step["with"]["persist-credentials"], False)
        self.assertGreater(used, len(github.jobs))

    def test_production_waits_for_people(self):
        github, gitlab = self.written(*WHOLE)[:2]
        self.assertEqual(github.jobs["deploy-production"]["environment"]["name"], "production")
        self.assertIn("github.ref == 'refs/heads/main'", github.jobs["deploy-production"]["if"])
        rule = gitlab.jobs["deploy-production"]["rules"]
        self.assertEqual(len(rule), 1)
        self.assertEqual((rule[0]["when"], rule[0]["allow_failure"]), ("manual", False))
        self.assertEqual(gitlab.jobs["deploy-production"]["environment"]["name"], "production")
        self.assertNotIn("when", gitlab.jobs["deploy-staging"]["rules"][0])

    def test_the_structure_of_a_jenkinsfile(self):
        jenkins = self.written(*WHOLE, "--schedule", "30 3 * * *", "--container", "gcc:12.4", "--label", "big")[2]
        self.assertEqual(jenkins.order, ["test", "test-lint", "test-coverage", "test-gpu", "validate", "security", "deploy-staging",
                                         "approve deploy-production", "deploy-production"])
        top = jenkins.tree[0]
        self.assertEqual(jenkins.child(top, "agent")[1], ["none"])
        self.assertEqual(jenkins.child(top, "triggers")[2], [("cron", ["TZ=UTC\n30 3 * * *"], None)])
        self.assertEqual([node[0] for node in jenkins.child(top, "options")[2]], ["disableConcurrentBuilds", "skipDefaultCheckout"])
        for name, job in jenkins.jobs.items():
            agent = jenkins.child(job, "agent")[2][0]
            self.assertEqual((agent[0], agent[2][0]), ("docker", ("image", ["gcc:12.4"], None)))
            self.assertEqual(agent[2][-1], ("label", ["gpu" if name == "test-gpu" else "big"], None))
            self.assertEqual(("args", ["--gpus all"], None) in agent[2], name == "test-gpu")
            self.assertEqual(jenkins.child(job, "options")[2], [("timeout", ["time", 60, "unit", "MINUTES"], None)])
            steps = jenkins.child(job, "steps")[2]
            self.assertEqual(steps[0], ("checkout", ["scm"], None))
            self.assertIn("git clean -ffdx", steps[1][1][3])
            self.assertEqual(jenkins.child(job, "when") is not None, name.startswith("deploy-"))
        approval = jenkins.approvals["approve deploy-production"]
        self.assertEqual(jenkins.child(approval, "agent")[1], ["none"])
        self.assertEqual(jenkins.child(approval, "steps")[2],
                         [("input", ["message", "Deploy to production?", "ok", "Deploy", "submitter", "alice"], None)])
        conditions = [node[:2] for node in jenkins.child(jenkins.child(approval, "when"), "allOf")[2]]
        self.assertEqual(conditions, [("branch", ["main"]), ("not", [])])
        self.assertEqual([node[0] for node in jenkins.child(jenkins.jobs["validate"], "steps")[2][-2:]], ["archiveArtifacts", "stash"])
        self.assertIn(("unstash", ["validate"], None), jenkins.child(jenkins.jobs["deploy-staging"], "steps")[2])
        self.stops(self.script(jenkins, "test", "Clean"), GIT_DIR="/nowhere")

    def test_the_structure_of_azure_pipelines(self):
        azure = self.written(*WHOLE, "--container", "gcc:12.4")[3]
        self.assertEqual([stage["dependsOn"] for stage in azure.tree["stages"]], [[], "test", "validate", "security", "staging"])
        self.assertEqual(sorted(azure.stages["test"]["jobs"][0]["strategy"]["matrix"]["run_2_gxx_12_20_thread"].items()),
                         [("CXX", "g++-12"), ("CXX_STANDARD", "20"), ("SANITIZER", "thread")])
        self.assertEqual(azure.jobs["test-gpu"]["pool"], {"name": "gpu"})
        self.assertEqual(azure.jobs["test-gpu"]["container"]["options"], "--gpus all")
        for name in ("staging", "production"):
            self.assertTrue(azure.stages[name]["condition"].startswith("and(succeeded(), eq(variables['Build.SourceBranch'], "))
            self.assertEqual(azure.jobs["deploy-" + name]["environment"], name)
        wait, deploy = azure.stages["production"]["jobs"]
        self.assertEqual((wait["pool"], wait["steps"][0]["task"]), ("server", "ManualValidation@1"))
        self.assertEqual(wait["steps"][0]["inputs"]["onTimeout"], "reject")
        self.assertEqual(deploy["dependsOn"], wait["job"])
        for name in azure.jobs:
            if not name.startswith("approve"):
                self.assertEqual(azure.jobs[name]["timeoutInMinutes"], "60")
                self.assertEqual(azure.parts(name)[0]["persistCredentials"], "false")

    def test_secrets_are_named_and_reach_the_steps_that_need_them_alone(self):
        for platform in self.written(*WHOLE):
            for job in platform.jobs:
                if job.startswith("approve"):
                    continue
                for name, script, secrets in platform.steps(job):
                    needs = name.startswith(("Deploy to", "Test production"))
                    self.assertEqual("DEPLOY_TOKEN" in script, needs, f"{name} of {job} in {platform.file}")
                    if secrets is not None and not job.endswith("-guard"):
                        self.assertEqual(secrets, ["DEPLOY_TOKEN"] if needs else [], name)

    def test_what_users_say_is_what_the_shell_gets(self):
        hostile = ["$(touch gone)", "`touch gone`", "'; touch gone; '", '"; touch gone; "', "a\nb: c\n- d", "${{ github.token }}",
                   "%{x} #{x} {{x}} *x &x !x |", "\u00e4\u2028\u0085\U0001f37a", "\\", "\\n", "\\u000a\\\\u0027", "'''", "$x ${x} $(( 1 ))", "--version", "# no", "yes", ""]
        args = [argument for text in hostile for argument in ("--variable", f"V{len(text)}_{abs(hash(text)) % 999}={text}")]
        names = [argument.split("=")[0] for argument in args if argument.startswith("V")]
        for platform in self.written(*WHOLE, *args):
            script = self.script(platform, "test", "Build")
            show = "".join(f'printf "%s\\0" "${name}"\n' for name in names)
            self.stub("cmake", show)
            said = self.run_script(script).stdout
            self.assertEqual(said.split("\0")[:-1], hostile, platform.file)
            self.assertFalse((self.work / "gone").exists())

    def test_metrics_with_hostile_names_and_files_are_compared(self):
        metric, file = "it's; $(touch gone) `x` \"auc\"", "a 'file' $(touch gone).json"
        (self.work / file).write_text(json.dumps({metric: 0.95}))
        for platform in self.written("--name", 'x: "y" # z', "--gate", metric + ">=0.9", "--metrics", file, "--staging", "true",
                                     "--production", "true", "--question", "Really? 'Yes' \\ \"no\""):
            self.passes(self.script(platform, "validate", "Check the metrics"))
            self.assertFalse((self.work / "gone").exists())
        self.assertEqual(Github(platform_text := (self.folder / Github.file).read_text()).tree["name"], 'x: "y" # z', platform_text)

    def test_all_platforms_run_the_same_scripts(self):
        github, *others = self.written(*WHOLE, "--variable", "A='$x' \\ ${{ y }} \u00e4", "--setup", "printf '%s\\n' \"it's\"\n")
        for platform in others:
            for job in github.jobs:
                if job.endswith("-guard"):
                    continue
                mine = {name: script for name, script, _ in platform.steps(job) if name != "Clean"}
                for name, script, _ in github.steps(job):
                    said = mine.pop(name).removeprefix("#!/usr/bin/env bash\n")
                    if platform.file == Gitlab.file:
                        said = said.removeprefix(f"# {name}\n(\n").removesuffix(")\n")
                    self.assertEqual(said, script, f"{name} of {job} in {platform.file}")
                self.assertEqual(mine, {}, f"{job} in {platform.file}")

    # What its gates do

    def test_the_gate_of_metrics_stops_what_is_not_good_enough(self):
        good = {"auc": 0.93, "latency": 19, "more": "x"}
        cases = [(good, 0), ({"metrics": good}, 0), (good | {"auc": 0.89}, 1), (good | {"latency": 20}, 1),
                 (good | {"auc": 0.905}, 1), ({"auc": 0.93}, 1), (good | {"auc": True}, 1), (good | {"auc": "0.93"}, 1),
                 (good | {"auc": None}, 1), (good | {"auc": float("nan")}, 1), (good | {"auc": float("inf")}, 1),
                 (good | {"auc": 10**400}, 1), ([good], 1), (None, 1)]
        for platform in self.written(*WHOLE):
            script = self.script(platform, "validate", "Check the metrics")
            (self.work / "production.json").write_text('{"auc": 0.92}')
            for metrics, status in cases:
                (self.work / "metrics.json").write_text(json.dumps(metrics))
                with self.subTest(file=platform.file, metrics=str(metrics)[:80]):
                    (self.stops if status else self.passes)(script)
            for text in ("", "{", '{"auc": 0.1, "auc": 0.93, "latency": 1}', "[" * 100000):
                (self.work / "metrics.json").write_text(text)
                self.stops(script)
            (self.work / "metrics.json").write_text(json.dumps(good))
            (self.work / "production.json").unlink()
            self.assertIn("production.json", self.stops(script))
            (self.work / "production.json").write_text('{"auc": "high"}')
            self.assertIn("no finite number", self.stops(script))
            (self.work / "json.py").write_text("raise SystemExit(0)")  # not ours: a module of the sources is not run
            (self.work / "metrics.json").unlink()
            self.assertIn("metrics.json", self.stops(script))
            (self.work / "json.py").unlink()

    def test_the_scan_for_secrets_stops_one_and_does_not_show_it(self):
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "init", "-q", self.work], check=True)
        for platform in self.written(*WHOLE):
            script = self.script(platform, "security", "Look for secrets")
            for name in ("ok.txt", "ci.yml"):  # what is written here holds no token by itself
                (self.work / name).write_text("AKIA, ghp_short\n" if name == "ok.txt" else platform.text)
            subprocess.run([*git, "add", "-A"], check=True, cwd=self.work)
            self.passes(script)
            for secret in (GITHUB_TOKEN, "AKIA" + "IOSFODNN7EXAMPLE", "-----BEGIN RSA " + "PRIVATE KEY-----",
                           "glpat-" + TEN * 2, "AIza" + TEN * 3 + "abcde"):
                (self.work / "config.ini").write_text(f"token={secret}\n")
                subprocess.run([*git, "add", "-A"], check=True, cwd=self.work)
                said = self.stops(script)
                self.assertIn("config.ini", said)
                self.assertNotIn(secret, said)
            subprocess.run([*git, "rm", "-qf", "config.ini"], check=True, cwd=self.work)
            self.passes(script)
            self.stops(script, GIT_DIR="/nowhere")

    def test_tests_that_fail_stop_their_job(self):
        for platform in self.written(*WHOLE):
            for step, program in (("Configure", "cmake"), ("Build", "cmake"), ("Test", "ctest")):
                script = self.script(platform, "test", step)
                for status in (0, 1):
                    self.stub(program, f"exit {status}\n")
                    (self.stops if status else self.passes)(script, CXX="g++", CXX_STANDARD="20", SANITIZER="none")
            self.stub("nvidia-smi", "exit 9\n")
            self.stops(self.script(platform, "test-gpu", "Look for the GPU"))

    def test_sanitizers_reach_the_compiler(self):
        self.stub("cmake", 'for each; do echo "$each"; done\n')
        script = self.script(self.written(*WHOLE)[0], "test", "Configure")
        said = self.passes(script, CXX="g++-12", CXX_STANDARD="23", SANITIZER="address+undefined").splitlines()
        self.assertIn("-DCMAKE_CXX_FLAGS=-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer", said)
        self.assertIn("-DCMAKE_CXX_COMPILER=g++-12", said)
        self.assertIn("-DCMAKE_CXX_FLAGS=", self.passes(script, CXX="g++", CXX_STANDARD="20", SANITIZER="none").splitlines())
        self.stops(script)  # without the matrix

    def test_tools_that_find_something_stop_their_job(self):
        tools = {"mypy": ("test-lint", "mypy"), "gcovr": ("test-coverage", "Coverage"), "pip-audit": ("security", "pip-audit"),
                 "flawfinder": ("security", "flawfinder"), "bandit": ("security", "bandit"),
                 "check-jsonschema": ("validate", "Check the schema of sample.json")}
        # A Python whose environments have pip and the tool, each with a status that the test chooses.
        self.stub("python3", 'mkdir -p "$3/bin"\n'
                             'for each in python ' + " ".join(tools) + '; do\n'
                             '  printf \'#!/bin/sh\\n[ "${0##*/}" != "$FAILS" ]\\n\' >"$3/bin/$each"\n'
                             '  chmod +x "$3/bin/$each"\n'
                             'done\n')
        for platform in self.written(*WHOLE):
            for tool, (job, step) in tools.items():
                script = self.script(platform, job, step)
                self.passes(script, FAILS="none")
                self.stops(script, FAILS=tool)
                self.stops(script, FAILS="python")  # pip cannot install it

    def test_a_format_that_differs_stops_its_job(self):
        subprocess.run(["git", "init", "-q", self.work], check=True)
        script = self.script(self.written(*WHOLE)[0], "test-lint", "Format")
        self.stub("clang-format", 'shift 2\necho "looks at $*"\n[ ! -e wrong ]\n')
        self.stops(script)  # no file at all
        (self.work / "src").mkdir()
        (self.work / "src" / "a b.cpp").write_text("")
        (self.work / "src" / "notes.txt").write_text("")
        subprocess.run(["git", "add", "-A"], check=True, cwd=self.work)
        self.assertIn("looks at src/a b.cpp\n", self.passes(script))
        (self.work / "wrong").write_text("")
        self.stops(script)

    def test_files_that_are_missing_stop_their_job_and_others_arrive(self):
        for platform in self.written(*WHOLE):
            pack = self.script(platform, "validate", "Pack validate")
            self.stops(pack)
            (self.work / "model.onnx").write_text("a network")
            self.passes(pack)
            (self.work / "model.onnx").unlink()
            self.passes(self.script(platform, "deploy-production", "Unpack validate"))
            self.assertEqual((self.work / "model.onnx").read_text(), "a network")
            for file in ("model.onnx", "validate.tar.gz"):
                (self.work / file).unlink()
            self.stops(self.script(platform, "deploy-production", "Unpack validate"))

    def test_deployments_stop_without_their_secret_and_when_they_fail(self):
        for platform in self.written(*WHOLE):
            script = self.script(platform, "deploy-production", "Deploy to production")
            (self.work / "deploy").write_text("#!/bin/sh\necho to $1\n[ ! -e broken ]\n")
            (self.work / "deploy").chmod(0o755)
            for secrets in ({}, {"DEPLOY_TOKEN": ""}, {"DEPLOY_TOKEN": "$(DEPLOY_TOKEN)"}):
                self.assertIn("the secret DEPLOY_TOKEN is not there", self.stops(script, **secrets))
            self.assertEqual(self.passes(script, DEPLOY_TOKEN="$x 'y'"), "to production\n")
            (self.work / "broken").write_text("")
            self.stops(script, DEPLOY_TOKEN="x")
            (self.work / "broken").unlink()

    def test_a_failure_in_the_midst_of_a_script_stops_it(self):
        for text in ("false\ntrue", "false | true", "true; false; true", "(exit 3)\necho", "echo $NOT_SET", "cd /nowhere\ntrue"):
            for platform in self.written("--name", "x", "--gate", "a>0", "--test", text, "--staging", "true", "--production", "true"):
                with self.subTest(file=platform.file, text=text):
                    self.stops(self.script(platform, "test", "Build and test"))

    def test_github_deploys_to_production_only_where_somebody_is_asked(self):
        script = self.script(self.written(*WHOLE)[0], "deploy-production-guard", "Look for required reviewers")
        env = {"GITHUB_REPOSITORY": "a/b", "ENVIRONMENT": "production", "GH_TOKEN": "x"}
        for says, passes in (("echo 1", True), ("echo 0", False), ("exit 1", False), ("true", False), ("echo none", False)):
            self.stub("gh", f'[ "$2" = repos/a/b/environments/production ] || exit 9\n{says}\n')
            (self.passes if passes else self.stops)(script, **env)

    # What it refuses

    def test_wrong_wishes_are_refused_with_why(self):
        least = ("--name", "x", "--gate", "a>0", "--staging", "true", "--production", "true")
        self.run_tool("--help")
        self.assertIn("--name", self.run_tool(code=2))
        self.assertIn("--platform", self.run_tool(*least, "--platform", "travis", code=2))
        self.assertIn("is not of the form", self.run_tool(*least, "--variable", "x", code=2))
        self.assertIn("is no gate", self.run_tool(*least, "--gate", "auc", code=1))
        self.assertIn("validates nothing", self.run_tool("--name", "x", "--staging", "true", "--production", "true", code=1))
        said = self.run_tool(*least, "--secret", "hunter2", code=1)
        self.assertIn("DEPLOY_TOKEN", said)
        self.assertNotIn("hunter2", said)
        self.assertIn("a GitHub token", self.run_tool(*least, "--setup", f"login {GITHUB_TOKEN}", code=1))
        self.assertIn("latest", self.run_tool(*least, "--container", "gcc", code=1))
        said = self.run_tool(*least, "--setup", "echo $(date)", code=1)  # a variable of Azure's
        self.assertIn("$( date)", said)
        self.assertIn("no baseline", self.run_tool(*least, "--gate", "a>production", code=1))
        self.assertFalse((self.folder / ".github").exists())
        (self.folder / ".github").write_text("in the way")
        self.run_tool(*least, code=3)


if __name__ == "__main__":
    TOOL = sys.argv.pop()
    unittest.main()
