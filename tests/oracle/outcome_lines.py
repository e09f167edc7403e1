#!/usr/bin/env python3
"""Lines of deliver's logs of predictions and outcomes, by Python's zlib and texts alone.

usage: outcome_lines.py    writes tests/golden/deliver/predictions.jsonl and outcomes.jsonl
"""
import pathlib
import zlib

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/deliver"
PREDICTIONS = [
    '{"id":"a17","time":1764590400000000000,"model":"fraud","version":"7","arm":"stable","propensity":1,'
    '"outputs":[0.25,0.75],"features":[1,2.5,"NaN"]',
    '{"id":"a17","time":1764590400000000000,"model":"fraud","version":"7","arm":"candidate","propensity":0.2,'
    '"unit":31,"step":2,"outputs":[0.25,0.75],"features":[1,2.5,"NaN"]',
    '{"id":"b \\"18\\"","time":1764590401000000000,"model":"","version":"7","arm":"stable","propensity":1,"outputs":[]',
    '{"dropped":3',
]
OUTCOMES = [
    '{"id":"a17","label":1,"time":1764690400000000000',
    '{"id":"b \\"18\\"","label":0,"time":1764690401000000000',
    '{"id":"c","label":2.5,"time":1764690402000000000',
]


def lines(bodies):
    """Each with the CRC-32 of the bytes before it."""
    return "".join(f'{body},"crc":"{zlib.crc32(body.encode()):08x}"}}\n' for body in bodies)


if __name__ == "__main__":
    (GOLDEN / "predictions.jsonl").write_text(lines(PREDICTIONS), encoding="utf-8")
    (GOLDEN / "outcomes.jsonl").write_text(lines(OUTCOMES), encoding="utf-8")
