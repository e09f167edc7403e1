// Any bytes load as a clustering that works, or return an error.
#include <millrace/model/cluster.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

template <class Model>
void ask(const Model& model) {
  support::stop_unless_reloaded(model);
  std::vector<float> row(model.inputs());
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i) - 3;
  if (model.nearest(row) >= model.clusters()) std::abort();
}

void use_all(std::span<const std::byte> bytes) {
  if (auto loaded = mr::model::k_means::load(bytes)) ask(*loaded);
  auto online = mr::model::mini_batch_k_means::load(bytes);
  if (!online) return;
  if (online->fitted()) ask(*online);
  if (online->inputs() > 64 || online->clusters() > 64) return;
  std::vector<float> rows(online->inputs() * 100);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i * 7919 % 101);
  if (!online->partial_fit(mr::model::matrix_view(rows, online->inputs()))) std::abort();
  ask(*online);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use_all);
  return 0;
}
