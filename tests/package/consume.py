#!/usr/bin/env python3
"""Uses the library as its users do, each way in a fresh folder. usage: consume.py WAY --compiler CXX [...]

Ways: add_subdirectory, find_package, include_folder, single_header, vcpkg_port, conan, libcxx, module.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "meta"))

from passed import Passed, version  # noqa: E402
from rules import sources  # noqa: E402
from tree import Tree  # noqa: E402

THIRD_PARTIES = ["CURL", "Eigen3", "MPI", "OpenSSL", "RdKafka", "SQLite3", "ZLIB", "hiredis", "httplib", "nlohmann_json", "xtensor", "yaml-cpp"]
NOT_CONSUMED = ("CHANGELOG.md", "benchmarks", "docs")  # what no way to use the library looks at
COMPONENTS = re.search(r"MILLRACE_ALL_COMPONENTS ([^)]*)", (ROOT / "cmake/components.cmake").read_text())[1].split()
FIRST_PROGRAM = ROOT / "examples/01_first_chain.cpp"  # the README's
NOTHING_INSTALLED = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in THIRD_PARTIES]


class Failure(Exception):
    pass


def run(*command, fails_with=None, **options):
    """Runs a command that must succeed; with `fails_with`, one that must fail and say so."""
    command = [str(part) for part in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    said = " ".join(done.stdout.split())
    if fails_with is None and done.returncode != 0:
        raise Failure(f"{' '.join(command)} answered {done.returncode}:\n{done.stdout}")
    if fails_with is not None and (done.returncode == 0 or fails_with not in said):
        raise Failure(f"{' '.join(command)} answered {done.returncode} and should have failed with "
                      f"`{fails_with}`; it said:\n{done.stdout}")
    return done.stdout


class Consumer:
    """A project of a user's: a CMakeLists.txt and app.cpp in a folder of their own."""

    def __init__(self, args, folder):
        self.args, self.folder = args, pathlib.Path(folder)
        self.count = 0

    def configure(self, text, source, *definitions, fails_with=None):
        self.count += 1
        project = self.folder / f"consumer{self.count}"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(text)
        shutil.copy(HERE / source, project / "app.cpp")
        (project / "millrace").symlink_to(ROOT)
        run(self.args.cmake, "-S", project, "-B", project / "build", "-G", self.args.generator,
            f"-DCMAKE_CXX_COMPILER={self.args.compiler}", *definitions, fails_with=fails_with)
        return project / "build"

    def build(self, text, source, *definitions):
        build = self.configure(text, source, *definitions)
        run(self.args.cmake, "--build", build)
        run(build / "app")
        return build


def project(*lines):
    return "\n".join(["cmake_minimum_required(VERSION 3.25)", "project(consumer LANGUAGES CXX)", *lines, ""])


def add_subdirectory(args, folder):
    consumer = Consumer(args, folder)

    def text(target, *before):
        return project(*before, "add_subdirectory(millrace)", "add_executable(app app.cpp)",
                       f"target_link_libraries(app PRIVATE millrace::{target})")

    consumer.build((HERE / "add_subdirectory/CMakeLists.txt").read_text(), "full.cpp")
    consumer.build(text("core", "set(MILLRACE_COMPONENTS core)"), "core.cpp", *NOTHING_INSTALLED)
    consumer.build(text("curl", "set(MILLRACE_COMPONENTS curl)"), "curl.cpp")
    consumer.build(text("http", "set(MILLRACE_COMPONENTS http)"), "http.cpp")
    consumer.build(text("kafka", "set(MILLRACE_COMPONENTS kafka)"), "kafka.cpp")
    consumer.build(text("mpi", "set(MILLRACE_COMPONENTS mpi)"), "mpi.cpp")
    consumer.build(text("openssl", "set(MILLRACE_COMPONENTS openssl)"), "openssl.cpp")
    consumer.build(text("redis", "set(MILLRACE_COMPONENTS redis)"), "redis.cpp")
    consumer.build(text("sqlite", "set(MILLRACE_COMPONENTS sqlite)"), "sqlite.cpp")
    consumer.build(text("xtensor", "set(MILLRACE_COMPONENTS xtensor)"), "xtensor.cpp")
    consumer.build(text("yaml", "set(MILLRACE_COMPONENTS yaml)"), "yaml.cpp")
    build = consumer.build(text("pch", "set(MILLRACE_COMPONENTS core)"), "core.cpp", *NOTHING_INSTALLED)
    if not list(build.rglob("cmake_pch.hxx.*ch")):
        raise Failure("millrace::pch precompiled nothing")
    consumer.configure(text("millrace"), "full.cpp", "-DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON", fails_with="libeigen3-dev")
    consumer.configure(text("millrace", "set(MILLRACE_COMPONENTS core)"), "full.cpp",
                       fails_with="millrace::millrace_is_not_in_MILLRACE_COMPONENTS")
    consumer.configure(text("core", "set(MILLRACE_COMPONENTS coer)"), "core.cpp",
                       fails_with='millrace has no component "coer"; it has ' + ", ".join(COMPONENTS))
    # A subproject makes no install rules, tests or warnings of its own for whoever adds it.
    build = consumer.configure(text("core", "set(MILLRACE_COMPONENTS core)", "enable_testing()"), "core.cpp",
                               "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    commands = (build / "compile_commands.json").read_text()
    if commands.count('"file"') != 1 or "-W" in commands or "-std=gnu++20" not in commands:
        raise Failure(f"a consumer's own file alone should be compiled, as C++20, with no warning flag of ours:\n{commands}")


def install(args, folder):
    """Installs with no third party in reach, and moves the prefix away from where it was installed to."""
    folder = pathlib.Path(folder)
    run(args.cmake, "-S", ROOT, "-B", folder / "build", "-G", args.generator, f"-DCMAKE_CXX_COMPILER={args.compiler}",
        "-DMILLRACE_TESTS=OFF", "-DMILLRACE_EXAMPLES=OFF", f"-DCMAKE_INSTALL_PREFIX={folder / 'first'}", *NOTHING_INSTALLED)
    run(args.cmake, "--install", folder / "build")
    prefix = folder / "moved"
    (folder / "first").rename(prefix)
    tree = Tree()
    installed = {path.relative_to(prefix / "include/millrace").as_posix() for path in (prefix / "include").rglob("*.hpp")}
    if installed != set(tree.all_headers):
        raise Failure(f"installed headers differ from the list: {sorted(installed ^ set(tree.all_headers))}")
    for path in prefix.rglob("*.cmake"):
        if re.search(rf"""["; ]({re.escape(str(folder))}|{re.escape(str(ROOT))})/""", path.read_text()):
            raise Failure(f"{path.name} names a folder of this machine")
    return prefix


def find_package(args, folder):
    prefix = install(args, folder)
    consumer = Consumer(args, folder)
    here = f"-DCMAKE_PREFIX_PATH={prefix}"

    def text(target, *words):
        return project(f"find_package(millrace {' '.join(words)})", "add_executable(app app.cpp)",
                       f"target_link_libraries(app PRIVATE {target})")

    consumer.build((HERE / "find_package/CMakeLists.txt").read_text(), "core.cpp", here, *NOTHING_INSTALLED)
    consumer.build(text("millrace::millrace", "REQUIRED"), "full.cpp", here, "-DCMAKE_DISABLE_FIND_PACKAGE_xtensor=ON")
    consumer.build(text("millrace::openssl", "0.1 REQUIRED COMPONENTS openssl"), "openssl.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.configure(text("millrace::openssl", "REQUIRED COMPONENTS openssl"), "openssl.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON", fails_with="install libssl-dev")
    consumer.build(text("millrace::curl", "0.1 REQUIRED COMPONENTS curl"), "curl.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.configure(text("millrace::curl", "REQUIRED COMPONENTS curl"), "curl.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON", fails_with="install libcurl4-openssl-dev")
    consumer.build(text("millrace::http", "0.1 REQUIRED COMPONENTS http"), "http.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.configure(text("millrace::http", "REQUIRED COMPONENTS http"), "http.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_httplib=ON", fails_with="install libcpp-httplib-dev")
    consumer.build(text("millrace::kafka", "0.1 REQUIRED COMPONENTS kafka"), "kafka.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.configure(text("millrace::kafka", "REQUIRED COMPONENTS kafka"), "kafka.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_RdKafka=ON", fails_with="install librdkafka-dev")
    consumer.build(text("millrace::mpi", "0.1 REQUIRED COMPONENTS mpi"), "mpi.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.configure(text("millrace::mpi", "REQUIRED COMPONENTS mpi"), "mpi.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON", fails_with="install libopenmpi-dev")
    consumer.build(text("millrace::sqlite", "0.1 REQUIRED COMPONENTS sqlite"), "sqlite.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.configure(text("millrace::sqlite", "REQUIRED COMPONENTS sqlite"), "sqlite.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON", fails_with="install libsqlite3-dev")
    consumer.build(text("millrace::xtensor", "0.1 REQUIRED COMPONENTS xtensor"), "xtensor.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.build(text("millrace::redis", "0.1 REQUIRED COMPONENTS redis"), "redis.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.configure(text("millrace::redis", "REQUIRED COMPONENTS redis"), "redis.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_hiredis=ON", fails_with="install libhiredis-dev")
    consumer.build(text("millrace::yaml", "0.1 REQUIRED COMPONENTS yaml"), "yaml.cpp", here,
                   "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON")
    consumer.configure(text("millrace::yaml", "REQUIRED COMPONENTS yaml"), "yaml.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_yaml-cpp=ON", fails_with="install libyaml-cpp-dev")
    consumer.configure(text("millrace::millrace", "REQUIRED COMPONENTS millrace"), "full.cpp", here,
                       "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON", fails_with="install zlib1g-dev")
    consumer.configure(text("millrace::core", "REQUIRED COMPONENTS kafkaesque"), "core.cpp", here,
                       fails_with='millrace has no component "kafkaesque"; it has ' + ", ".join(COMPONENTS) + ", module")
    consumer.configure(text("millrace::core", "9.9 REQUIRED COMPONENTS core"), "core.cpp", here,
                       fails_with='compatible with requested version "9.9"')
    consumer.build(text("millrace::pch", "REQUIRED COMPONENTS core"), "core.cpp", here, *NOTHING_INSTALLED)
    # What is only wished for may be missing.
    consumer.build(text("millrace::core", "REQUIRED COMPONENTS core OPTIONAL_COMPONENTS xtensor"), "core.cpp", here,
                   *NOTHING_INSTALLED)


def module(args, folder):
    """`import millrace;`, from the source tree and installed: where the build has what modules need; elsewhere the reason is said."""
    prefix = install(args, folder)
    consumer = Consumer(args, folder)

    def text(*before):
        return project(*before, "add_executable(app app.cpp)", "set_target_properties(app PROPERTIES CXX_SCAN_FOR_MODULES ON)",
                       "target_compile_features(app PRIVATE cxx_std_20)", "target_link_libraries(app PRIVATE millrace::module)")

    here = f"-DCMAKE_PREFIX_PATH={prefix}"
    from_tree = text("set(MILLRACE_COMPONENTS core)", "add_subdirectory(millrace)")
    installed = text("find_package(millrace REQUIRED COMPONENTS module)")
    if args.no_module:
        consumer.configure(from_tree, "module.cpp", *NOTHING_INSTALLED, fails_with="millrace::module_needs_")
        consumer.configure(installed, "module.cpp", here, *NOTHING_INSTALLED, fails_with=args.no_module.strip())
    else:
        consumer.build(from_tree, "module.cpp", *NOTHING_INSTALLED)
        consumer.build(installed, "module.cpp", here, *NOTHING_INSTALLED)


def compile_and_run(args, folder, *words):
    program = pathlib.Path(folder) / "app"
    run(args.compiler, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *words, "-pthread", "-o", program)
    run(program, cwd=folder)


def include_folder(args, folder):
    compile_and_run(args, folder, "-I", ROOT / "include", HERE / "core.cpp")
    compile_and_run(args, folder, "-I", ROOT / "include", FIRST_PROGRAM)


def single_header(args, folder):
    """The one file, copied away from everything else, in two translation units; then mixed with the folder; and with
    the README's first program."""
    alone = pathlib.Path(folder) / "alone/millrace"
    alone.mkdir(parents=True)
    shutil.copy(ROOT / "single_include/millrace/millrace.hpp", alone)
    compile_and_run(args, folder, "-I", alone.parent, HERE / "single_header.cpp", HERE / "second_unit.cpp")
    compile_and_run(args, folder, "-I", alone.parent, "-include", "millrace/millrace.hpp", "-I", ROOT / "include", HERE / "core.cpp")
    first = pathlib.Path(folder) / "first.cpp"
    first.write_text(re.sub(r"<millrace/\w+\.hpp>", "<millrace/millrace.hpp>", FIRST_PROGRAM.read_text()))
    compile_and_run(args, folder, "-I", alone.parent, first)


def libcxx(args, folder):
    """clang's own standard library in the place of g++'s. Before libc++ 19 it has no std::atomic_ref, so that store, observe
    and middleware need that one; the other modules work with libc++ 14."""
    own = ["-stdlib=libc++", "-I", ROOT / "include"]
    compile_and_run(args, folder, *own, HERE / "core.cpp")
    compile_and_run(args, folder, *own, ROOT / "tests/dialects/chain.cpp")
    others = pathlib.Path(folder) / "others.cpp"
    others.write_text("".join(f"#include <millrace/{module}.hpp>\n" for module in ("tensor", "aggregate", "stats", "detect", "model"))
                      + "int main() { return 0; }\n")
    compile_and_run(args, folder, *own, others)
    known = run(args.compiler, "-std=c++20", "-stdlib=libc++", "-dM", "-E", "-x", "c++", "-include", "version", "/dev/null")
    if "__cpp_lib_atomic_ref" in known:
        compile_and_run(args, folder, *own, FIRST_PROGRAM)
        compile_and_run(args, folder, "-stdlib=libc++", "-I", ROOT / "single_include", HERE / "single_header.cpp", HERE / "second_unit.cpp")


def vcpkg_port(args, folder):
    """Runs ports/millrace/portfile.cmake with stand-ins for vcpkg's functions, and consumes what it installs."""
    import vcpkg_port as port
    prefix = port.install(args, folder, run, Failure)
    consumer = Consumer(args, folder)
    consumer.build((HERE / "find_package/CMakeLists.txt").read_text(), "core.cpp", f"-DCMAKE_PREFIX_PATH={prefix}",
                   *NOTHING_INSTALLED)


# Conan's own index may be out of reach, so the third parties are stood for by packages that point to the system's.
STAND_IN = """from conan import ConanFile
class StandIn(ConanFile):
    name, version, package_type = {name!r}, {version!r}, "header-library"
    options = {{option: [True, False] for option in {options!r}}}
    default_options = {{option: False for option in {options!r}}}
    def package_id(self): self.info.clear()
    def package_info(self):
        info = self.cpp_info.components[{component!r}] if {component!r} else self.cpp_info
        info.set_property("cmake_target_name", {target!r})
        info.includedirs, info.libdirs, info.bindirs = {folders!r}, [], []
        info.system_libs, info.defines = {libraries!r}, {defines!r}
"""
# The header of Debian's cpp-httplib needs the macros that its library was built with.
DEFINES = {"cpp-httplib": [f"CPPHTTPLIB_{name}_SUPPORT" for name in ("OPENSSL", "ZLIB", "BROTLI")]}
STAND_INS = [("eigen", "3.4.0", "Eigen3::Eigen", ["/usr/include/eigen3"], []), ("zlib", "1.3.1", "ZLIB::ZLIB", [], ["z"]),
             ("libcurl", "8.9.1", "CURL::libcurl", [], ["curl"]),
             ("cpp-httplib", "0.18.3", "httplib::httplib", [], ["cpp-httplib", "ssl", "crypto"]),
             ("librdkafka", "2.8.0", "RdKafka::rdkafka", [], ["rdkafka"]),
             ("openmpi", "4.1.6", "MPI::MPI_CXX", [str(path) for path in pathlib.Path("/usr/lib").glob("*/openmpi/include")], ["mpi"]),
             ("hiredis", "1.2.0", "hiredis::hiredis", [], ["hiredis"]),
             ("openssl", "3.0.22", "OpenSSL::Crypto", [], ["crypto"]),
             ("sqlite3", "3.46.1", "SQLite::SQLite3", [], ["sqlite3"]), ("xtensor", "0.25.0", "xtensor", [], []),
             ("yaml-cpp", "0.8.0", "yaml-cpp::yaml-cpp", [], ["yaml-cpp"])]


def conan(args, folder):
    """The README's `conan create`, whose options are off, so that it needs the recipe alone; then with each on; and with
    the standard of a detected profile, refused."""
    folder = pathlib.Path(folder)
    environment = {**os.environ, "CONAN_HOME": str(folder / "home"), "CXX": args.compiler}
    conf = ["-c", f"tools.cmake.cmake_layout:test_folder={folder}", "-c", "tools.cmake.cmaketoolchain:user_presets="]

    advised = re.search(r"`conan create \. ([^`]+)`", (ROOT / "README.md").read_text())[1].split()

    def create(*options, fails_with=None):
        return run(args.conan, "create", ROOT, "--test-folder", HERE / "conan", *conf, *options, "--no-remote", env=environment,
                   cwd=folder, fails_with=fails_with)

    run(args.conan, "profile", "detect", env=environment)
    version = re.search(r'STRING "([^"]+)"', (ROOT / "include/millrace/core/version.hpp").read_text())[1]
    said = create(*advised)
    if f"millrace {version} says 12" not in said:
        raise Failure(f"the program did not run:\n{said}")
    create("-s", "compiler.cppstd=gnu17", fails_with="Current cppstd (gnu17) is lower than the required C++ standard (20)")
    create(*advised, "-o", "millrace/*:millrace=True", fails_with="Package 'eigen/3.4.0' not resolved")
    for name, number, target, folders, libraries in STAND_INS:
        recipe = folder / name / "conanfile.py"
        recipe.parent.mkdir()
        recipe.write_text(STAND_IN.format(name=name, version=number, target=target, folders=folders,
                                          libraries=libraries, defines=DEFINES.get(name, []),
                                          options=["with_openssl"] if name == "cpp-httplib" else [],
                                          component={"openssl": "crypto", "librdkafka": "rdkafka"}.get(name, "")))
        run(args.conan, "create", recipe.parent, "--no-remote", env=environment, cwd=folder)
    for component in COMPONENTS[1:]:
        create(*advised, "-o", f"millrace/*:{component}=True")


def main():
    parser = argparse.ArgumentParser()
    ways = {way.__name__: way for way in (add_subdirectory, find_package, include_folder, single_header, vcpkg_port, conan, libcxx, module)}
    parser.add_argument("way", choices=ways)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--generator", default="Ninja")
    parser.add_argument("--conan", default="conan")
    parser.add_argument("--no-module", help="why the build has no millrace::module, if it has none")
    parser.add_argument("--passed", help="what passed is kept here, and not done again while nothing of it changes")
    args = parser.parse_args()
    looked_at = [path for path in sources(Tree()) if path.relative_to(ROOT).parts[0] not in NOT_CONSUMED
                 and path.relative_to(ROOT).parts[:2] not in (("tests", part) for part in ("unit", "golden", "fuzz", "compile_fail"))]
    record = Passed(args.passed, [args.way, version(args.compiler), version(args.cmake), args.no_module, *looked_at])
    if record.holds(args.way):
        print("unchanged since it passed")
        return 0
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        try:
            ways[args.way](args, folder)
        except Failure as failure:
            print(failure, file=sys.stderr)
            return 1
    record.keep(args.way, looked_at)
    record.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
