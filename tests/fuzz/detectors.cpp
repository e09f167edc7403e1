// Any bytes load as a detector that works, or answer an error.
#include <millrace/detect.hpp>

#include <support/envelope.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

template <class D, class Step>
void use(std::span<const std::byte> bytes, Step step) {
  auto loaded = D::load(bytes);
  if (!loaded) return;
  support::stop_unless_reloaded(*loaded);
  for (int i = 0; i < 200; ++i) step(*loaded, (i * 7 % 11) / 10.0);
  (void)loaded->save();
  loaded->reset();
}

void use_all(std::span<const std::byte> bytes) {
  const auto step = [](auto& d, double x) { d.update(x); };
  use<mr::detect::cusum<>>(bytes, step);
  use<mr::detect::page_hinkley<>>(bytes, step);
  use<mr::detect::ewma_chart<>>(bytes, step);
  use<mr::detect::adwin<>>(bytes, step);
  use<mr::detect::ddm<>>(bytes, step);
  use<mr::detect::eddm<>>(bytes, step);
  use<mr::detect::hddm_a<>>(bytes, step);
  use<mr::detect::hddm_w<>>(bytes, step);
  use<mr::detect::kswin<>>(bytes, step);
  use<mr::detect::bocpd<mr::detect::arl<1'000>, 16>>(bytes, step);
  use<mr::detect::z_score<>>(bytes, step);
  use<mr::detect::ewma_bands<>>(bytes, step);
  use<mr::detect::quantile_bands<mr::detect::arl<100>>>(bytes, step);
  use<mr::detect::robust_z<mr::detect::arl<10'000>, 32>>(bytes, step);
  use<mr::detect::iqr_fence<mr::detect::arl<10'000>, 32>>(bytes, step);
  use<mr::detect::seasonal<24>>(bytes, step);
  use<mr::detect::half_space_trees<2, mr::detect::arl<100>, 3, 4, 25>>(bytes, [](auto& d, double x) {
    const double row[2] = {x, 1 - x};
    d.update(row);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use_all);
  return 0;
}
