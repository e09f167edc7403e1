// expect: millrace\[VALIDATION-1\]
// expect: using fields
#include <millrace/middleware/validation.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"risk", double> risk;

struct positive {
#ifndef MILLRACE_MISUSE
  using fields = mr::fields<risk>;
#endif
  mr::result<void> operator()(const auto& ctx) const {
    if (ctx[risk] > 0) return {};
    return mr::error(mr::errc::out_of_range, "field \"risk\" is not positive");
  }
};

}  // namespace

int main() {
  const mr::validation checked{mr::strict{}, positive{}};
  return static_cast<int>(checked.error_count());
}
