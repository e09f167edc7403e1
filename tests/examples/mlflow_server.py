"""Starts the server of MLflow's API as its user does, and wrongly: mlflow_server.py SERVER."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.request

SERVER = None


class MlflowServer(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_TOKEN"}

    def start(self, *args, store="runs.db", **environment):
        return subprocess.Popen([SERVER, "--store", self.folder / store, "--port", "0", *map(str, args)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**self.environment, **environment})

    def refusal(self, *args, **given):
        program = self.start(*args, **given)
        said = program.communicate(timeout=60)
        self.assertEqual((program.returncode, said[0]), (1, ""), said[1])
        return said[1]

    def test_what_it_cannot_do_it_says_in_a_line_that_names_the_thing(self):
        self.assertIn("/none", self.refusal(store="none/runs.db"))
        self.assertIn("MLFLOW_TRACKING_TOKEN is empty", self.refusal(MLFLOW_TRACKING_TOKEN=""))
        self.assertIn("0.0.0.0: set MLFLOW_TRACKING_TOKEN", self.refusal("--address", "0.0.0.0"))
        self.assertIn(f'--ui {self.folder}: there is no object "index.html"', self.refusal("--ui", self.folder))
        users = self.folder / "users"
        self.assertIn(str(users), self.refusal("--users", users))
        users.write_text("ada t0ken\n\nbob\n")
        users.chmod(0o600)
        said = self.refusal("--users", users)
        self.assertIn(f"{users}: line 3 is no `NAME TOKEN`", said)
        self.assertNotIn("t0ken", said)

    def test_it_serves_until_it_is_told_to_end(self):
        program = self.start()
        self.addCleanup(program.kill)
        address = program.stdout.readline().strip()
        with urllib.request.urlopen(address + "/api/2.0/mlflow/experiments/get?experiment_id=0", timeout=60) as answer:
            self.assertIn(b"Default", answer.read())
        other = subprocess.run([SERVER, "--store", self.folder / "other.db", "--port", address.rsplit(":", 1)[1]],
                               capture_output=True, text=True, timeout=60, env=self.environment)
        self.assertEqual(other.returncode, 1)
        self.assertIn("the address is in use", other.stderr)
        program.terminate()
        self.assertEqual(program.communicate(timeout=60), ("", ""))
        self.assertEqual(program.returncode, 0)


if __name__ == "__main__":
    SERVER = sys.argv.pop()
    unittest.main()
