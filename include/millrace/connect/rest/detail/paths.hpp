#ifndef MILLRACE_CONNECT_REST_DETAIL_PATHS_HPP
#define MILLRACE_CONNECT_REST_DETAIL_PATHS_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/store/http.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

constexpr bool is_name(std::string_view part) noexcept { return part.size() > 2 && part.front() == '{'; }

/// Cuts the first part off a path, which begins with a slash.
constexpr std::string_view cut_part(std::string_view& path) noexcept {
  path.remove_prefix(1);
  const std::string_view part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return part;
}

/// Whether the paths of two routes are of the same requests.
constexpr bool same_shape(std::string_view left, std::string_view right) noexcept {
  while (!left.empty() && !right.empty()) {
    const std::string_view one = cut_part(left), other = cut_part(right);
    if (one != other && !(is_name(one) && is_name(other))) return false;
  }
  return left.empty() && right.empty();
}

/// Whether a path, with its escapes, is one of a route. What stands for names is appended to `named`, with its escapes:
/// it is decoded part by part, so that an escaped slash parts nothing. It is not empty.
inline bool matches(std::string_view pattern, std::string_view path,
                    std::vector<std::pair<std::string_view, std::string_view>>& named) {
  named.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = cut_part(pattern), given = cut_part(path);
    if (is_name(wanted)) {
      if (given.empty()) return false;
      named.emplace_back(wanted.substr(1, wanted.size() - 2), given);
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_PATHS_HPP
