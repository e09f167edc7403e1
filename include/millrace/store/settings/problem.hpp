#ifndef MILLRACE_STORE_SETTINGS_PROBLEM_HPP
#define MILLRACE_STORE_SETTINGS_PROBLEM_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/settings/settings_node.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// One thing that is wrong with settings.
struct settings_problem {
  errc code = errc::invalid_data;
  std::string source = {};  ///< The file, `environment`, `code` or `default`.
  setting_place at = {};    ///< Where in the file.
  std::string key = {};     ///< `inference.batch_size`, `models[2].name`; empty: of the whole.
  std::string what = {};

  /// `service.yaml:12:7: inference.batch_size: 0 is below 1`.
  std::string text() const;
};

/// All that is wrong, in the order of the sources and of what stands in them.
class settings_problems {
 public:
  /// What comes beyond these is counted.
  static constexpr std::size_t max_kept = 100;

  void add(settings_problem one) {
    if (all_.size() < max_kept)
      all_.push_back(std::move(one));
    else
      ++more_;
  }
  bool is_full() const noexcept { return all_.size() >= max_kept; }
  bool empty() const noexcept { return all_.empty(); }
  const std::vector<settings_problem>& all() const noexcept { return all_; }
  /// One error with all of them, a line each. Its code is the first one's. Precondition: there is one.
  error as_error() const;

 private:
  std::vector<settings_problem> all_;
  std::size_t more_ = 0;
};

inline std::string settings_problem::text() const {
  std::string made = source;
  if (at) {
    detail::append_number(made += ':', at.line);
    detail::append_number(made += ':', at.column);
  }
  if (!made.empty()) made += ": ";
  if (!key.empty()) (made += key) += ": ";
  return made += what;
}

inline error settings_problems::as_error() const {
  std::string text;
  for (const settings_problem& each : all_) {
    if (!text.empty()) text += '\n';
    text += each.text();
  }
  if (more_ != 0) text += "\nand " + std::to_string(more_) + " more";
  return error(all_.front().code, std::move(text));
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_PROBLEM_HPP
