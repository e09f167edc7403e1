// Any bytes load as an isolation forest that works, or return an error.
#include <millrace/model/trees/isolation_forest.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

void use(std::span<const std::byte> bytes) {
  auto loaded = mr::model::isolation_forest::load(bytes);
  if (!loaded) return;
  support::stop_unless_reloaded(*loaded);
  if (loaded->inputs() > 1000) return;
  std::vector<float> rows(loaded->inputs() * 20);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i * 7919 % 101) / 25 - 2;
  rows[0] = std::numeric_limits<float>::quiet_NaN();
  const mr::model::matrix_view view(rows, loaded->inputs());
  std::vector<double> scores(20);
  loaded->predict(view, scores);
  for (std::size_t i = 0; i < 20; ++i)
    if (scores[i] != (*loaded)(view.row(i)) || !(scores[i] >= -1 && scores[i] < 0)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  return 0;
}
