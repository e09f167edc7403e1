#ifndef MILLRACE_TESTS_SUPPORT_DATABRICKS_HPP
#define MILLRACE_TESTS_SUPPORT_DATABRICKS_HPP

#include <millrace/connect/databricks/workspace.hpp>
#include <millrace/core/clock.hpp>

#include <support/databricks_fake.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace support {

inline millrace::connect::databricks::credentials fake_credentials(const std::string& token = databricks_fake::token) {
  return *millrace::connect::databricks::credentials::make("https://workspace.example",
                                                           millrace::store::secret<std::string>(std::string(token)));
}

/// A fake and a workspace on it, which waits by a time of its own.
struct faked_workspace {
  using retry = millrace::resilience::retry<millrace::resilience::retry_options, millrace::manual_clock,
                                            millrace::resilience::manual_sleeper>;
  using transport_type = millrace::store::handler_transport<databricks_fake>;

  std::uint64_t now = 0;
  databricks_fake fake;
  transport_type transport{fake};
  millrace::connect::databricks::workspace<transport_type, retry> workspace{
      transport, fake_credentials(),
      retry{millrace::resilience::retry_options{.attempts = 4,
                                                .base = millrace::duration(100'000'000),
                                                .cap = millrace::duration(60'000'000'000),
                                                .draw = millrace::resilience::jitter::none},
            millrace::manual_clock(now), millrace::resilience::manual_sleeper(now)}};

  faked_workspace() = default;
  faked_workspace(const faked_workspace&) = delete;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_DATABRICKS_HPP
