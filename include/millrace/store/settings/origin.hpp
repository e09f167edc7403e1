#ifndef MILLRACE_STORE_SETTINGS_ORIGIN_HPP
#define MILLRACE_STORE_SETTINGS_ORIGIN_HPP

#include <millrace/store/fwd.hpp>
#include <millrace/store/settings/settings_node.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where the value of a setting comes from.
struct setting_origin {
  std::string key = {};     ///< `inference.batch_size`, `models[2].name`.
  std::string source = {};  ///< The file, `environment GRESS_MODEL_PATH`, `code`; of what was found in none: `default`.
  setting_place at = {};    ///< Where in the file.
  std::string reference = {};  ///< Of a secret: `env:NAME` or `file:/path`.

  /// `service.yaml:12:7`, or the source.
  std::string text() const {
    if (!at) return source;
    return source + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
  }
};

/// The origins of all that was said; what is not among them has its default. The last one of a key counts.
class setting_origins {
 public:
  void add(setting_origin one) { all_.push_back(static_cast<setting_origin&&>(one)); }
  /// Null for what has its default. Complexity: linear.
  const setting_origin* find(std::string_view key) const noexcept {
    for (std::size_t i = all_.size(); i > 0; --i)
      if (all_[i - 1].key == key) return &all_[i - 1];
    return nullptr;
  }
  const std::vector<setting_origin>& all() const noexcept { return all_; }

 private:
  std::vector<setting_origin> all_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_ORIGIN_HPP
