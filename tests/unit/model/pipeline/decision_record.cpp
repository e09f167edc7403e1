#include <millrace/model/pipeline/decision_record.hpp>

#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;
namespace mr = millrace;

TEST_CASE("a saved decision is read again, and moves with its views") {
  const auto bytes = support::golden("model/decision_record.bin");
  auto loaded = mm::decision_record::load(bytes);
  REQUIRE(loaded);
  CHECK(loaded->save() == bytes);
  const mm::decision_record kept(*std::move(loaded));
  const mm::decision made = kept.view();
  CHECK(made.id == "case 17");
  CHECK(made.time == 1'764'000'000'123'456'789);
  CHECK(made.version == 3);
  REQUIRE(made.inputs.size() == 5);
  CHECK(made.inputs[0].value.number() == 12.5);
  CHECK(made.inputs[1].value.what() == mf::cell::form::missing);
  CHECK(made.inputs[2].name == "country");
  CHECK(made.inputs[2].value.text() == "FR");
  CHECK(made.inputs[3].value.nanoseconds() == -5);
  CHECK(made.features.size() == 4);
  CHECK(made.outputs.front() == 0.1);
  CHECK_FALSE(made.refused);
  REQUIRE(made.why != nullptr);
  CHECK(made.why->reasons[1].feature == "amount");
  std::vector<std::byte> again;
  mm::save_decision(made, again);
  CHECK(again == bytes);
}

TEST_CASE("damaged decisions are an error, and resealed ones too, or a decision that is saved as it is") {
  const auto bytes = support::golden("model/decision_record.bin");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(mm::decision_record::load(std::span(bytes).first(size)));
  std::size_t loads = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto other = bytes;
      other[i] ^= std::byte(1 << bit);
      CHECK_FALSE(mm::decision_record::load(other));
      support::reseal(other);
      const auto loaded = mm::decision_record::load(other);
      if (!loaded) continue;
      ++loads;
      std::vector<std::byte> again;
      mm::save_decision(loaded->view(), again);
      CHECK(again == other);
      CHECK_FALSE(to_json(loaded->view()).empty());
    }
  CHECK(loads > bytes.size());
  // A count that the bytes cannot hold takes nothing.
  std::vector<std::byte> empty;
  mm::save_decision({}, empty);
  auto huge = empty;
  const std::size_t inputs = 16 + 15 + 8 + 8 + 8 + 8 + 32;
  for (std::size_t i = 0; i < 8; ++i) huge[inputs + i] = std::byte{0x7f};
  support::reseal(huge);
  CHECK(mm::decision_record::load(huge).error().code() == mr::errc::corrupt);
}
