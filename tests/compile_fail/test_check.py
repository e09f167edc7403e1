#!/usr/bin/env python3
"""The harness itself: a file that breaks one of its rules is refused. usage: test_check.py CXX"""
import pathlib
import sys
import tempfile

import check

GOOD = """// expect: a hat has no brim
template <bool Brim> struct hat { static_assert(Brim, "millrace[HAT-1]: a hat has no brim"); };
hat<true> right;
#ifdef MILLRACE_MISUSE
hat<false> wrong;
#endif
"""
DEEP = "".join(f"template <bool B> struct d{i + 1} {{ d{i}<B> x; }};\n" for i in range(12))

CASES = [  # name, text, words of the refusal: one of them must be there (none: accepted)
    ("HAT-1_good.cpp", GOOD, ()),
    ("hat_bad_name.cpp", GOOD, ("must begin with a code",)),
    ("HAT-1_nothing_expected.cpp", GOOD.replace("// expect:", "//"), ("no `// expect:",)),
    ("HAT-1_no_misuse.cpp", GOOD.replace("MILLRACE_MISUSE", "OTHER"), ("marks the misuse",)),
    ("HAT-1_misuse_compiles.cpp", GOOD.replace("hat<false>", "hat<true>"), ("the misuse compiles",)),
    ("HAT-1_twin_fails.cpp", GOOD.replace("hat<true> right", "hut<true> right"), ("right use does not compile",)),
    ("HAT-1_other_words.cpp", GOOD.replace("expect: a hat", "expect: a shoe"), ("does not match",)),
    ("HAT-2_other_code.cpp", GOOD, ("millrace[HAT-2] is not within",)),
    ("HAT-1_long.cpp", GOOD.replace("hat<true> right;", "template <bool B> using d0 = hat<B>;\n" + DEEP)
     .replace("hat<false> wrong", "d12<false> wrong"), ("lines long", "not within the first")),
]


def main():
    failures = 0
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        for name, text, words in CASES:
            source = pathlib.Path(folder) / name
            source.write_text(text)
            found, message = check.problems(sys.argv[1], [], source)
            as_hoped = any(word in problem for word in words for problem in found) if words else not found
            print(("ok   " if as_hoped else "FAIL ") + name, "" if as_hoped else f"{found}\n{message}")
            failures += not as_hoped
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
