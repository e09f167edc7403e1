import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.scm import Version

required_conan_version = ">=2.4"

# What each component beside core needs: its third parties, and their components.
NEEDS = {
    "millrace": {"eigen/3.4.0": "eigen::eigen", "zlib/[>=1.2.11 <2]": "zlib::zlib"},
    "curl": {"libcurl/[>=7.85 <9]": "libcurl::libcurl"},
    "http": {"cpp-httplib/[>=0.11 <1]": "cpp-httplib::cpp-httplib"},
    "kafka": {"librdkafka/[>=2.0 <3]": "librdkafka::rdkafka"},
    "mpi": {"openmpi/[>=4.1 <6]": "openmpi::openmpi"},
    "openssl": {"openssl/[>=3 <4]": "openssl::crypto"},
    "redis": {"hiredis/[>=0.14 <2]": "hiredis::hiredis"},
    "sqlite": {"sqlite3/[>=3.38 <4]": "sqlite3::sqlite3"},
    "xtensor": {"xtensor/[>=0.24 <0.26]": "xtensor::xtensor"},
    "yaml": {"yaml-cpp/[>=0.7 <1]": "yaml-cpp::yaml-cpp"},
}


class MillraceConan(ConanFile):
    """The components are the CMake targets: core always, the others as the options say."""

    name = "millrace"
    license = "MIT"
    description = "Event chains, middleware and statistics for models that run in a C++ process"
    topics = ("machine-learning", "middleware", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {component: [True, False] for component in NEEDS}
    # The library's classes differ with and without OpenSSL, and TLS is asked of it.
    default_options = {component: False for component in NEEDS} | {"cpp-httplib/*:with_openssl": True}
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include/millrace/core/version.hpp"))
        self.version = re.search(r'MILLRACE_VERSION_STRING "([^"]+)"', header)[1]

    def export(self):
        copy(self, "include/millrace/core/version.hpp", self.recipe_folder, self.export_folder)

    def needs(self):
        return {component: third_parties for component, third_parties in NEEDS.items() if self.options.get_safe(component)}

    def requirements(self):
        for third_parties in self.needs().values():
            for reference in third_parties:
                self.requires(reference)

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)
        floor = {"gcc": "12", "clang": "14"}.get(str(self.settings.compiler))
        if floor and Version(self.settings.compiler.version) < floor:
            raise ConanInvalidConfiguration(f"millrace needs {self.settings.compiler} {floor} or newer")

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "millrace")
        # Not millrace::millrace, which is a component and must be missing where the component is.
        self.cpp_info.set_property("cmake_target_name", "millrace::all_components")
        needs = {"core": []} | {component: ["core", *third_parties.values()] for component, third_parties in self.needs().items()}
        for component, required in needs.items():
            info = self.cpp_info.components[component]
            info.set_property("cmake_target_name", f"millrace::{component}")
            info.requires = required
            info.bindirs = []
            info.libdirs = []
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.components["core"].system_libs = ["pthread"]
