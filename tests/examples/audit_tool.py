"""Runs the audit tool as its user does: audit_tool.py TOOL WRITER."""

import csv
import hashlib
import html.parser
import io
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOL = WRITER = None


def run(*args):
    return subprocess.run([TOOL, *map(str, args)], capture_output=True, text=True, timeout=60)


def head_of(text):
    return {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in text.splitlines()[1:]}


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_by(index, size, leaf, path):
    """Where an inclusion proof leads (RFC 9162, 2.1.3.2)."""
    at, last, found = index, size - 1, leaf
    for hashed in path:
        if at % 2 == 1 or at == last:
            found = node(hashed, found)
            while at % 2 == 0 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, hashed)
        at, last = at >> 1, last >> 1
    return found if last == 0 else None


class AuditTool(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)
        self.trail = self.folder / "trail"
        self.head = self.folder / "head"
        self.write(40, self.head)

    def write(self, count, *head):
        subprocess.run([WRITER, self.trail, str(count), *head], check=True, timeout=60)

    def segment(self):
        return sorted(self.trail.glob("*.audit"))[-1]

    def test_a_trail_is_verified_and_the_first_bad_record_named(self):
        done = run("verify", self.trail, "--head", self.head)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("40 records in 1 segment are as they were written", done.stdout)

        whole = self.segment().read_bytes()
        pick = random.Random(5)
        for number in pick.sample(range(40), 6):
            # Every record has its e-mail's number in it, so its place is known without the format.
            at = whole.index(b"asked by canary%d@" % number) + pick.randrange(20)
            changed = bytearray(whole)
            changed[at] ^= 1 << pick.randrange(8)
            self.segment().write_bytes(changed)
            done = run("verify", self.trail)
            self.assertEqual(done.returncode, 1, done.stdout)
            found = re.search(r'record (\d+): .* \("(.*)", byte (\d+)\)', done.stdout)
            self.assertTrue(found, done.stdout)
            self.assertEqual(int(found[1]), number)
            self.assertEqual(found[2], str(self.segment()))
            self.assertTrue(0 <= at - int(found[3]) < 600, (at, found[3]))
        self.segment().write_bytes(whole)
        self.assertEqual(run("verify", self.trail).returncode, 0)

    def test_a_trail_that_was_written_anew_does_not_go_on_from_its_head(self):
        first = self.trail.rename(self.folder / "first")
        self.write(30)
        self.assertEqual(run("verify", self.trail).returncode, 0)
        done = run("verify", self.trail, "--head", self.head)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the tree head is of the log", done.stderr)
        self.assertEqual(run("verify", first, "--head", self.head).returncode, 0)

    def test_an_older_state_of_a_trail_shows_by_a_later_head(self):
        older, later = self.folder / "older", self.folder / "later"
        shutil.copytree(self.trail, older)
        self.write(25, later)
        self.assertEqual(run("verify", self.trail, "--head", self.head, "--head", later).returncode, 0)
        self.assertEqual(run("verify", older).returncode, 0)
        done = run("verify", older, "--head", later)
        self.assertEqual(done.returncode, 1, done.stdout)

    def test_a_key_has_to_vouch_for_all_of_it(self):
        keys = {}
        for name in ("own", "other"):
            keys[name], public = self.folder / f"{name}.pem", self.folder / f"{name}.pub"
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", keys[name]], check=True, capture_output=True)
            subprocess.run(["openssl", "pkey", "-in", keys[name], "-pubout", "-out", public], check=True)
        unsigned = self.trail.rename(self.folder / "unsigned")
        self.write(20, self.folder / "signed_head", keys["own"])
        done = run("verify", self.trail, "--key", self.folder / "own.pub")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = run("verify", self.trail, "--key", self.folder / "other.pub")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("it is signed with the key", done.stdout)
        done = run("verify", unsigned, "--key", self.folder / "own.pub")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("vouches for the first 0 of 40 records", done.stdout)
        self.assertEqual(run("verify", self.trail, "--key", self.folder / "none").returncode, 3)

        # An erasure that the key signs is vouched for; one that it does not is not; and no other key gets in between.
        erase = ("erase", self.trail, "--index", 6, "--field", "email", "--actor", "dpo", "--reason", "Art. 17")
        before = self.segment().read_bytes()
        done = run(*erase, "--sign", keys["other"])
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("it is signed with the key", done.stderr)
        self.assertEqual(run(*erase, "--sign", self.folder / "own.pub").returncode, 3)
        self.assertEqual(run(*erase, "--passphrase", "x").returncode, 2)
        self.assertEqual(self.segment().read_bytes(), before)
        hidden, word = self.folder / "hidden.pem", self.folder / "word"
        word.write_text("open sesame\n")
        subprocess.run(["openssl", "pkey", "-in", keys["own"], "-aes256", "-passout", f"file:{word}", "-out", hidden], check=True)
        self.assertEqual(run(*erase, "--sign", hidden).returncode, 3)
        done = run(*erase, "--sign", hidden, "--passphrase", word)
        self.assertEqual((done.returncode, done.stdout), (0, "1 values of record 6 were erased\n"), done.stderr)
        self.assertNotIn(b"canary6@example.org\x00\x00", self.segment().read_bytes())
        done = run("verify", self.trail, "--key", self.folder / "own.pub", "--head", self.folder / "signed_head")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1 values were erased", done.stdout)
        run("erase", self.trail, "--index", 8, "--field", "email", "--actor", "dpo", "--reason", "Art. 17")
        done = run("verify", self.trail, "--key", self.folder / "own.pub")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("vouches for the first 21 of 22 records", done.stdout)

    def test_queries_select_and_mask(self):
        done = run("query", self.trail, "--kind", "access_denied", "--newest", "--limit", 3)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([line["index"] for line in lines], [39, 35, 31])
        self.assertEqual(lines[0]["fields"], {"email": "***@example.org", "rows": "12"})
        for more, count in ((["--actor", "service"], 20), (["--severity", "error"], 10), (["--object", "table/1"], 13),
                            (["--under", "table/"], 40), (["--text", "CANARY17@"], 1), (["--from", "2025-12-01"], 16),
                            (["--until", "2025-11-30T03:00Z"], 3), (["--kind", "acme."], 0)):
            done = run("query", self.trail, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(done.stdout.splitlines()), count, more)
        self.assertIn("canary17@example.org", run("query", self.trail, "--text", "canary17@", "--unmasked").stdout)
        rows = list(csv.DictReader(io.StringIO(run("export", self.trail, "--format", "csv").stdout)))
        self.assertEqual([row["index"] for row in rows], [str(i) for i in range(40)])

    def test_a_query_that_nothing_can_match_says_so(self):
        for args, near in ((["--kind", "acess_denied"], "access_denied"), (["--kind", "Access-Denied"], "access_denied"),
                           (["--from", "2025-12-02", "--until", "2025-12-01"], "before it begins")):
            done = run("query", self.trail, *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertIn(near, done.stderr)
        self.assertEqual(run("query", self.trail, "--kind", "acme.payout_approved").returncode, 0)

    def test_records_are_found_by_their_places(self):
        done = run("query", self.trail, "--index", 17, "--index", 3, "--format", "csv")
        self.assertEqual([row["index"] for row in csv.DictReader(io.StringIO(done.stdout))], ["3", "17"])
        self.assertEqual(run("query", self.trail, "--index", 17, "--kind", "access_denied").stdout, "")
        done = run("query", self.trail, "--index", 40)
        self.assertEqual(done.returncode, 3)
        self.assertIn("has no record 40", done.stderr)

    def test_no_output_has_personal_data_unless_asked(self):
        for args in (["query"], ["export", "--format", "csv"], ["export", "--format", "yaml"],
                     *(["report", "--template", template, "--format", form]
                       for template in ("soc2", "gdpr", "hipaa", "pci") for form in ("json", "yaml", "csv", "html"))):
            done = run(args[0], self.trail, *args[1:])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertGreater(len(done.stdout), 1000)
            self.assertNotRegex(done.stdout, r"canary\d|Canaria", args)

    def test_a_report_says_what_was_verified(self):
        page = self.folder / "page.html"
        done = run("report", self.trail, "--template", "pci", "--format", "html", "--title", "<Q1>", "--output", page)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        html.parser.HTMLParser().feed(page.read_text())
        self.assertIn("&lt;Q1&gt;", page.read_text())
        report = json.loads(run("report", self.trail).stdout)
        self.assertEqual(report["summary"]["records"], 40)
        self.assertEqual(report["summary"]["denied_accesses"], 10)
        self.assertEqual(report["verification"]["head"], head_of(self.head.read_text())["root"])
        whole = self.segment().read_bytes()
        self.segment().write_bytes(whole.replace(b"asked by canary7@", b"asked by canaru7@"))
        done = run("report", self.trail)
        self.assertEqual(done.returncode, 1)
        report = json.loads(done.stdout)
        self.assertFalse(report["verification"]["intact"])
        self.assertIn("record 7:", report["verification"]["finding"])

    def test_a_proof_convinces_who_has_the_head_alone(self):
        proof, leaf, now = self.folder / "proof", self.folder / "leaf", self.folder / "now"
        now.write_text(run("head", self.trail).stdout)
        for index in (0, 17, 39):
            done = run("prove", self.trail, "--index", index, "--proof", proof, "--record", leaf)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(b"Canaria", leaf.read_bytes())
            done = run("check", "--proof", proof, "--record", leaf, "--head", now)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"number {index} ", done.stdout)
            # And without this library.
            lines = proof.read_text().splitlines()
            path = [bytes.fromhex(line.removeprefix("hash ")) for line in lines[3:]]
            root = root_by(index, 40, hashlib.sha256(b"\0" + leaf.read_bytes()).digest(), path)
            self.assertEqual(root.hex(), head_of(now.read_text())["root"])
        leaf.write_bytes(leaf.read_bytes()[:-1] + b"?")
        self.assertEqual(run("check", "--proof", proof, "--record", leaf, "--head", now).returncode, 1)

        self.write(25)
        done = run("prove", self.trail, "--since", self.head, "--proof", proof)
        self.assertEqual(done.returncode, 0, done.stderr)
        now.write_text(run("head", self.trail).stdout)
        done = run("check", "--proof", proof, "--since", self.head, "--head", now)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("first 40 records", done.stdout)
        other = self.folder / "other"
        other.write_text(self.head.read_text().replace("root " + head_of(self.head.read_text())["root"], "root " + "0" * 64))
        self.assertEqual(run("prove", self.trail, "--since", other).returncode, 1)
        self.assertEqual(run("check", "--proof", proof, "--since", other, "--head", now).returncode, 1)

    def test_what_is_erased_is_gone_and_the_trail_is_sound(self):
        self.assertIn(b"Canaria", self.segment().read_bytes())
        done = run("erase", self.trail, "--index", 6, "--field", "email", "--actor", "dpo", "--reason", "Art. 17")
        self.assertEqual(done.returncode, 0, done.stderr)
        line = json.loads(run("query", self.trail, "--unmasked", "--text", "canary6@").stdout.splitlines()[0])
        self.assertIsNone(line["fields"]["email"])
        self.assertEqual(line["reason"], "asked by canary6@example.org")  # a reason stays: it was not marked
        done = run("verify", self.trail, "--head", self.head)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1 values were erased", done.stdout)
        self.assertIn("personal_data_erased", run("query", self.trail, "--actor", "dpo").stdout)
        done = run("erase", self.trail, "--index", 6, "--field", "rows", "--actor", "dpo", "--reason", "x")
        self.assertEqual(done.returncode, 3)

    def test_wrong_options_and_missing_files_have_their_exit_codes(self):
        for args in ([], ["verify"], ["query", self.trail, "--from", "yesterday"], ["report", self.trail, "--template", "iso"],
                     ["prove", self.trail], ["erase", self.trail, "--index", "1"], ["prove", self.trail, "--index", 1, "--since", "x"]):
            self.assertEqual(run(*args).returncode, 2, args)
        self.assertEqual(run("vrify", self.trail).stderr, 'audit_tool: "vrify" is no command (see --help)\n')
        for args in (["verify", self.folder / "none"], ["query", self.folder], ["verify", self.trail, "--head", "none"],
                     ["prove", self.trail, "--index", 40], ["erase", self.folder / "new", "--index", 1, "--actor", "a", "--reason", "r"]):
            done = run(*args)
            self.assertEqual(done.returncode, 3, args)
            self.assertRegex(done.stderr, "^audit_tool: .+")
        self.assertFalse((self.folder / "new").exists())


if __name__ == "__main__":
    WRITER = sys.argv.pop()
    TOOL = sys.argv.pop()
    unittest.main()
