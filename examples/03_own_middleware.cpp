// A middleware of your own needs no base class and no macro. This one runs an event again if a service was unavailable.
#include <millrace/chain.hpp>

#include <cstdio>

namespace mr = millrace;

inline constexpr mr::field<"attempts", int> attempts;

struct retry {
  int limit = 3;
  int retries = 0;

  mr::result<void> around(const auto& event, auto&, auto& next) {
    mr::result<void> outcome = next();
    for (int i = 1; i < limit && !outcome && outcome.error().code() == mr::errc::unavailable; ++i) {
      std::printf("%.*s again: %s\n", static_cast<int>(event.name.size()), event.name.data(),
                  outcome.error().message().c_str());
      ++retries;
      outcome = next();
    }
    return outcome;
  }
};

struct fetch {
  using reads = mr::fields<attempts>;
  using writes = mr::fields<attempts>;
  mr::result<void> operator()(auto& ctx) const {
    if (++ctx[attempts] < 3) return mr::error(mr::errc::unavailable, "the feature store is busy");
    return {};
  }
};

int main() {
  auto chain = mr::chain(fetch{}).use(retry{});
  auto ctx = chain.context(attempts = 0);
  const auto done = chain(ctx);
  std::printf("%s after %d retries\n", done ? "fetched" : "failed", chain.get<retry>().retries);
  return done && ctx[attempts] == 3 ? 0 : 1;
}
