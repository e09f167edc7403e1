#ifndef MILLRACE_STORE_SETTINGS_SETTINGS_NODE_HPP
#define MILLRACE_STORE_SETTINGS_SETTINGS_NODE_HPP

#include <millrace/store/fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where something stands in a file of settings, counted from 1. A line of 0: in no file.
struct setting_place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  explicit operator bool() const noexcept { return line != 0; }
  friend bool operator==(const setting_place&, const setting_place&) noexcept = default;
};

/// What stands in a file of settings, whatever its format is: what a parser hands to `load_settings`.
/// A scalar is a text as it was written: what it means is for the setting to say, so `no` and `1.10` stay what they are
/// where a text is wanted.
struct settings_node {
  enum class kinds : std::uint8_t { none, scalar, list, names };

  kinds kind = kinds::none;
  bool is_quoted = false;                 ///< A scalar in quotes is a text, and no number, boolean or nothing.
  std::string text = {};                  ///< Of a scalar.
  std::string name = {};                  ///< Its key, in an object of names.
  setting_place name_at = {};             ///< Where the key stands.
  setting_place at = {};                  ///< Where the value begins.
  std::vector<settings_node> items = {};  ///< Of a list or of names, in the file's order.
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_SETTINGS_NODE_HPP
