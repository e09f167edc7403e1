// Any bytes load as a history in words that works, or return an error.
#include <millrace/feature/specification/table_history.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace mf = millrace::feature;

std::vector<mf::named_cell> row_at(std::int64_t seconds, const char* card) {
  return {{"amount", 3}, {"card", card}, {"at", mf::cell::at_nanoseconds(seconds * 1'000'000'000)}};
}

void use(std::span<const std::byte> bytes) {
  auto loaded = mf::table_history::load(bytes);
  if (!loaded) return;
  const auto again = mf::table_history::load(loaded->save());
  if (!again || again->save() != loaded->save()) std::abort();
  if (loaded->width() > 100) return;
  std::vector<float> row(loaded->width());
  for (const std::int64_t at : {-7'000'000'000LL, 0LL, 50LL, 1'000'000LL, 7'000'000'000LL})
    for (const char* card : {"A", "B", ""}) {
      (void)loaded->read(row_at(at, card), row);
      (void)(*loaded)(row_at(at, card), row);
    }
}

mf::specification windowed(std::string name, const char* measure, const char* lateness) {
  return {.name = std::move(name),
          .type = "aggregation",
          .sources = {"amount"},
          .parameters = {{"measure", measure},
                         {"key", "card"},
                         {"time", "at"},
                         {"window", "60s"},
                         {"lateness", lateness},
                         {"pane", measure[0] == 'm' ? "20s" : "30s"}}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  static const std::vector<std::byte> envelope = [] {
    const std::vector<mf::declared_column> columns{
        {"amount", mf::column_kind::number}, {"card", mf::column_kind::category}, {"at", mf::column_kind::time}};
    std::vector<mf::specification> list{windowed("sum", "sum", "0s"), windowed("max", "max", "9s"),
                                        windowed("median", "median", "30s")};
    list[0].parameters.pop_back();
    auto made = mf::table_history::make(list, columns);
    if (!made) std::abort();
    made->keep(3, millrace::seconds(100));
    for (int i = 0; i < 9; ++i) (void)made->remember(row_at(7 * i, i % 3 == 0 ? "A" : "B"));
    return made->save();
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
