#ifndef MILLRACE_MIDDLEWARE_PROFILES_HPP
#define MILLRACE_MIDDLEWARE_PROFILES_HPP

#include <millrace/chain/outcome.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/middleware/compression.hpp>
#include <millrace/middleware/metrics.hpp>
#include <millrace/middleware/profiler.hpp>
#include <millrace/middleware/validation.hpp>
#include <millrace/tensor/codec.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {

/// The combinations that most chains want, to be used like one middleware:
///
///     auto training = mr::chain(...).use(mr::profiles::production{registry, "audit.jsonl"});
///
/// The parts are there by their names afterwards: `training.get<"audit_log">()`.
namespace profiles {

/// Everything on and everything said: profiler, audit log echoed to stdout, strict validation echoed
/// to stderr, metrics, and compression of what nobody uses any more, without zlib.
struct development {
  observe::metrics_registry& registry;
  std::string audit_path = "audit.jsonl";

  template <class Chain>
  auto add_to(Chain chain) && {
    return std::move(chain)
        .use(profiler{})
        .use(audit_log{std::move(audit_path), {.log = {.echo = stdout}}})
        .use(validation<strict>{}.echo(stderr))
        .use(metrics{registry})
        .use(basic_compression<tensor::huffman_deflate>{});
  }
};

/// What a test run needs: strict validation and metrics. Writes no file.
struct testing {
  observe::metrics_registry& registry;

  template <class Chain>
  auto add_to(Chain chain) && {
    return std::move(chain).use(validation<strict>{}).use(metrics{registry});
  }
};

/// The least that production needs: audit log, validation that lets pass what it finds, lists it and counts it in
/// the registry as `millrace_validation_issues_total`, and metrics.
struct production {
  observe::metrics_registry& registry;
  std::string audit_path = "audit.jsonl";

  template <class Chain>
  auto add_to(Chain chain) && {
    return std::move(chain)
        .use(audit_log{std::move(audit_path)})
        .use(validation<lenient>{}.count_in(registry))
        .use(metrics{registry});
  }
};

}  // namespace profiles
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_PROFILES_HPP
