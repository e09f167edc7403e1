// Two jobs that must not run at once, a file that several processes change, a secret that is replaced while the program
// runs, and one place where all of them say what goes wrong.
#include <millrace/observe/diagnostics.hpp>
#include <millrace/resilience/locks.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/line_log.hpp>
#include <millrace/store/secret_file.hpp>

#include <chrono>
#include <cstdio>
#include <string>

namespace mr = millrace;
namespace mo = millrace::observe;
namespace res = millrace::resilience;
using namespace std::chrono_literals;

namespace {

int fail(const mr::error& why) {
  std::fprintf(stderr, "%s\n", why.describe().c_str());
  return 1;
}

// [job]
mr::result<void> train_alone(mr::diagnostics_ref diagnostics) {
  const res::file_lock lock("models.lock", {.purpose = "nightly training", .diagnostics = diagnostics});
  const auto held = lock.lock(30s);  // waits; try_lock does not
  if (!held) return held.error();    // cannot lock "models.lock" within 30000 ms: it is held by pid 4711 on ...

  const auto second = lock.try_lock();
  std::printf("a second job: %s\n", second ? "runs" : mr::to_string(second.error().code()).data());
  return held->confirm();  // the file is still at its path: nobody else came by another one
}
// [/job]

// [update]
mr::result<void> add_canary(const std::string& model) {
  res::versioned_file routes("routes.txt");
  const auto done = res::update_with_retry(routes, [&](const std::string& now) { return now + model + " 5 %\n"; });
  return done ? mr::result<void>() : done.error();
}
// [/update]

// [secret]
mr::result<void> sign_in(mr::diagnostics_ref diagnostics) {
  const auto token = mr::store::secret_file::open("token", {.check_every = 10s, .diagnostics = diagnostics});
  if (!token) return token.error();  // names the path, and nothing of the content
  const auto now = token->get();     // as the file is now; it stays while `now` does
  std::printf("a token of %zu bytes\n", now->expose().size());
  // std::printf("%s", to_json(*now)) does not compile: millrace[SECRET-1]
  return {};
}
// [/secret]

}  // namespace

int main() {
  if (auto made = mr::store::write_file("token", std::string_view("s3cret\n")); !made) return fail(made.error());
  if (auto made = mr::store::write_file("routes.txt", std::string_view("fraud-7 95 %\n")); !made)
    return fail(made.error());

  // [diagnostics]
  auto file = mo::diagnostics_file::open("diagnostics.jsonl", {.max_bytes = 10'000'000, .max_age = 24h, .keep = 7});
  if (!file) return fail(file.error());
  mo::repeat_limiter calm(*file, 60s);  // the same message once a minute, and then how often
  mo::stderr_diagnostics shout(mr::severity::critical);
  mo::diagnostics_fan_out told(calm, shout);

  mr::store::line_log_options options;
  options.diagnostics = told;  // is told when the disk refuses, and when it takes lines again
  auto log = mr::store::line_log::open("events.log", options);
  // [/diagnostics]
  if (!log) return fail(log.error());
  log->append("begun");
  if (auto done = train_alone(told); !done) return fail(done.error());
  if (auto done = add_canary("fraud-8"); !done) return fail(done.error());
  if (auto done = sign_in(told); !done) return fail(done.error());
  std::printf("%s", mr::store::read_file("routes.txt").value_or(std::string()).c_str());
  if (auto done = log->close(); !done) return fail(done.error());
  return 0;
}
