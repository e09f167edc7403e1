#ifndef MILLRACE_MODEL_DETAIL_FIRST_FAILURE_HPP
#define MILLRACE_MODEL_DETAIL_FIRST_FAILURE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The lowest number among jobs that failed. Jobs above it need not be done, and those below are, so that on any number
/// of threads the same failure is found that one thread finds first.
class first_failure {
 public:
  bool is_before(std::size_t job) const noexcept { return lowest_.load_relaxed() < job; }
  void update(std::size_t job) noexcept {
    for (std::size_t known = lowest_.load_relaxed(); job < known && !lowest_.replace_relaxed(known, job);) {
    }
  }

 private:
  light_atomic<std::size_t> lowest_{static_cast<std::size_t>(-1)};
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_FIRST_FAILURE_HPP
