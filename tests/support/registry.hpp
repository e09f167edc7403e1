#ifndef MILLRACE_TESTS_SUPPORT_REGISTRY_HPP
#define MILLRACE_TESTS_SUPPORT_REGISTRY_HPP

#include <millrace/registry/model_registry.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace support {

/// The time of registries in tests.
inline std::uint64_t registry_now = 0;
inline std::uint64_t registry_clock() noexcept { return registry_now; }

/// Options of a registry whose clock is `registry_now`, which begins at a millisecond.
inline millrace::registry::model_registry_options at_a_millisecond() {
  registry_now = 1'000'000;
  return {.wall_clock = registry_clock, .artifacts = {.wall_clock = registry_clock}};
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Registers a version with a model file and a figure.
template <class Registry>
millrace::registry::model_version register_one(Registry& models, const std::string& name, double auc = .9) {
  const auto file =
      models.put_artifact("model.onnx", bytes_of(name + std::to_string(auc)), millrace::registry::artifact_type::onnx);
  REQUIRE(file);
  const auto made =
      models.register_version({.model = name, .metrics = {{"auc", auc}}, .artifacts = {*file}, .actor = "ada"});
  if (!made) FAIL(made.error().describe());
  return *made;
}

/// What a failed call says, once its code is checked.
template <class Result>
std::string failure(const Result& got, millrace::errc code) {
  if (got) return "no failure";
  CHECK(std::string(to_string(got.error().code())) == std::string(to_string(code)));
  return got.error().describe();
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_REGISTRY_HPP
