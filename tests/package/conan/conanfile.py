import os
import pathlib
import re

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class MillraceTestConan(ConanFile):
    """Builds and runs a program for each component that the package was made with."""

    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def all_components(self):
        text = (pathlib.Path(self.recipe_folder).parents[2] / "cmake/components.cmake").read_text()
        return re.search(r"MILLRACE_ALL_COMPONENTS ([^)]*)", text)[1].split()

    def components(self):
        options = self.dependencies["millrace"].options
        return [name for name in self.all_components() if name == "core" or options.get_safe(name)]

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.variables["ALL_COMPONENTS"] = ";".join(self.all_components())
        toolchain.variables["COMPONENTS"] = ";".join(self.components())
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            for component in self.components():
                self.run(os.path.join(self.cpp.build.bindir, f"app_{component}"), env="conanrun")
