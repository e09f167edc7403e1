"""Runs the example of features in Redis with a server and without: redis_features.py PROGRAM."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = None
SERVER = shutil.which("redis-server") or shutil.which("redis-check-rdb")


class RedisFeatures(unittest.TestCase):
    def run_program(self, url=None):
        environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
        if url is not None:
            environment["REDIS_URL"] = url
        done = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_without_redis(self):
        told = self.run_program()
        self.assertIn("REDIS_URL is not set", told)
        self.assertIn("computed 4 times for 6 reads; in Redis 0 of 3; errors of Redis: some", told)

    def test_a_secret_is_not_repeated(self):
        told = self.run_program("redis://user:canary@host:port")
        self.assertIn("REDIS_URL", told)
        self.assertNotIn("canary", told)

    @unittest.skipIf(SERVER is None, "there is no redis-server (Debian: redis-tools)")
    def test_with_redis(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/s"
            server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--dir", folder, "--save", "",
                                       "--logfile", folder + "/log"], executable=SERVER)
            try:
                for _ in range(1000):
                    try:
                        with socket.socket(socket.AF_UNIX) as one:
                            one.connect(path)
                        break
                    except OSError:
                        time.sleep(0.01)
                first = self.run_program("unix://" + path)
                second = self.run_program("unix://" + path + "?db=0")
            finally:
                server.kill()
                server.wait()
        self.assertEqual(first, "computed 2 times for 6 reads; in Redis 2 of 3; errors of Redis: none\n")
        self.assertEqual(second, "computed 0 times for 6 reads; in Redis 2 of 3; errors of Redis: none\n")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
