"""Runs the example of topics on a queue of its own and on a cluster for tests: topics.py PROGRAM CLUSTER."""

import os
import subprocess
import sys
import unittest

PROGRAM = CLUSTER = None
TOLD = """events.analytics 3
events.devices   1
events.reality   1
events.errors    1
events.metrics   2
events.user      3
slowest request  150.5 ms
dead letter      events.metrics: the message events.metrics["""


class Topics(unittest.TestCase):
    def run_program(self, brokers):
        environment = {name: value for name, value in os.environ.items() if name != "KAFKA_BROKERS"}
        if brokers is not None:
            environment["KAFKA_BROKERS"] = brokers
        return subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, timeout=100)

    def test_without_a_broker(self):
        done = self.run_program(None)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        first, rest = done.stdout.split("\n", 1)
        self.assertEqual(first, "KAFKA_BROKERS is not set: a queue within this process")
        self.assertTrue(rest.startswith(TOLD), rest)
        self.assertEqual(rest.count("dead letter"), 1)

    def test_on_a_cluster(self):
        names = [line.split()[0] for line in TOLD.splitlines() if line.startswith("events.")]
        with subprocess.Popen([CLUSTER, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cluster:
            try:
                done = self.run_program(cluster.stdout.readline().strip())
            finally:
                cluster.stdin.close()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.startswith(TOLD), done.stdout)
        self.assertEqual(done.stdout.count("dead letter"), 1)


if __name__ == "__main__":
    CLUSTER = os.path.abspath(sys.argv.pop(2))
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
