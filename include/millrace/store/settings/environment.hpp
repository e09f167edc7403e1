#ifndef MILLRACE_STORE_SETTINGS_ENVIRONMENT_HPP
#define MILLRACE_STORE_SETTINGS_ENVIRONMENT_HPP

#include <millrace/store/fwd.hpp>

#include <concepts>
#include <cstdlib>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where variables are looked up: `find(name)` returns the value, or null where there is none.
template <class S>
concept variable_source = requires(const S& source, const char* name) {
  { source.find(name) } -> std::same_as<const char*>;
};

/// The environment of this process. Threads: any number, while nobody changes it.
struct process_environment {
  const char* find(const char* name) const noexcept { return std::getenv(name); }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_ENVIRONMENT_HPP
