#ifndef MILLRACE_CORE_VERSION_HPP
#define MILLRACE_CORE_VERSION_HPP

#include <millrace/core/config.hpp>

#define MILLRACE_VERSION_MAJOR 0
#define MILLRACE_VERSION_MINOR 1
#define MILLRACE_VERSION_PATCH 0
#define MILLRACE_VERSION_STRING "0.1.0"

namespace millrace {
inline namespace v0 {

/// The library's semantic version. CMake, Conan and vcpkg read the macros above.
struct version {
  int major_number = MILLRACE_VERSION_MAJOR;
  int minor_number = MILLRACE_VERSION_MINOR;
  int patch_number = MILLRACE_VERSION_PATCH;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_VERSION_HPP
