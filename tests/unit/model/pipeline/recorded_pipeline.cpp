#include <millrace/model/pipeline/recorded_pipeline.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/infer/serving/batcher.hpp>
#include <millrace/infer/serving/swappable.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/payments.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
namespace mi = millrace::infer;
namespace mm = millrace::model;
namespace mr = millrace;

namespace {

using fraud_pipeline = mm::table_pipeline<mm::boosted_trees<>, mm::platt>;
using plain_pipeline = mm::table_pipeline<mm::boosted_trees<>>;

const std::vector<mf::specification> list{{.name = "amount", .type = "standardize", .rules = {mf::missing(mf::refuse)}},
                                          {.name = "country",
                                           .type = "one_hot",
                                           .parameters = {{"categories", {"DE", "FR", "US"}}},
                                           .rules = {mf::unknown(mf::flag)}},
                                          {.name = "age", .type = "impute"}};

mf::table past_payments() {
  mf::column amount{.name = "amount"};
  mf::column country{.name = "country", .kind = mf::column_kind::category, .texts = {"DE", "FR", "US"}};
  mf::column age{.name = "age"};
  mf::column fraud{.name = "is_fraud"};
  for (const support::payment& one : support::make_payments(400)) {
    amount.numbers.push_back(one.amount);
    country.codes.push_back(one.country == "DE" ? 0 : one.country == "FR" ? 1 : 2);
    age.numbers.push_back(one.age ? *one.age : std::nan(""));
    fraud.numbers.push_back(one.is_fraud ? 1 : 0);
  }
  mf::table made;
  for (mf::column* one : {&amount, &country, &age, &fraud}) REQUIRE(made.add(std::move(*one)));
  return made;
}
fraud_pipeline fitted() {
  return fraud_pipeline::fit(list, past_payments(), "is_fraud", mm::trained_by<mm::boosted_trees<>>({.rounds = 15}),
                             mm::calibrated_by<mm::platt>())
      .value();
}
plain_pipeline plain(int rounds) {
  return plain_pipeline::fit(list, past_payments(), "is_fraud",
                             mm::trained_by<mm::boosted_trees<>>({.rounds = static_cast<std::size_t>(rounds)}))
      .value();
}

/// Any row: numbers of any size, NaN, infinities, cells that are missing, not there, of an unknown category or of
/// another kind, in any order.
std::vector<mf::named_cell> any_row(mr::random_engine& random) {
  const double numbers[] = {std::nan(""), std::numeric_limits<double>::infinity(), -0.0, 1e300, 5e-324};
  const auto number = [&]() -> mf::cell {
    const auto kind = random.below(12);
    if (kind < std::size(numbers)) return numbers[kind];
    if (kind == 5) return {};
    if (kind == 6) return "a text";
    return 1000 * random.normal();
  };
  const char* const countries[] = {"DE", "FR", "US", "BR", "", "\xff"};
  std::vector<mf::named_cell> made;
  if (random.below(8) != 0) made.push_back({"amount", number()});
  if (random.below(8) != 0) {
    const auto kind = random.below(std::size(countries) + 2);
    made.push_back({"country", kind < std::size(countries)    ? mf::cell(countries[kind])
                               : kind == std::size(countries) ? mf::cell(7)
                                                              : mf::cell()});
  }
  if (random.below(8) != 0) made.push_back({"age", number()});
  if (random.below(4) == 0) made.push_back({"of no use", 3});
  if (made.size() > 1 && random.below(2) == 0) std::swap(made.front(), made.back());
  return made;
}

struct saved_bytes {
  std::vector<std::byte> bytes;
  mm::decision_record read(const mm::decision& made) {
    mm::save_decision(made, bytes);
    return mm::decision_record::load(bytes).value();
  }
};

}  // namespace

TEST_CASE("every decision is made again, to the bit, from its bytes and the model's file") {
  const auto fraud = fitted();
  const mm::recorded_pipeline recorded(fraud, "fraud", 3);
  const auto from_file = fraud_pipeline::load(fraud.save());
  REQUIRE(from_file);
  const mm::recorded_pipeline later(*from_file, "fraud", 3);
  CHECK(later.hash() == recorded.hash());
  mr::random_engine random(7);
  std::vector<float> row(fraud.width());
  std::vector<double> out(1);
  saved_bytes kept;
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto cells = any_row(random);
    const mm::decision made = recorded.decide(cells, row, out);
    refused += made.refused ? 1 : 0;
    const mm::decision_record record = kept.read(made);
    const auto same = later.replay(record.view());
    if (!same) FAIL(same.error().describe() << ", of " << to_json(made));
    CHECK(record.view().version == 3);
    CHECK(std::isnan(record.view().score()) == static_cast<bool>(made.refused));
  }
  CHECK(refused > 300);
  CHECK(refused < 2700);
}

TEST_CASE("a decision is recorded and made again in a few lines") {
  const mr::result<fraud_pipeline> fraud = fitted();
  const auto model_file = fraud->save();
  const std::vector<mf::named_cell> cells{{"amount", 420.0}, {"country", "FR"}, {"age", 33}};
  std::string log;
  // [recorded]
  const mm::recorded_pipeline recorded(*fraud, "fraud", 3);  // hashes the model, once
  std::vector<float> row(fraud->width());
  double probability = 0;
  std::vector<std::byte> bytes;  // which are used again and again

  mm::decision made = recorded.decide(cells, row, std::span(&probability, 1));  // one event, as it comes
  made.id = "case 17";
  const mm::explanation why = fraud->explain(cells);  // where reasons are wanted
  made.why = &why;
  mm::save_decision(made, bytes);
  log += to_json(made) + '\n';

  const auto kept = mm::decision_record::load(bytes);  // in a dispute, years later
  const auto then = fraud_pipeline::load(model_file);  // by the hash in the record
  if (!kept || !then) throw std::runtime_error("damaged files");
  const mm::recorded_pipeline again(*then, "fraud", 3);
  if (auto same = again.replay(kept->view()); !same)  // names the first feature or output that is not the same
    throw std::runtime_error(same.error().describe());
  // [/recorded]
  CHECK_THAT(log, ContainsSubstring("{\"id\":\"case 17\",") && ContainsSubstring("\"model\":\"fraud\",\"version\":3"));
}

TEST_CASE("a bit of a decision that was changed is found, and named") {
  const auto fraud = fitted();
  const mm::recorded_pipeline recorded(fraud, "fraud");
  const std::vector<mf::named_cell> cells{{"amount", 420.0}, {"country", "FR"}, {"age", 33}};
  std::vector<float> row(fraud.width());
  std::vector<double> out(1);
  const mm::decision made = recorded.decide(cells, row, out);
  REQUIRE(recorded.replay(made));
  const auto why_not = [&](const mm::decision& other) {
    const auto same = recorded.replay(other);
    REQUIRE_FALSE(same);
    CHECK(same.error().code() == mr::errc::invalid_data);
    return same.error().message();
  };
  for (std::size_t j = 0; j < row.size(); ++j)
    for (unsigned bit = 0; bit < 32; ++bit) {
      auto other_row = row;
      other_row[j] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(row[j]) ^ std::uint32_t{1} << bit);
      mm::decision other = made;
      other.features = other_row;
      CHECK_THAT(why_not(other),
                 ContainsSubstring("feature " + std::to_string(j) + " (\"" + fraud.features().name(j) + "\") was "));
    }
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::vector<double> other_out{
        std::bit_cast<double>(std::bit_cast<std::uint64_t>(out[0]) ^ std::uint64_t{1} << bit)};
    mm::decision other = made;
    other.outputs = other_out;
    CHECK_THAT(why_not(other), ContainsSubstring("decision: output 0 was "));
  }
  mm::decision other = made;
  other.model_hash.bytes[31] ^= 1;
  const auto of_another = recorded.replay(other);
  REQUIRE_FALSE(of_another);
  CHECK(of_another.error().code() == mr::errc::type_mismatch);
  CHECK_THAT(of_another.error().message(),
             ContainsSubstring(to_string(other.model_hash)) && ContainsSubstring(to_string(recorded.hash())));
  const std::vector<mf::named_cell> dearer{{"amount", 421.0}, {"country", "FR"}, {"age", 33}};
  other = made;
  other.inputs = dearer;
  CHECK_THAT(why_not(other), ContainsSubstring("feature 0 (\"amount\") was "));
  const std::vector<mf::named_cell> without{{"country", "FR"}, {"age", 33}};
  other.inputs = without;
  CHECK_THAT(why_not(other), ContainsSubstring("no feature refused it then, and feature \"amount\" refused it as "
                                               "missing now"));
  other = made;
  other.features = made.features.first(1);
  CHECK(recorded.replay(other).error().code() == mr::errc::shape_mismatch);
}

TEST_CASE("decisions take nothing from the heap but what their reasons take") {
  const auto fraud = fitted();
  const mm::recorded_pipeline recorded(fraud, "fraud");
  const std::vector<mf::named_cell> cells{{"amount", 420.0}, {"country", "FR"}, {"age", 33}};
  std::vector<float> row(fraud.width());
  std::vector<double> out(1);
  std::vector<std::byte> bytes;
  mm::save_decision(recorded.decide(cells, row, out), bytes);
  const auto taken = support::allocations_of([&] {
    mm::decision made = recorded.decide(cells, row, out);
    made.id = "a case whose name does not fit a small string";
    mm::save_decision(made, bytes);
    made.id = "";
    mm::save_decision(made, bytes);
  });
  if (support::counts_allocations) CHECK(taken <= 1);  // the name made it longer than ever before, once
  const mm::explanation why = fraud.explain(cells);
  mm::decision made = recorded.decide(cells, row, out);
  made.why = &why;
  saved_bytes kept;
  const mm::decision_record record = kept.read(made);
  REQUIRE(record.view().why != nullptr);
  CHECK(record.view().why->reasons.size() == why.reasons.size());
  CHECK(record.view().why->reasons[0].feature == why.reasons[0].feature);
  CHECK(record.view().why->reasons[0].amount == why.reasons[0].amount);
  CHECK(recorded.replay(record.view()));
}

TEST_CASE("a request that a batcher served is recorded with the version that served it") {
  const plain_pipeline first = plain(5);
  const plain_pipeline second = plain(9);
  const mm::recorded_pipeline of_first(first, "fraud", 1);
  const mm::recorded_pipeline of_second(second, "fraud", 2);
  mi::swappable live{first.model()};
  mi::batcher serve{live, mi::max_rows<16>};
  mr::random_engine random(11);
  std::vector<float> row(first.width());
  std::vector<double> out(1);
  saved_bytes kept;
  for (int i = 0; i < 400; ++i) {
    if (i == 200) REQUIRE(live.swap(second.model()));
    const auto cells = any_row(random);
    if (first.features()(cells, row)) continue;
    const mi::served one = serve(row, out);
    REQUIRE(one);
    const auto& by = one.version == 1 ? of_first : of_second;
    const auto& other = one.version == 1 ? of_second : of_first;
    const mm::decision_record record = kept.read(by.decision_of(cells, row, out));
    CHECK(record.view().version == (i < 200 ? 1U : 2U));
    CHECK(by.replay(record.view()));
    CHECK(other.replay(record.view()).error().code() == mr::errc::type_mismatch);
  }
}

TEST_CASE("decisions about typed events are made again from the event") {
  const auto past = support::make_payments(400);
  const auto fraud = mm::pipeline_of(support::payment_features(), mm::trained_by<mm::logistic_regression>(),
                                     mm::calibrated_by<mm::platt>())
                         .fit(past, &support::payment::is_fraud);
  REQUIRE(fraud);
  const mm::recorded_pipeline recorded(*fraud, "fraud");
  std::vector<float> row(fraud->width);
  std::vector<double> out(1);
  saved_bytes kept;
  auto events = support::make_payments(50, 9);
  events[3].amount = std::nan("");
  events[4].country = "BR";
  events[5].age = {};
  for (const support::payment& one : events) {
    const std::vector<mf::named_cell> cells{{"amount", one.amount}, {"country", one.country}};
    const mm::decision_record record = kept.read(recorded.decide(one, cells, row, out));
    CHECK(static_cast<bool>(record.view().refused) == std::isnan(one.amount));
    CHECK(recorded.replay(record.view(), one));
    support::payment other = one;
    other.amount += 1;
    CHECK(recorded.replay(record.view(), other).has_value() == std::isnan(one.amount));
  }
}
