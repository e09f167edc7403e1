// Any bytes load as a reference or a table that compares, or answer an error.
#include <millrace/detect/features/table_drift.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

void use(std::span<const std::byte> bytes) {
  const std::vector<double> sample{-1, 0, 0, 2.5, 1e300};
  if (auto loaded = mr::detect::drift_reference::load(bytes)) {
    support::stop_unless_reloaded(*loaded);
    if (auto found = loaded->compare(sample); !found || !(found->ks >= 0 && found->ks <= 1)) std::abort();
  }
  if (auto loaded = mr::detect::table_drift<mr::stats::holm>::load(bytes)) {
    if (mr::detect::table_drift<mr::stats::holm>::load(loaded->save())->size() != loaded->size()) std::abort();
    const std::vector<mr::detect::value_window> windows(loaded->size(), *mr::detect::value_window::make(sample));
    (void)loaded->compare(windows);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  return 0;
}
