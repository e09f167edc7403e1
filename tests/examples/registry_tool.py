"""Runs the registry tool as its user does: registry_tool.py TOOL AUDIT_TOOL."""

import json
import os
import pathlib
import pwd
import subprocess
import sys
import tempfile
import unittest

TOOL = AUDIT_TOOL = None


class RegistryTool(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.store = self.folder / "models.db"
        self.network = self.folder / "model.onnx"
        self.network.write_bytes(b"a network")

    def run_tool(self, *args, actor="ada", code=0):
        done = subprocess.run([TOOL, "--store", self.store, "--actor", actor, *map(str, args)], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, code, f"{args}: {done.stdout}{done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def register(self, auc, *args, model="fraud"):
        return self.run_tool("register", model, "--file", self.network, "--metric", f"auc={auc}", *args)

    def test_a_version_gets_into_production_by_two_approvals_and_past_a_gate(self):
        trail = self.folder / "audit"
        self.run_tool("rule", "fraud", "--approvals", 2, code=1)  # there is no such model
        self.run_tool("rule", "--approvals", 2, "--reviewer", "bob", "--reviewer", "carl", "--reviewer", "dora",
                      "--gate", "auc>=0.9", "--gate", "auc>=production-0.01", actor="root")
        self.assertEqual(self.register(0.95, "--semantic", "1.0.0"), "fraud 1\n")
        self.assertEqual(self.register(0.93, "--semantic", "1.1.0"), "fraud 2\n")
        self.assertIn("development to staging", self.run_tool("promote", "fraud", 1, code=1))
        for version in "1.0.0", "2":
            self.run_tool("promote", "fraud", version, "--to", "staging", "--keep-others")
        self.assertIn("2 reviewers have approved", self.run_tool("promote", "fraud", 1, code=1))
        asked = self.run_tool("request", "fraud", 1, "--why", "better")
        self.assertEqual(asked, "request 1 of fraud: version 1 to production is open, with 0 of 2 approvals\n")
        self.assertIn("nobody approves their own", self.run_tool("approve", "fraud", 1, code=1))
        self.assertIn("none of the reviewers", self.run_tool("approve", "fraud", 1, actor="eve", code=1))
        self.assertIn("1 of 2", self.run_tool("approve", "fraud", 1, actor="bob"))
        self.assertIn("better", self.run_tool("requests"))
        self.assertIn("is approved, with 2 of 2", self.run_tool("--audit", trail, "approve", "fraud", 1, actor="carl"))
        self.assertEqual(self.run_tool("requests"), "")

        self.run_tool("request", "fraud", 2)
        self.run_tool("approve", "fraud", 2, actor="bob")
        stopped = self.run_tool("--audit", trail, "approve", "fraud", 2, actor="dora", code=1)
        self.assertIn("auc is 0.93, which has to be at least 0.94, with 0.95 of version 1 in production", stopped)
        self.assertIn("dora: approves, but the gate", self.run_tool("requests", "fraud"))
        self.run_tool("reject", "fraud", 2, "--comment", "worse", actor="carl")
        self.assertIn("is rejected, by \"carl\"", self.run_tool("approve", "fraud", 2, actor="dora", code=1))
        self.assertIn("carl: reject, worse", self.run_tool("requests", "fraud"))

        self.assertIn("production", self.run_tool("show", "fraud", "production"))
        history = self.run_tool("history", "fraud").splitlines()
        self.assertEqual(len(history), 4)
        self.assertRegex(history[3], r"1 +staging +production +carl +1 +better$")
        self.assertEqual(self.run_tool("history", "fraud", "--at", "2100-01-01"), "staging: 2\nproduction: 1\n")
        self.assertEqual(self.run_tool("history", "fraud", "--at", "2020-01-01"), "staging:\nproduction:\n")
        self.run_tool("--audit", trail, "models")
        self.run_tool("--audit", trail, "export", "fraud", "--layout", "folders", "--to", self.folder / "all")
        records = list((self.folder / "all").glob("audit_logs/events/*/*/*/*.json"))
        self.assertGreater(len(records), 10)
        self.assertIn("approval_stopped", [json.loads(each.read_text())["kind"] for each in records])

        verified = subprocess.run([AUDIT_TOOL, "verify", trail], capture_output=True, text=True, timeout=60)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        found = subprocess.run([AUDIT_TOOL, "query", trail], capture_output=True, text=True, timeout=60)
        kinds = [json.loads(line)["kind"] for line in found.stdout.splitlines()]
        self.assertEqual(kinds.count("approval_granted"), 3)
        self.assertEqual(kinds.count("approval_stopped"), 1)
        self.assertEqual(kinds.count("approval_rejected"), 1)
        self.assertEqual(kinds.count("model_promoted"), 3)

    def test_versions_are_listed_shown_compared_and_rolled_back(self):
        for auc in 0.8, 0.9, 0.7:
            self.register(auc, "--parameter", "depth=6", "--tag", "team=risk", "--data-set", "payments")
        self.register(0.99, model="other one")
        best = self.run_tool("list", "fraud", "--order", "metrics.auc DESC", "--filter", "metrics.auc > 0.7 OR version = 9")
        self.assertEqual([line.split()[1] for line in best.splitlines()[1:]], ["2", "1"])
        self.assertIn("there are more", self.run_tool("list", "--limit", 2))
        self.assertIn("other one", self.run_tool("list", "--filter", "metrics.auc > 0.95"))
        self.assertIn("byte", self.run_tool("list", "--filter", "x'; DROP TABLE objects", code=1))
        cut = self.run_tool("list", "fraud", "--filter", "metrics.auc >", code=1)
        self.assertIn("byte 14: expected a number, found the end", cut)
        outside = self.run_tool("list", "fraud", "--filter", "version = 9) OR (name != ''", code=1)
        self.assertIn('byte 12: expected AND, OR or the end, found ") OR (name', outside)
        for version in 1, 2:
            self.run_tool("promote", "fraud", version, "--to", "staging")
            self.run_tool("promote", "fraud", version, "--to", "production", "--why", "because")
        self.run_tool("alias", "fraud", "production", "champion")
        table = self.run_tool("compare", "fraud", 1, "@champion", "--format", "csv")
        self.assertIn('"metrics","auc","0.8","0.9"\n', table)
        self.assertIn("* metrics auc", self.run_tool("compare", "fraud", 1, 2))
        json.loads(self.run_tool("compare", "fraud", 1, 2, "--format", "json"))
        shown = self.run_tool("show", "fraud", "@champion")
        for text in "fraud 2", "depth", "team", "payments", "alias champion", "its files are those that were registered":
            self.assertIn(text, shown)
        self.assertIn("fraud 1: archived -> production", self.run_tool("rollback", "fraud", "--why", "complaints"))
        self.assertRegex(self.run_tool("models").splitlines()[1], r"^fraud +3 +1 ")

    def test_a_model_is_exported_for_others_and_imported_again(self):
        self.register(0.8)
        self.register(0.9)
        out = self.folder / "out"
        self.run_tool("export", "fraud", 2, "--to", out)
        self.assertEqual((out / "model.onnx").read_bytes(), b"a network")
        self.assertIn("mlflow.onnx", (out / "MLmodel").read_text())
        self.run_tool("export", "fraud", 2, "--layout", "triton", "--to", out)
        self.assertEqual((out / "fraud/2/model.onnx").read_bytes(), b"a network")
        self.run_tool("export", "fraud", "--layout", "folders", "--to", self.folder / "all")
        self.store = self.folder / "elsewhere.db"
        self.assertEqual(self.run_tool("import", "fraud", "--from", self.folder / "all"), "2 versions of fraud\n")
        self.assertIn("auc 0.9", self.run_tool("list", "fraud"))
        self.run_tool("import", "nobody", "--from", self.folder / "all", code=1)

    def test_who_asks_is_the_user_whether_the_environment_says_so_or_not(self):
        self.register(0.9)
        self.run_tool("promote", "fraud", 1, "--to", "staging")
        self.run_tool("rule", "--approvals", 1)
        nameless = {key: value for key, value in os.environ.items() if key != "USER"}
        for environment in nameless, {**nameless, "USER": ""}:
            asked = subprocess.run([TOOL, "--store", self.store, "request", "fraud", "1"], capture_output=True, text=True,
                                   timeout=60, env=environment)
            self.assertEqual(asked.returncode, 0, asked.stderr)
        own = subprocess.run([TOOL, "--store", self.store, "approve", "fraud", "1"], capture_output=True, text=True,
                             timeout=60, env={**nameless, "USER": pwd.getpwuid(os.geteuid()).pw_name})
        self.assertIn("nobody approves their own", own.stderr)

    def test_what_cannot_be_done_has_its_own_exit_code(self):
        self.run_tool("models", code=3)  # no store
        self.assertFalse(self.store.exists())
        self.run_tool("register", "fraud", "--metric", "auc", code=2)
        self.run_tool("register", "fraud", "--metric", "auc=x", code=2)
        self.assertIn('"fly" is no command', self.run_tool("fly", code=2))
        self.run_tool("export", "fraud", "--to", self.folder / "out", code=2)
        self.run_tool("history", "fraud", "--at", "yesterday", code=2)
        self.register(0.9)
        self.run_tool("rule", "fraud", "--gate", "auc", code=1)
        self.run_tool("rule", "fraud", "--gate", "auc>=productive", code=1)
        self.run_tool("show", "fraud", 2, code=1)
        self.run_tool("show", "nobody", 1, code=1)
        self.run_tool("show", "fraud", "staging", code=1)
        self.run_tool("approve", "fraud", 1, actor="bob", code=1)
        self.store.write_bytes(b"no database" * 1000)
        self.run_tool("models", code=3)


if __name__ == "__main__":
    TOOL, AUDIT_TOOL = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
