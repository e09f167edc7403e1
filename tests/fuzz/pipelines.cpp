// Any bytes load as a pipeline that answers and saves what loads again, or return an error.
#include <millrace/model/calibration.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>

#include <support/envelope.hpp>
#include <support/payments.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mf = millrace::feature;
namespace mm = millrace::model;

auto recipe() {
  return mm::pipeline_of(support::payment_features(), mm::trained_by<mm::ridge>(), mm::calibrated_by<mm::isotonic>());
}

void use(std::span<const std::byte> bytes) {
  const auto loaded = recipe().load(bytes);
  if (!loaded) return;
  support::stop_unless_reloaded(*loaded, [](std::span<const std::byte> saved) { return recipe().load(saved); });
  (void)(*loaded)({3, "FR", 20});
  (void)loaded->explain({1e300, "", {}});
}
void use_listed(std::span<const std::byte> bytes) {
  const auto loaded = mm::table_pipeline<mm::ridge>::load(bytes);
  if (!loaded) return;
  support::stop_unless_reloaded(*loaded);
  const std::vector<mf::named_cell> cells{{"amount", 3}, {"country", "FR"}};
  std::vector<float> row(loaded->width());
  double out = 0;
  (void)(*loaded)(cells, row, std::span(&out, 1));
}
/// A pipeline of listed features, as bytes.
std::vector<std::byte> listed() {
  mf::table past;
  if (!past.add({.name = "amount", .numbers = {1, 2, 3, 5, 8}}) ||
      !past.add({.name = "y", .numbers = {0, 1, 0, 1, 1}}) ||
      !past.add({.name = "country", .kind = mf::column_kind::text, .codes = {0, 1, 0, 0, 1}, .texts = {"DE", "FR"}}))
    std::abort();
  return mm::table_pipeline<mm::ridge>::fit(
             {{.name = "amount", .type = "standardize"}, {.name = "country", .type = "one_hot"}}, past, "y",
             mm::trained_by<mm::ridge>())
      .value()
      .save();
}
void use_decision(std::span<const std::byte> bytes) {
  const auto loaded = mm::decision_record::load(bytes);
  if (!loaded) return;
  std::vector<std::byte> again;
  mm::save_decision(loaded->view(), again);
  const auto same = mm::decision_record::load(again);
  if (!same || to_json(same->view()) != to_json(loaded->view())) std::abort();
}
/// A decision, as bytes.
std::vector<std::byte> decided() {
  const std::vector<mf::named_cell> cells{{"amount", 3}, {"country", "FR"}, {"age", {}}};
  const mm::explanation why{.score = 1, .base = 0.5, .reasons = {{"amount", 0.5}}, .rest = 0, .refused = {}};
  mm::decision made;
  made.inputs = cells;
  made.why = &why;
  std::vector<std::byte> bytes;
  mm::save_decision(made, bytes);
  return bytes;
}
/// Sound bytes of which some are changed: at a place (two bytes) by a byte.
std::vector<std::byte> changed(std::vector<std::byte> bytes, const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 0; i + 2 < size; i += 3)
    bytes[(data[i] + 256U * data[i + 1]) % bytes.size()] ^= std::byte{data[i + 2]};
  support::reseal(bytes);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  static const auto envelope = recipe().fit(support::make_payments(60), &support::payment::is_fraud).value().save();
  use(support::with_payload(envelope, std::as_bytes(std::span(data, size))));
  use(changed(envelope, data, size));
  static const auto other = listed();
  use_listed(changed(other, data, size));
  static const auto decision = decided();
  use_decision(support::with_payload(decision, std::as_bytes(std::span(data, size))));
  use_decision(changed(decision, data, size));
  return 0;
}
