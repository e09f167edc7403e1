#ifndef MILLRACE_OBSERVE_HEALTH_HEALTH_RESULT_HPP
#define MILLRACE_OBSERVE_HEALTH_HEALTH_RESULT_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// How something is: it works; it works, but somebody should look; it does not work.
enum class health_status : std::uint8_t { healthy, degraded, unhealthy };

/// The status as a word: `degraded`.
constexpr std::string_view to_string(health_status status) noexcept {
  switch (status) {
    case health_status::healthy: return "healthy";
    case health_status::degraded: return "degraded";
    case health_status::unhealthy: return "unhealthy";
  }
  return "unknown";
}

/// The worse of two.
constexpr health_status worse(health_status a, health_status b) noexcept { return a < b ? b : a; }

/// A number that a check measured: `{"free", 1.5e9, "bytes"}`. A name is a word, without `:`.
struct health_measure {
  std::string name;
  double value = 0;
  std::string unit = {};
};

/// What a check found.
struct health_result {
  health_status status = health_status::healthy;
  std::string message = {};  // why it is not healthy; may be empty if it is
  std::vector<health_measure> measured = {};

  /// Makes the status at least as bad as `at_least`, and adds why to the message.
  void worsen(health_status at_least, std::string_view why) {
    status = worse(status, at_least);
    if (!message.empty()) message += "; ";
    message += why;
  }
};

/// A check: `name` is what reports call it, `examine` looks and says what it found. Of a check that a `health_monitor`
/// has, `examine` is called by one thread at a time, and may take its time and throw.
template <class C>
concept health_check = requires(C& one) {
  { one.name() } -> std::convertible_to<std::string_view>;
  { one.examine() } -> std::same_as<health_result>;
};

/// A check of one's own, made of a function that returns a health_result, or a result<void>, whose error is unhealthy:
///
///     mr::observe::function_check("queue", [&] { return queue.is_open() ? fine : mr::observe::health_result{...}; })
template <class F>
class function_check {
  using returned = std::invoke_result_t<F&>;
  static_assert(
      std::is_same_v<returned, health_result> || std::is_same_v<returned, result<void>>,
      "millrace[HEALTH-1]: a check is a name() and an examine() that returns a health_result; the function of a "
      "function_check returns that or a result<void>");

 public:
  function_check(std::string name, F examine) : name_(std::move(name)), examine_(std::move(examine)) {}
  const std::string& name() const noexcept { return name_; }
  health_result examine() {
    if constexpr (std::is_same_v<returned, health_result>) {
      return examine_();
    } else {
      const returned done = examine_();
      return done ? health_result{} : health_result{health_status::unhealthy, done.error().describe()};
    }
  }

 private:
  std::string name_;
  F examine_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_HEALTH_RESULT_HPP
