"""Events a second through the whole service: service.py SERVICE [EVENTS].

Lines of standard input become messages of its durable queue, are scored, learnt, aggregated, and told to the audit
trail, each once; the time is that from the first line to the end of the process, with all of it on the disk.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time


def lines(count):
    for number in range(count):
        fraud = number % 7 == 0
        yield json.dumps({"id": f"p{number}", "user": f"u{number % 5000}", "country": "FR" if fraud else "DE",
                          "amount": number % 1000 + 0.25, "outcome": "fraud" if fraud else "fine"}) + "\n"


def main():
    service = pathlib.Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    with tempfile.TemporaryDirectory() as scratch:
        events = pathlib.Path(scratch, "events.jsonl")
        with events.open("w") as out:
            out.writelines(lines(count))
        settings = pathlib.Path(scratch, "service.yaml")
        for batch in (100, 500, 1000):
            settings.write_text(f"folder: {scratch}/state{batch}\ndrain_limit: 10m\nhttp: {{port: 0}}\n"
                                f"inside: {{port: 0}}\nsource: {{kind: stdin, batch: {batch}}}\n")
            began = time.perf_counter()
            with events.open() as source:
                subprocess.run([service, "--config", settings], stdin=source, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, check=True)
            took = time.perf_counter() - began
            print(f"batches of {batch:4}: {count / took:10.0f} events/s ({count} in {took:.2f} s)", flush=True)


if __name__ == "__main__":
    main()
