import os

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

    def components(self):
        options = self.dependencies["millrace"].options
        return ["core"] + [name for name in ("millrace", "curl", "http", "openssl", "sqlite", "xtensor") if options.get_safe(name)]

    def generate(self):
        toolchain = CMakeToolchain(self)
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
