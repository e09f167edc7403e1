// expect: millrace\[METRICS-1\]
#include <millrace/middleware/metrics.hpp>

#include <string>

namespace mr = millrace;

inline constexpr mr::field<"title", std::string> title;
inline constexpr mr::field<"loss", double> loss;

#ifdef MILLRACE_MISUSE
using gauges = mr::metrics<title>;
#else
using gauges = mr::metrics<loss>;
#endif

int main() {
  mr::observe::metrics_registry registry;
  gauges shown(registry);
  return shown.summary().fields.empty() ? 0 : 1;
}
