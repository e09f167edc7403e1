"""The vcpkg port without the vcpkg tool: its JSON is read, and its portfile run by `cmake -P` with stand-ins.

Checked: the fields that vcpkg requires, the version, that the features mirror the components, that every function
called exists in vcpkg, and what the portfile installs. Not checked, since only vcpkg and its registry can: that the
dependencies resolve, and vcpkg's own checks after the build.
"""
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT = ROOT / "ports/millrace"
# Component -> its packages, as cmake/components.cmake has them, in vcpkg's spelling.
SPELLING = {"Eigen3": "eigen3", "ZLIB": "zlib", "OpenSSL": "openssl", "CURL": "curl", "SQLite3": "sqlite3", "hiredis": "hiredis", "httplib": "cpp-httplib", "RdKafka": "librdkafka", "MPI": "mpi", "xtensor": "xtensor", "yaml-cpp": "yaml-cpp"}

STAND_INS = r"""
cmake_minimum_required(VERSION 3.25)
function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${BUILD} -G ${GENERATOR} ${arg_OPTIONS}
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
function(vcpkg_cmake_install)
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
# Moves the package's files to share/<port>, and the way back to the prefix with them.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  file(RENAME ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH} ${CURRENT_PACKAGES_DIR}/share/${PORT})
  file(GLOB files ${CURRENT_PACKAGES_DIR}/share/${PORT}/*.cmake)
  set(up "get_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\n")
  foreach(file IN LISTS files)
    file(READ ${file} text)
    string(REPLACE "${up}${up}${up}" "${up}${up}" text "${text}")
    file(WRITE ${file} "${text}")
  endforeach()
  file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/share/cmake)
endfunction()
function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  file(COPY_FILE ${arg_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright)
endfunction()
include(${CURRENT_PORT_DIR}/portfile.cmake)
"""


def read(path, failure):
    manifest = json.loads(path.read_text())
    version = re.search(r'STRING "([^"]+)"', (ROOT / "include/millrace/core/version.hpp").read_text())[1]
    if manifest.get("version") != version:
        raise failure(f"{path}: version {manifest.get('version')}, but version.hpp says {version}")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", manifest.get("name", "")):
        raise failure(f"{path}: vcpkg does not take the name {manifest.get('name')}")
    known = {"$comment", "name", "version", "description", "license", "supports", "dependencies", "features"}
    if set(manifest) - known:
        raise failure(f"{path}: fields that vcpkg does not know: {sorted(set(manifest) - known)}")
    for name, feature in manifest["features"].items():
        if set(feature) != {"description", "dependencies"}:
            raise failure(f"{path}: feature {name} wants a description and dependencies")
    return manifest


def install(args, folder, run, failure):
    read(ROOT / "vcpkg.json", failure)
    manifest = read(PORT / "vcpkg.json", failure)
    components = (ROOT / "cmake/components.cmake").read_text()
    for component in re.search(r"MILLRACE_ALL_COMPONENTS ([^)]*)", components)[1].split():
        packages = re.search(rf"MILLRACE_{component}_PACKAGES([^)]*)", components)[1].split()
        hoped = sorted(SPELLING[package] for package in packages if package != "Threads")
        found = [each if isinstance(each, str) else each["name"]
                 for each in manifest["features"].get(component, {}).get("dependencies", [])]
        if sorted(found) != hoped:
            raise failure(f"ports/millrace/vcpkg.json: {component} needs {hoped}, its feature names {found}")

    folder = pathlib.Path(folder)
    prefix = folder / "packages"
    script = folder / "run_portfile.cmake"
    script.write_text(STAND_INS)
    run(args.cmake, f"-DCURRENT_PORT_DIR={PORT}", f"-DCURRENT_PACKAGES_DIR={prefix}", "-DPORT=millrace",
        f"-DBUILD={folder / 'build'}", f"-DGENERATOR={args.generator}", f"-DCOMPILER={args.compiler}", "-P", script)
    shares = sorted(path.name for path in (prefix / "share").iterdir())
    if shares != ["millrace"] or sorted(path.name for path in prefix.iterdir()) != ["include", "share"]:
        raise failure(f"the port installs more than include/ and share/millrace: {sorted(prefix.iterdir())}, {shares}")
    if not (prefix / "share/millrace/copyright").read_text().startswith("MIT License"):
        raise failure("the port installs no licence")
    return prefix
