// Any bytes load as features of tables that work, or return an error.
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/feature.hpp>

#include <support/envelope.hpp>
#include <support/feature_tables.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mf = millrace::feature;

const mf::table& rows() {
  static const mf::table made = support::table_of(support::random_orders(40, 1));
  return made;
}

void use(std::span<const std::byte> bytes) {
  auto loaded = mf::table_features::load(bytes);
  if (!loaded) return;
  support::stop_unless_reloaded(*loaded);
  if (loaded->width() > 1'000'000) return;
  if (loaded->names().size() != loaded->width()) std::abort();
  std::vector<float> out(rows().rows() * loaded->width());
  (void)(*loaded)(rows(), out);
  (void)loaded->fit(rows());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  static const std::vector<std::byte> envelope = [] {
    auto made = mf::table_features::make(support::all_specifications(), rows());
    if (!made || !made->fit(rows())) std::abort();
    return made->save();
  }();
  use(support::with_payload(envelope, std::as_bytes(std::span(data, size))));
  return 0;
}
