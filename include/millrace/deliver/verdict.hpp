#ifndef MILLRACE_DELIVER_VERDICT_HPP
#define MILLRACE_DELIVER_VERDICT_HPP

#include <millrace/deliver/fwd.hpp>

#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What the evidence says about a candidate. Without data it is `hold`.
enum class verdict : std::uint8_t { hold, promote, rollback };

constexpr std::string_view name(verdict which) noexcept {
  return which == verdict::promote ? "promote" : which == verdict::rollback ? "rollback" : "hold";
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_VERDICT_HPP
