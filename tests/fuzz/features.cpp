// Any bytes load as features that work, or return an error.
#include <millrace/feature.hpp>

#include <support/envelope.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace {

namespace mf = millrace::feature;

struct event {
  double number = 0;
  std::string text;
  std::optional<int> maybe;
  std::chrono::sys_seconds at;
};

auto all() {
  return mf::features<event>(
      mf::standardize<"z">(&event::number, mf::missing(mf::flag(0))), mf::min_max<"range">(&event::maybe),
      mf::impute<"imputed">(&event::number), mf::clip<"clipped">(&event::number, mf::range{0, 1}),
      mf::bucket<"few">(&event::number, mf::edges{1, 2}),
      mf::bucket<"many">(&event::number, mf::quantile_buckets<40>()), mf::categorical<"code">(&event::text),
      mf::one_hot<"hot", "a", "b">(&event::text, mf::unknown(mf::flag)), mf::temporal<"at", mf::month>(&event::at));
}

void use(std::span<const std::byte> bytes) {
  const auto loaded = all().load(bytes);
  if (!loaded) return;
  support::stop_unless_reloaded(*loaded, [](std::span<const std::byte> saved) { return all().load(saved); });
  const std::vector<event> events{{1.5, "a", 3, {}},
                                  {std::numeric_limits<double>::infinity(), "", {}, {}},
                                  {-1e308, "c", -4, std::chrono::sys_seconds::min()}};
  std::vector<float> out(events.size() * loaded->width);
  if ((*loaded)(events, out).has_value() != loaded->fitted()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  // The bytes as payload, so that they get past the checks of the envelope; behind the schema, too.
  static const std::vector<std::byte> envelope = all().save();
  use(support::with_payload(envelope, std::as_bytes(std::span(data, size))));
  const std::string schema = decltype(all())::schema();
  std::vector<std::byte> payload;
  for (unsigned i = 0; i < 8; ++i) payload.push_back(static_cast<std::byte>(schema.size() >> (8 * i)));
  for (const char c : schema) payload.push_back(static_cast<std::byte>(c));
  for (std::size_t i = 0; i < size; ++i) payload.push_back(static_cast<std::byte>(data[i]));
  use(support::with_payload(envelope, payload));
  return 0;
}
