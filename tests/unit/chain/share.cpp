#include <millrace/chain/share.hpp>

#include <millrace/chain/chain.hpp>
#include <support/catch.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"value", std::int64_t> value;
inline constexpr mr::field<"seen", std::int64_t> seen;

struct add_one {
  using reads = mr::fields<value>;
  using writes = mr::fields<value>;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const { ctx[value] += 1; }
};
struct copy_out {
  using reads = mr::fields<value>;
  using writes = mr::fields<seen>;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const { ctx[seen] = ctx[value]; }
};
struct counting {
  static constexpr bool thread_safe = true;
  std::atomic<int>* calls;
  void before(const auto&, auto&) { calls->fetch_add(1); }
};

}  // namespace

TEST_CASE("a shared chain runs on several threads, each with its own context") {
  std::atomic<int> calls{0};
  auto chain = mr::chain(add_one{}, copy_out{}).use(counting{&calls});
  const auto shared = mr::share(chain);
  std::vector<std::thread> threads;
  std::vector<std::int64_t> results(4);
  for (std::size_t t = 0; t < results.size(); ++t)
    threads.emplace_back([&, t] {
      auto ctx = chain.context(value = static_cast<std::int64_t>(t));
      for (int i = 0; i < 1000; ++i)
        if (!shared(ctx)) return;
      results[t] = ctx[seen];
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 0; t < results.size(); ++t) CHECK(results[t] == static_cast<std::int64_t>(t) + 1000);
  CHECK(calls == 8000);
}

TEST_CASE("a shared chain takes a context that nobody reads afterwards") {
  auto chain = mr::chain(add_one{});
  CHECK(mr::share(chain)(chain.context(value = 1)));
}
