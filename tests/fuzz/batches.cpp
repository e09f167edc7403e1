// Any bytes are a plan of a batch summary, a saved one, or a batch request, or an error: what is taken works, merges
// with itself, and is saved as it was loaded; what is found is JSON, by nlohmann_json's judgement.
#include <millrace/feature/batch.hpp>
#include <millrace/feature/tables/json_rows.hpp>

#include <support/envelope.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mf = millrace::feature;

namespace {

const mf::table& events() {
  static const mf::table made = [] {
    auto read = mf::read_json_rows<mf::table>(
        R"([{"value":1,"user":"a","timestamp":"2024-12-07T06:13:00Z"},{"value":-2.5,"user":"b","timestamp":"2024-12-07T07:13:00Z"},)"
        R"({"value":null,"user":"a","timestamp":"2024-12-07T06:14:00Z"},{"value":1e300,"user":"c"}])");
    if (!read) std::abort();
    return *std::move(read);
  }();
  return made;
}

void use(mf::batch_summary& summary) {
  support::stop_unless_reloaded(summary);
  if (!nlohmann::json::accept(mf::to_json(summary.rows()))) std::abort();
  auto other = mf::batch_summary::load(summary.save());
  if (!other) std::abort();
  (void)other->update(events());
  support::stop_unless_reloaded(*other);
  if (summary.merge(*other)) support::stop_unless_reloaded(summary);
  if (!nlohmann::json::accept(mf::to_json(summary.rows()))) std::abort();
}
void load(std::span<const std::byte> bytes) {
  if (auto loaded = mf::batch_summary::load(bytes)) use(*loaded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      if (auto plan = mf::batch_plan_of(text)) {
        auto summary = mf::batch_summary::make(*std::move(plan));
        if (!summary) std::abort();
        use(*summary);
      }
      break;
    case 1: support::as_payload_of_each({"batch_summary"}, data + 1, size - 1, load); break;
    default:
      if (const auto found = mf::run_batch_request(text); found && !nlohmann::json::accept(mf::to_json(*found)))
        std::abort();
  }
  return 0;
}
