#!/usr/bin/env python3
"""What the commands of tools/ do and say, with stand-ins for what they call, in a copy of tools/.

tools/demo and tools/test: where they cannot go on, one sentence names what is needed; a build folder of another compiler is
made anew. tools/check-fresh-machine: its table, also when stopped, and that it removes only what it made. tools/summary and
tools/docs.
"""
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORDINARY = """sh dirname sed sort head tail printf getconf awk mkdir cat grep env uname readlink date cp ls rm ln tar du wc sleep
basename tee touch""".split()

# A system on which all goes well; each case changes some of it. None: there is no such command.
GOOD = {
    "apt-get": "exit 0",
    "dpkg-query": "printf installed",
    "id": "echo 0",
    "cmake": 'case $1 in --version) echo "cmake version 3.25.1" ;; esac',
    "c++": 'case $1 in --version) echo "c++ (Debian) 12.2.0" ;; *) echo 12.2.0 ;; esac',
}
CASES = [  # what is changed, words that standard error must have (None: it succeeds)
    ({}, None),
    ({"apt-get": None}, "it has no apt-get); install what Debian calls: g++ cmake ninja-build"),
    ({"apt-get": None, "ninja": "exit 0"}, None),  # all there: goes on
    ({"dpkg-query": "exit 1", "id": "echo 1000"}, "neither root nor sudo to install them; as root: apt-get install g++"),
    ({"dpkg-query": "exit 1", "apt-get": "exit 100"}, "apt-get update failed"),
    ({"dpkg-query": "exit 1", "apt-get": 'test "$1" = update'}, "apt-get could not install g++ cmake"),
    ({"dpkg-query": "exit 1"}, None),
    ({"dpkg-query": "exit 1", "id": "echo 1000", "sudo": '"$@"'}, None),
    ({"cmake": 'echo "cmake version 3.22.1"'}, "cmake 3.22.1 is too old: 3.25 is needed"),
    ({"cmake": 'echo "cmake version 4.1.0"'}, None),
    ({"c++": 'case $1 in --version) echo "c++ (Ubuntu) 11.4.0" ;; *) echo 11.4.0 ;; esac'}, "c++ 11.4.0 is too old: g++ 12 or clang 14"),
    ({"c++": 'case $1 in --version) echo "Debian clang version 13.0.1" ;; *) echo 13.0.1 ;; esac'}, "c++ 13.0.1 is too old"),
    ({"c++": None}, "there is no C++ compiler named c++"),
    ({"cmake": 'case $1 in --version) echo "cmake version 3.25.1" ;; *) echo "CMake Error: no Eigen"; exit 1 ;; esac'},
     "CMake could not configure build/demo"),
    ({"cmake": 'case $1 in --version) echo "cmake version 3.25.1" ;; --build) exit 1 ;; esac'}, "the build in build/demo failed"),
]


class Copy:
    """A copy of tools/ in a folder of its own, with the stand-ins as the only other commands."""

    def __init__(self, folder, commands):
        self.folder = pathlib.Path(folder)
        shutil.copytree(ROOT / "tools", self.folder / "tools")
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for name in ORDINARY:
            (self.bin / name).symlink_to(shutil.which(name))
        self.commands(commands)
        job = self.folder / "build/demo/examples/lifecycle/lifecycle"
        job.parent.mkdir(parents=True)
        job.write_text('#!/bin/sh\necho "$LIFECYCLE_CALLED_AS runs the job $*"\n')
        job.chmod(0o755)

    def commands(self, commands):
        for name, script in commands.items():
            if script is not None:
                path = self.bin / name
                path.write_text(f"#!/bin/sh\n{script}\n")
                path.chmod(0o755)

    def run(self, *words, **environment):
        return subprocess.run([str(word) for word in words], env={"PATH": str(self.bin), **environment}, capture_output=True,
                              text=True)


def sentences():
    for change, words in CASES:
        with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
            copy = Copy(folder, GOOD | change)
            done = copy.run(copy.folder / "tools/demo", "--input", "my table.csv")
        if words is None:
            as_hoped = done.returncode == 0 and done.stdout == "tools/demo runs the job --input my table.csv\n"
        else:
            as_hoped = done.returncode == 1 and words in done.stderr.splitlines()[-1] and done.stdout == ""
        if not as_hoped:
            yield f"{change}: hoped for {words or 'the job'}; status {done.returncode}\n{done.stdout}{done.stderr}"


def help_builds_nothing():
    """--help without a compiler: the job's where it was built, else the most important options."""
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        copy = Copy(folder, {})
        for words in (["tools/demo runs the job --help"], ["--input FILE.csv", "--model-file", "--help lists all"]):
            done = copy.run(copy.folder / "tools/demo", "--help")
            if done.returncode != 0 or done.stderr or not all(word in done.stdout for word in words):
                yield f"--help: hoped for {words}; status {done.returncode}\n{done.stdout}{done.stderr}"
            shutil.rmtree(copy.folder / "build", ignore_errors=True)


def through_a_link():
    """A symbolic link to tools/demo, from another folder, finds its library and its build folder."""
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        copy = Copy(folder, GOOD)
        (copy.folder / "elsewhere").mkdir()
        (copy.folder / "elsewhere/demo").symlink_to(copy.folder / "tools/demo")
        done = copy.run(copy.folder / "elsewhere/demo")
        if done.returncode != 0 or done.stdout != "tools/demo runs the job \n":
            yield f"through a symbolic link: status {done.returncode}\n{done.stdout}{done.stderr}"


def another_compiler():
    """CXX counts also when the build folder exists: it is made anew if it is another compiler's, and only then."""
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        copy = Copy(folder, GOOD | {"cmake": GOOD["cmake"] + f'\necho "$*" >>"{folder}/called"', "g++-99": GOOD["c++"]})
        (copy.folder / "build/demo/build.ninja").write_text("")
        cache = copy.folder / "build/demo/CMakeCache.txt"
        for was, environment, hoped in (("c++", {}, None), ("c++", {"CXX": "g++-99"}, "--fresh"), ("g++-99", {"CXX": "g++-99"}, None),
                                        ("g++-99", {}, "--fresh"), (None, {}, "--preset demo")):
            cache.unlink(missing_ok=True)
            if was:
                cache.write_text(f"CMAKE_CXX_COMPILER:STRING={copy.bin / was}\n")
            (copy.folder / "called").unlink(missing_ok=True)
            done = copy.run(copy.folder / "tools/demo", **environment)
            called = (copy.folder / "called").read_text()
            as_hoped = hoped in called if hoped else "--preset" not in called
            if done.returncode != 0 or not as_hoped:
                yield f"{was} and {environment}: status {done.returncode}, hoped for {hoped}, called\n{called}{done.stderr}"


FRESH = {
    "id": "echo 0",
    "apt-get": '. /etc/os-release; echo "$VERSION_CODENAME main http://mirror.invalid/debian/"',
    "debootstrap": 'echo "$*" >"$3.asked"; mkdir -p "$3/proc" "$3/dev/shm" "$3/dev/pts" "$3/etc/apt/apt.conf.d" "$3/etc/sudoers.d" "$3/home/builder"',
    "mount": "exit 0",
    "umount": "exit 0",
    "git": 'case "$*" in *archive*) tar -c -T /dev/null ;; *) echo "abc a commit" ;; esac',
    "chroot": """case "$*" in
  *dpkg-query*) printf ...... ;;
  *tools/demo*) echo "a job" ;;
  *tools/test*)
    echo "tools/test: skipped: observe.promtool: no promtool"
    echo "tools/test: left out: interop.boost: no Boost"
    echo "tools/test: test: 7 tests ran, 1 skipped, 1 left out"
    ;;
esac""",
}


def fresh_machine():
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        copy = Copy(folder, FRESH)
        (copy.folder / "debootstrap/scripts").mkdir(parents=True)
        (copy.folder / "debootstrap/scripts/trixie").write_text("")
        command, there = copy.folder / "tools/check-fresh-machine", copy.folder / "there"
        known = {"DEBOOTSTRAP_DIR": str(copy.folder / "debootstrap")}

        def expect(title, done, status, *words):
            missing = [word for word in words if word not in done.stdout + done.stderr]
            if done.returncode != status or missing:
                yield f"check-fresh-machine {title}: status {done.returncode}, without {missing}\n{done.stdout}{done.stderr}"

        yield from expect("--suite nosuch", copy.run(command, "--suite", "nosuch", there, **known), 1, 'knows no release "nosuch"')
        good = copy.run(command, "--suite", "trixie", there, **known)
        yield from expect("--suite trixie", good, 0, "demo-first", "test-again", "by root", "7 tests ran", "skipped: observe.promtool: no promtool",
                          "left out: interop.boost: no Boost")
        if "trixie" not in (there / "system.asked").read_text():
            yield "check-fresh-machine --suite trixie: made another release"
        yield from expect("again, as a user", copy.run(command, "--suite", "trixie", "--user", there, **known), 0, "by builder")
        mine = copy.folder / "mine"
        mine.mkdir()
        (mine / "thesis.txt").write_text("years of work")
        yield from expect("of somebody's folder", copy.run(command, "--suite", "trixie", mine, **known), 1, "was not made by this command")
        if not (mine / "thesis.txt").exists():
            yield "check-fresh-machine removed a folder that it did not make"
        copy.commands({"chroot": FRESH["chroot"].replace('echo "a job"', "exit 3")})
        yield from expect("whose demo fails", copy.run(command, "--suite", "trixie", there, **known), 1, "demo-first failed", "exit 3")
        copy.commands({"chroot": FRESH["chroot"].replace('echo "a job"', "exec sleep 20")})
        there = copy.folder / "stopped"
        process = subprocess.Popen([command, "--suite", "trixie", there], env={"PATH": str(copy.bin), **known}, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while not (there / "demo-first.log").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[0]
        if process.returncode != 143 or "demo-first" not in said or "stopped" not in said:
            yield f"check-fresh-machine, stopped: status {process.returncode}\n{said}"


WHOLE = GOOD | {
    "apt-cache": "exit 0",
    "promtool": "exit 0",
    "cmake": """case $1 in
  --version) echo "cmake version 3.25.1" ;;
  --build) printf '# ninja log v5\\n0\\t3200\\t1\\tunit_core\\tabc\\n' >"$2/.ninja_log" ;;
  --preset) mkdir -p "build/$2" && echo "interop.boost: no Boost" >"build/$2/left_out.txt" ;;
esac""",
    "ctest": """while [ $# -gt 0 ]; do
  if [ "$1" = --output-junit ]; then
    echo '<testcase name="unit.slow" classname="x" time="6.5" status="run"><system-out></system-out></testcase>' >"$2"
  fi
  shift
done
exit ${CTEST_STATUS:-0}""",
}


def whole_test():
    """tools/test with an extra build: what each left out stands at the end, and a failure does not hide it."""
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        copy = Copy(folder, WHOLE)
        (copy.folder / "tests/meta").mkdir(parents=True)
        (copy.folder / "tests/meta/format.py").write_text('VERSION = "23.1.5"\n')
        (copy.folder / "build/format-venv").mkdir()
        (copy.folder / "build/format-venv/complete").write_text("clang-format==23.1.5\n")
        for status in ("0", "8"):
            done = copy.run(copy.folder / "tools/test", "--asan", CTEST_STATUS=status)
            words = ["6.5 s  tested unit.slow", "left out: interop.boost: no Boost", "1 tests ran, 0 skipped, 1 left out"]
            words += ["3.2 s  built  unit_core", "left out of asan-ubsan: interop.boost"] if status == "0" else []
            missing = [word for word in words if word not in done.stdout]
            if missing or done.returncode != (status != "0"):
                yield f"tools/test where ctest answers {status}: status {done.returncode}, without {missing}\n{done.stdout}{done.stderr}"


def summary():
    """Only what was built now counts; what was skipped or left out is named with its reason."""
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        folder = pathlib.Path(folder)
        old = "# ninja log v5\n0\t90000\t1\told.o\tabc\n"
        (folder / ".ninja_log.before").write_text(old)
        (folder / ".ninja_log").write_text(old + "0\t4500\t1\ttests/CMakeFiles/unit_core.dir/unit/core/id.cpp.o\tdef\n")
        (folder / "left_out.txt").write_text("interop.boost: Boost.Math is missing\n")
        (folder / "tests.xml").write_text(
            '<testcase name="a.skipped" classname="a" time="0.1" status="notrun">\n<skipped message="77"/>\n'
            '<system-out>no &quot;judge&quot;\n</system-out>\n</testcase>\n'
            '<testcase name="a.slow" classname="a" time="7.25" status="run">\n<system-out></system-out>\n</testcase>\n')
        (folder / "CTestTestfile.cmake").write_text(
            'set_tests_properties([=[a.slow]=] PROPERTIES  COST "2.5" LABELS "a" TIMEOUT "60" _BACKTRACE_TRIPLES "x")\n')
        said = subprocess.run([sys.executable, "-B", ROOT / "tools/summary", folder], capture_output=True, text=True).stdout
        for words in ("7.2 s  tested a.slow", "4.5 s  built  tests/unit_core: unit/core/id.cpp.o", 'skipped: a.skipped: no "judge"',
                      "left out: interop.boost: Boost.Math is missing", "1 tests ran, 1 skipped, 1 left out", "over its budget of 2.5 s: a.slow: 7.2 s"):
            if words not in said:
                yield f"tools/summary does not say `{words}`:\n{said}"
        if "old.o" in said:
            yield f"tools/summary counts what an earlier build made:\n{said}"


def documentation():
    """tools/docs: a stale page of errors, a public item without a comment, a guide that is not built, a missing program."""
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        good = {"doxygen": "exit 0", "mkdocs": "exit 0"}
        copy = Copy(folder, good)
        for part in ("include", "docs", "cmake", "tests/meta", "tests/compile_fail"):
            shutil.copytree(ROOT / part, copy.folder / part)
        shutil.copy(ROOT / "CMakeLists.txt", copy.folder)

        def trial(title, commands, status, words):
            copy.commands(good | commands)
            done = copy.run(sys.executable, "-B", copy.folder / "tools/docs")
            if done.returncode != status or words not in done.stdout + done.stderr:
                yield f"tools/docs {title}: status {done.returncode}, hoped for {status} and `{words}`\n{done.stdout}{done.stderr}"

        said = 'echo "include/millrace/stats/power.hpp:9: warning: {} is not documented." >&2'
        yield from trial("where all is well", {}, 0, "build/docs/guide/index.html")
        yield from trial("of a member without a comment", {"doxygen": said.format("Member n (variable) of struct millrace::stats::power")}, 0, "")
        yield from trial("of a class without a comment", {"doxygen": said.format("Compound millrace::stats::power")}, 1, "the reference has warnings")
        yield from trial("of a guide with a dead link", {"mkdocs": "exit 1"}, 1, "the guide was not built")
        (copy.bin / "mkdocs").unlink()
        done = copy.run(sys.executable, "-B", copy.folder / "tools/docs", "guide")
        if done.returncode != 1 or "install mkdocs" not in done.stderr:
            yield f"tools/docs without mkdocs: status {done.returncode}\n{done.stderr}"
        with open(copy.folder / "docs/guide/errors.md", "a") as page:
            page.write("one line more\n")
        yield from trial("of a stale page", {}, 1, "errors.md is stale")


def main():
    trials = (sentences, help_builds_nothing, through_a_link, another_compiler, fresh_machine, whole_test, summary, documentation)
    failures = [failure for trial in trials for failure in trial()]
    for failure in failures:
        print(f"FAIL {failure}")
    print(f"{len(CASES)} systems, {len(trials)} trials, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
