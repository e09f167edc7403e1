#!/usr/bin/env python3
"""Writes tests/golden/core/sha256_nist.txt: test vectors of NIST's for SHA-256.

    python3 tests/oracle/sha256.py FOLDER [--all]

FOLDER has SHA256ShortMsg.rsp, SHA256LongMsg.rsp and SHA256Monte.rsp of CAVS 11, from NIST's "SHA Test Vectors for
Hashing Byte-Oriented Messages"; Debian's package python3-cryptography-vectors has them in
/usr/lib/python3/dist-packages/cryptography_vectors/hashes/SHA2. Lines are "message MD", where "-" is no byte, then
"monte SEED" and the 100 MDs of the Monte Carlo test. Of the 64 long messages, of 163 to 6,400 bytes, only the first
nine and the last are kept, for the size of the file; --all keeps them all.
"""
import hashlib
import pathlib
import re
import sys

PATH = pathlib.Path(__file__).parents[1] / "golden/core/sha256_nist.txt"


def messages(path):
    for bits, message, digest in re.findall(r"^Len = (\d+)\s+Msg = (\w+)\s+MD = (\w+)", path.read_text(), re.M):
        message = message[:int(bits) // 4]  # of no bits the file says "00"
        assert hashlib.sha256(bytes.fromhex(message)).hexdigest() == digest
        yield f"{message or '-'} {digest}\n"


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    short = list(messages(folder / "SHA256ShortMsg.rsp"))
    long = list(messages(folder / "SHA256LongMsg.rsp"))
    if "--all" not in sys.argv:
        long = long[:9] + long[-1:]
    monte = (folder / "SHA256Monte.rsp").read_text()
    seed = re.search(r"^Seed = (\w+)", monte, re.M)[1]
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text("".join(short + long + [f"monte {seed}\n"] + [f"{md}\n" for md in re.findall(r"^MD = (\w+)", monte, re.M)]))
