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

/// Combinations of middlewares that most chains want. A chain uses one like a single middleware:
///
///     auto training = mr::chain(...).use(mr::profiles::production{registry, "audit.jsonl"});
///
/// Afterwards the chain finds each by its name: `training.get<"audit_log">()`. The registry must outlive the chain.
namespace profiles {

/// For development, everything: profiler, audit log echoed to stdout, strict validation echoed to stderr, metrics, and
/// compression without zlib.
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

/// For tests: strict validation and metrics; writes no file.
struct testing {
  observe::metrics_registry& registry;

  template <class Chain>
  auto add_to(Chain chain) && {
    return std::move(chain).use(validation<strict>{}).use(metrics{registry});
  }
};

/// For production, the least that it needs: audit log, lenient validation, which lets events pass but lists the issues
/// and counts them in the registry as `millrace_validation_issues_total`, and metrics.
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
