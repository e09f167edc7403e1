#include <millrace/feature/series/as_of_join.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;

namespace {

constexpr std::int64_t no_time = mf::column::no_time;
constexpr std::uint32_t no_text = mf::column::no_text;

mf::table made(std::vector<mf::column> columns) {
  mf::table all;
  for (mf::column& one : columns) REQUIRE(all.add(std::move(one)));
  return all;
}
mf::column times(const char* name, std::vector<std::int64_t> of) {
  return {.name = name, .kind = mf::column_kind::time, .times = std::move(of)};
}
mf::column keys(std::vector<std::uint32_t> codes, std::vector<std::string> texts) {
  return {.name = "account", .kind = mf::column_kind::category, .codes = std::move(codes), .texts = std::move(texts)};
}
const mf::as_of_columns by{.asked_at = "at", .happened_at = "valid", .known_at = "created", .key = "account"};

std::vector<double> joined(const mf::table& asked, const mf::table& facts, const mf::as_of_columns& how) {
  const auto done = mf::as_of_join(asked, facts, how);
  REQUIRE(done);
  REQUIRE(done->find("balance") != nullptr);
  return done->find("balance")->numbers;
}

}  // namespace

TEST_CASE("a row is joined to what had happened and was known at its time, and to nothing later") {
  const auto asked = made({times("at", {5, 10, 12, 20, 30})});
  const auto facts =
      made({times("valid", {1, 8, 11}), times("created", {2, 25, 11}), {.name = "balance", .numbers = {100, 50, 70}}});
  mf::as_of_columns how = by;
  how.key.clear();
  const auto found = joined(asked, facts, how);
  CHECK(found == std::vector<double>{100, 100, 70, 70, 70});  // what held at 8 was written down at 25: too late
  how.known_at.clear();
  CHECK(mf::as_of_join(asked, facts, how)->find("balance")->numbers == std::vector<double>{100, 50, 70, 70, 70});
}

TEST_CASE("a correction counts from when it was written down on") {
  const auto asked = made({times("at", {10, 15, 20})});
  const auto facts = made({times("valid", {5, 5}), times("created", {6, 15}), {.name = "balance", .numbers = {1, 2}}});
  mf::as_of_columns how = by;
  how.key.clear();
  CHECK(joined(asked, facts, how) == std::vector<double>{1, 2, 2});
}

TEST_CASE("of equal facts the later row counts, and a fact of the very moment counts") {
  const auto asked = made({times("at", {5})});
  const auto facts = made({times("valid", {5, 5}), times("created", {5, 5}), {.name = "balance", .numbers = {1, 2}}});
  mf::as_of_columns how = by;
  how.key.clear();
  CHECK(joined(asked, facts, how) == std::vector<double>{2});
}

TEST_CASE("keys are told apart by their texts, whatever their codes are") {
  const auto asked = made({times("at", {9, 9, 9, 9, no_time}), keys({0, 1, 2, no_text, 0}, {"A", "B", "C"})});
  const auto facts = made({times("valid", {1, 2, 3, no_time}),
                           times("created", {1, 2, 3, 4}),
                           keys({0, 1, no_text, 1}, {"B", "A"}),
                           {.name = "balance", .numbers = {10, 20, 30, 40}}});
  const auto found = joined(asked, facts, by);
  CHECK(found[0] == 20);
  CHECK(found[1] == 10);
  for (const std::size_t i : {2U, 3U, 4U}) CHECK(std::isnan(found[i]));
}

TEST_CASE("a fact older than the tolerance is none, and an older one does not take its place") {
  const auto asked = made({times("at", {10, 15, 16})});
  const auto facts = made({times("valid", {3, 5}), times("created", {3, 5}), {.name = "balance", .numbers = {1, 2}}});
  mf::as_of_columns how = by;
  how.key.clear();
  how.tolerance = mr::duration(10);
  const auto found = joined(asked, facts, how);
  CHECK(found[0] == 2);
  CHECK(found[1] == 2);
  CHECK(std::isnan(found[2]));
}

TEST_CASE("columns of every kind are joined behind those asked for, under a prefix") {
  auto asked = made({times("at", {9, 0})});
  asked.set_lines({3, 7});
  const auto facts = made({times("valid", {1}),
                           {.name = "grade", .kind = mf::column_kind::category, .codes = {0}, .texts = {"good"}},
                           times("seen", {7}),
                           {.name = "paid", .numbers = {2}, .written = {.unit = "EUR"}}});
  const auto done = mf::as_of_join(asked, facts, {.asked_at = "at", .happened_at = "valid", .prefix = "f_"});
  REQUIRE(done);
  REQUIRE(done->size() == 4);
  CHECK((*done)[3].written.unit == "EUR");
  CHECK(done->line(1) == 7);
  CHECK((*done)[1].name == "f_grade");
  CHECK((*done)[1].text(0) == "good");
  CHECK((*done)[1].missing(1));
  CHECK((*done)[2].times == std::vector<std::int64_t>{7, no_time});
}

TEST_CASE("the join agrees with a search of all facts for each row") {
  std::mt19937 draw(3);
  const auto some = [&](std::size_t n, unsigned below) {
    std::vector<std::int64_t> all(n);
    for (auto& x : all) x = static_cast<std::int64_t>(draw() % below);
    return all;
  };
  const auto codes = [&](std::size_t n) {
    std::vector<std::uint32_t> all(n);
    for (auto& x : all) x = static_cast<std::uint32_t>(draw() % 4);
    return all;
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<double> balance(80);
    for (std::size_t i = 0; i < 80; ++i) balance[i] = static_cast<double>(i);
    const auto asked = made({times("at", some(60, 50)), keys(codes(60), {"A", "B", "C", "D"})});
    const auto facts = made({times("valid", some(80, 50)),
                             times("created", some(80, 60)),
                             keys(codes(80), {"C", "E", "A", "B"}),
                             {.name = "balance", .numbers = balance}});
    mf::as_of_columns how = by;
    how.tolerance = mr::duration(20);
    const auto found = joined(asked, facts, how);
    for (std::size_t i = 0; i < 60; ++i) {
      const std::int64_t now = asked[0].times[i];
      std::size_t best = 80;
      for (std::size_t j = 0; j < 80; ++j) {
        const auto& valid = facts[0].times;
        const auto& created = facts[1].times;
        if (facts[2].text(j) != asked[1].text(i) || valid[j] > now || created[j] > now) continue;
        if (best == 80 || valid[j] > valid[best] || (valid[j] == valid[best] && created[j] >= created[best])) best = j;
      }
      if (best < 80 && facts[0].times[best] < now - 20) best = 80;
      CHECK((best == 80 ? std::isnan(found[i]) : found[i] == balance[best]));
    }
  }
}

TEST_CASE("columns that are not there, of another kind or named twice are errors") {
  const auto asked = made({times("at", {9}), {.name = "balance", .numbers = {1}}});
  const auto facts = made({times("valid", {1}), {.name = "balance", .numbers = {1}}});
  CHECK(mf::as_of_join(asked, facts, {.asked_at = "on", .happened_at = "valid"}).error().describe() ==
        "as_of_join: the rows asked for have no column of times called \"on\"");
  CHECK(mf::as_of_join(asked, facts, {.asked_at = "at", .happened_at = "balance"}).error().code() ==
        mr::errc::type_mismatch);
  CHECK(mf::as_of_join(asked, facts, {.asked_at = "at", .happened_at = "valid", .key = "account"}).error().code() ==
        mr::errc::not_found);
  CHECK(mf::as_of_join(asked, facts, {.asked_at = "at", .happened_at = "valid"}).error().code() ==
        mr::errc::invalid_argument);
  CHECK(mf::as_of_join(asked, facts,
                       {.asked_at = "at", .happened_at = "valid", .tolerance = mr::duration(-1), .prefix = "f"})
            .error()
            .code() == mr::errc::invalid_argument);
}
