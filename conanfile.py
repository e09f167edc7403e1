import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.scm import Version

required_conan_version = ">=2.4"


class MillraceConan(ConanFile):
    """The components are the CMake targets: core always, millrace, curl, http, openssl, sqlite and xtensor as the options say."""

    name = "millrace"
    license = "MIT"
    description = "Event chains, middleware and statistics for models that run in a C++ process"
    topics = ("machine-learning", "middleware", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"millrace": [True, False], "curl": [True, False], "http": [True, False], "openssl": [True, False], "sqlite": [True, False], "xtensor": [True, False]}
    default_options = {"millrace": False, "curl": False, "http": False, "openssl": False, "sqlite": False, "xtensor": False}
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include/millrace/core/version.hpp"))
        self.version = re.search(r'MILLRACE_VERSION_STRING "([^"]+)"', header)[1]

    def export(self):
        copy(self, "include/millrace/core/version.hpp", self.recipe_folder, self.export_folder)

    def requirements(self):
        if self.options.millrace:
            self.requires("eigen/3.4.0")
            self.requires("zlib/[>=1.2.11 <2]")
        if self.options.curl:
            self.requires("libcurl/[>=7.85 <9]")
        if self.options.http:
            self.requires("cpp-httplib/[>=0.11 <1]")
        if self.options.openssl:
            self.requires("openssl/[>=3 <4]")
        if self.options.sqlite:
            self.requires("sqlite3/[>=3.38 <4]")
        if self.options.xtensor:
            self.requires("xtensor/[>=0.24 <0.26]")

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
        needs = {"core": []}
        if self.options.millrace:
            needs["millrace"] = ["core", "eigen::eigen", "zlib::zlib"]
        if self.options.curl:
            needs["curl"] = ["core", "libcurl::libcurl"]
        if self.options.http:
            needs["http"] = ["core", "cpp-httplib::cpp-httplib"]
        if self.options.openssl:
            needs["openssl"] = ["core", "openssl::crypto"]
        if self.options.sqlite:
            needs["sqlite"] = ["core", "sqlite3::sqlite3"]
        if self.options.xtensor:
            needs["xtensor"] = ["core", "xtensor::xtensor"]
        for component, required in needs.items():
            info = self.cpp_info.components[component]
            info.set_property("cmake_target_name", f"millrace::{component}")
            info.requires = required
            info.bindirs = []
            info.libdirs = []
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.components["core"].system_libs = ["pthread"]
