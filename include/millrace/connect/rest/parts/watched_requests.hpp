#ifndef MILLRACE_CONNECT_REST_PARTS_WATCHED_REQUESTS_HPP
#define MILLRACE_CONNECT_REST_PARTS_WATCHED_REQUESTS_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/watching.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// Shows in a metrics registry what an API does: `millrace_http_requests_total` by route and by class of status (`2xx`,
/// `4xx`), and `millrace_http_request_seconds` by route. A path that is no route is `none`. A watcher of an `api`.
/// Complexity: a walk over the routes that were seen. Allocates: for a route that is seen the first time.
/// Threads: any number. The registry outlives it.
class watched_requests {
 public:
  explicit watched_requests(observe::metrics_registry& metrics) : self_(new state{metrics}) {}

  void handled(const handled_request& told) const {
    const std::string_view path = told.about == nullptr ? std::string_view("none") : told.path;
    const std::string_view method =
        told.about == nullptr ? std::string_view("none") : std::string_view(told.request.method);
    const millrace::detail::lock_guard locked(self_->mutex);
    const series& one = find(path, method);
    const auto kind = static_cast<std::size_t>(told.status < 100 || told.status > 599 ? 5 : told.status / 100) - 1;
    one.counts[kind].add();
    one.time.update(told.nanoseconds);
  }

 private:
  struct series {
    std::string_view path;
    std::string method;
    observe::counter counts[5];
    observe::timer time;
  };
  struct state {
    observe::metrics_registry& metrics;
    millrace::detail::mutex mutex = {};
    std::vector<series> all = {};
  };

  const series& find(std::string_view path, std::string_view method) const {
    for (const series& each : self_->all)
      if (each.path == path && each.method == method) return each;
    series made{path, std::string(method), {}, {}};
    constexpr std::string_view classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    for (std::size_t i = 0; i < 5; ++i)
      if (auto one =
              self_->metrics.counter({"millrace_http_requests_total", "Requests that the API has handled.", {}, false},
                                     {{"route", path}, {"method", method}, {"status", classes[i]}}))
        made.counts[i] = *one;
    if (auto one = self_->metrics.timer({"millrace_http_request_seconds", "How long requests took.", {}, false},
                                        {{"route", path}, {"method", method}}))
      made.time = *one;
    self_->all.push_back(std::move(made));
    return self_->all.back();
  }

  millrace::detail::owning_pointer<state> self_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_WATCHED_REQUESTS_HPP
