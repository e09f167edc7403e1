// An audit log with Merkle proofs, for a second implementation to verify, and what verify_audit_log says of files.
//
// usage: audit_log write FILE    appends sessions to it, two with proofs and one without between them
//        audit_log verify FILE...    a line of each: `sound LINES HEADS`, or `bad FIRST LAST WHY`
#include <millrace/chain.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/middleware/merkle_proofs.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"step", int> step;
inline constexpr mr::field<"loss", double> loss;

struct learn {
  using reads = mr::fields<step>;
  using writes = mr::fields<loss>;
  void operator()(auto& ctx) { ctx[loss] = 1.0 / ctx[step]; }
};

template <class Log>
mr::result<void> write_session(const std::string& path, int events, std::string id) {
  auto log = Log::open(path, {.session_id = std::move(id)});
  if (!log) return std::move(log).error();
  {
    auto chain = mr::chain(learn{}).use(mr::borrow(*log));
    auto ctx = chain.context(step = 1);
    for (int i = 1; i <= events; ++i) {
      ctx[step] = i;
      if (auto done = chain(ctx); !done) return std::move(done).error();
    }
  }
  return log->close();
}

mr::result<void> write(const std::string& path) {
  if (auto done = write_session<mr::audit_log<mr::merkle_proofs>>(path, 20, "first"); !done) return done;
  if (auto done = write_session<mr::audit_log<>>(path, 3, "plain"); !done) return done;
  return write_session<mr::audit_log<mr::merkle_proofs>>(path, 50, "a \"quoted\" one");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  if (std::string_view(arguments[1]) == "write") {
    const auto done = write(arguments[2]);
    if (!done) std::fprintf(stderr, "%s\n", done.error().describe().c_str());
    return done ? 0 : 1;
  }
  for (int i = 2; i < count; ++i) {
    const auto report = mr::verify_audit_log(arguments[i]);
    if (!report)
      std::printf("error %s\n", report.error().describe().c_str());
    else if (*report)
      std::printf("sound %llu %zu\n", static_cast<unsigned long long>(report->lines), report->heads.size());
    else
      std::printf("bad %llu %llu %s\n", static_cast<unsigned long long>(report->first_line),
                  static_cast<unsigned long long>(report->last_line), report->what.c_str());
  }
  return 0;
}
