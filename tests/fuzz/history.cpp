// Any bytes load as a history that works, or return an error.
#include <millrace/aggregate.hpp>
#include <millrace/feature/series/history.hpp>

#include <support/envelope.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace {

namespace mf = millrace::feature;
using namespace std::chrono_literals;

struct swipe {
  std::string card;
  double amount = 0;
  std::chrono::sys_seconds at;
};

auto empty_history() {
  return mf::make_history<swipe>(&swipe::card, &swipe::at, mf::window<"spent", millrace::sum, 60s>(&swipe::amount),
                                 mf::window<"count", millrace::count, 60s, millrace::duration{}, 30s>(&swipe::amount),
                                 mf::window<"median", millrace::median, 60s, 10s>(&swipe::amount),
                                 mf::rolling<"mean_3", millrace::mean, 3>(&swipe::amount),
                                 mf::lag<"two_before", 2>(&swipe::amount), mf::difference<"change">(&swipe::amount),
                                 mf::elapsed<"since">());
}

void use(std::span<const std::byte> bytes) {
  auto loaded = empty_history().load(bytes);
  if (!loaded) return;
  const auto again = empty_history().load(loaded->save());
  if (!again || again->save() != loaded->save()) std::abort();
  float row[7];
  for (const long long at : {-7'000'000'000LL, 0LL, 50LL, 1'000'000LL, 7'000'000'000LL})
    for (const char* card : {"A", "B", ""}) {
      const swipe one{card, 3, std::chrono::sys_seconds(std::chrono::seconds(at))};
      loaded->read(one, row);
      (*loaded)(one, row);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  static const std::vector<std::byte> envelope = [] {
    auto made = empty_history();
    made.keep(3, millrace::seconds(100));
    for (int i = 0; i < 9; ++i)
      made.remember({i % 3 == 0 ? "A" : "B", i * 1.5, std::chrono::sys_seconds(std::chrono::seconds(7 * i))});
    return made.save();
  }();
  use(support::with_payload(envelope, std::as_bytes(std::span(data, size))));
  // What is saved, with some of its bytes taken from the input.
  std::vector<std::byte> hurt = envelope;
  for (std::size_t i = 0; i + 2 < size; i += 3)
    hurt[(data[i] | std::size_t{data[i + 1]} << 8) % hurt.size()] = static_cast<std::byte>(data[i + 2]);
  support::reseal(hurt);
  use(hurt);
  return 0;
}
