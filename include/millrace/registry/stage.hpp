#ifndef MILLRACE_REGISTRY_STAGE_HPP
#define MILLRACE_REGISTRY_STAGE_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace registry {

/// Where a version of a model is in its life. The numbers and names are stable: registries hold the names.
enum class stage : std::uint8_t { development = 0, staging = 1, production = 2, archived = 3 };

inline constexpr std::size_t stages = 4;

/// The stage's stable name; empty for a number that is none.
constexpr std::string_view to_string(stage which) noexcept {
  constexpr std::string_view names[stages] = {"development", "staging", "production", "archived"};
  const auto at = static_cast<std::size_t>(which);
  return at < stages ? names[at] : std::string_view();
}

/// Reads a stage's name, letters of ASCII in either case; `none` is MLflow's name for development.
/// Errors: invalid_argument, with the text.
inline result<stage> parse_stage(std::string_view text) {
  std::string low(text.substr(0, 32));
  for (char& c : low)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  if (text.size() <= 32) {
    if (low == "none") return stage::development;
    for (std::size_t i = 0; i < stages; ++i)
      if (to_string(static_cast<stage>(i)) == low) return static_cast<stage>(i);
  }
  return error(
      errc::invalid_argument,
      detail::quoted_text(text) + " is no stage; there are development (or none), staging, production and archived");
}

/// One step that a version may go.
template <stage From, stage To>
struct edge {
  static_assert(millrace::detail::requirement<(From != To), edge>,
                "millrace[REGISTRY-2]: an edge leads from one stage to another; a version that stays needs none");
  static constexpr stage from = From;
  static constexpr stage to = To;
};

namespace detail {
template <class T>
inline constexpr bool is_edge = false;
template <stage From, stage To>
inline constexpr bool is_edge<edge<From, To>> = true;
}  // namespace detail

/// Which steps versions may go: a policy of a registry.
///
///     using strict = mr::registry::edges<mr::registry::edge<stage::development, stage::staging>, ...>;
template <class... Edges>
struct edges {
  static_assert((detail::is_edge<Edges> && ...),
                "millrace[REGISTRY-3]: edges are made of edge<from, to>, and of nothing else");

  static constexpr bool allows(stage from, stage to) noexcept {
    return ((Edges::from == from && Edges::to == to) || ...);
  }
};

/// The default: forward by way of staging, back by one, out by archiving, and back from there to staging. So nothing
/// gets into production that is not in staging first, but by `roll_back`, which takes what has been there.
using standard_edges = edges<edge<stage::development, stage::staging>, edge<stage::development, stage::archived>,
                             edge<stage::staging, stage::production>, edge<stage::staging, stage::development>,
                             edge<stage::staging, stage::archived>, edge<stage::production, stage::staging>,
                             edge<stage::production, stage::archived>, edge<stage::archived, stage::staging>>;

/// Every step, as MLflow's own registry allows them.
struct any_edge {
  static constexpr bool allows(stage from, stage to) noexcept { return from != to; }
};

/// Says which steps versions may go.
template <class Edges>
concept edge_policy = requires(stage one, stage other) {
  { Edges::allows(one, other) } noexcept -> std::same_as<bool>;
  typename std::integral_constant<bool, Edges::allows(stage::development, stage::staging)>;
};

/// The legal steps, for messages: `development to staging, staging to production`.
template <edge_policy Edges>
std::string describe_edges() {
  std::string text;
  for (std::size_t from = 0; from < stages; ++from)
    for (std::size_t to = 0; to < stages; ++to)
      if (Edges::allows(static_cast<stage>(from), static_cast<stage>(to)))
        text.append(text.empty() ? "" : ", ")
            .append(to_string(static_cast<stage>(from)))
            .append(" to ")
            .append(to_string(static_cast<stage>(to)));
  return text;
}

/// Whether a version may go from one stage to another, for a stage that a request names.
/// Errors: conflict: it is there already; invalid_argument: no such edge, with those that there are.
template <edge_policy Edges>
result<void> check_edge(stage from, stage to) {
  if (to_string(to).empty()) return error(errc::invalid_argument, "a stage of this number is none");
  if (from == to) return error(errc::conflict, "the version is in " + std::string(to_string(to)) + " already");
  if (Edges::allows(from, to)) return {};
  return error(errc::invalid_argument, "no version goes from " + std::string(to_string(from)) + " to " +
                                           std::string(to_string(to)) + "; there are " + describe_edges<Edges>());
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_STAGE_HPP
