#include <examples/lifecycle/model/model_files.hpp>

#include <examples/lifecycle/data/payments.hpp>
#include <examples/lifecycle/data/read_table.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/atomic_file.hpp>

#include <numeric>
#include <string>
#include <vector>

using namespace lifecycle;

namespace {

table payments() {
  reading how;
  how.target = std::string(payments_target);
  auto made = read_table("payments", make_payments(3000, 5), how);
  REQUIRE(made);
  return *std::move(made);
}

trained_model model_of(const table& from) {
  std::vector<std::size_t> rows(from.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  encoder encoding = encoder::fit(from, rows);
  network net = make_network(encoding.width(), {});
  return {std::move(encoding), std::move(net), from.target.name, from.target.positive, from.target.negative, 0.25};
}

void write(const std::string& path, const std::string& content) { REQUIRE(mr::store::write_file(path, content)); }

}  // namespace

TEST_CASE("a saved model answers every row as it did before") {
  const support::temp_dir folder;
  const table from = payments();
  const trained_model before = model_of(from);
  write((folder / "model.bin"), network_bytes(before.net));
  write((folder / "encoder.json"), encoder_json(before));
  const auto after = load_model(folder.path().string());
  REQUIRE(after);
  CHECK(after->target == "fraud");
  CHECK(after->positive == "yes");
  CHECK(after->threshold == 0.25);
  std::vector<std::size_t> rows(from.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const auto bound_before = before.encoding.bind(from);
  const auto bound_after = after->encoding.bind(from);
  REQUIRE(bound_before);
  REQUIRE(bound_after);
  CHECK(encode_rows(*bound_before, rows) == encode_rows(*bound_after, rows));
  CHECK(answer(before.net, encode_rows(*bound_before, rows)) == answer(after->net, encode_rows(*bound_after, rows)));
}

TEST_CASE("names and categories of any characters come back") {
  const support::temp_dir folder;
  column_encoding one;
  one.name = "a \"quoted\"\n, column\t\x01 \xc3\xa9";
  one.type = column_type::category;
  one.rare = {"\n", "rare"};
  one.kept = {"", "\\", "</script>", "\xe2\x82\xac", std::string("zero\0byte", 9)};
  column_encoding amount;
  amount.name = "amount";
  amount.written = {',', '.', "\xe2\x82\xac", date_order::none};
  column_encoding day;
  day.name = "day";
  day.written.dates = date_order::day_first;
  encoder encoding({one, amount, day});
  trained_model before{encoding, make_network(encoding.width(), {}), "t", "p", "n", 0.5};
  write((folder / "model.bin"), network_bytes(before.net));
  write((folder / "encoder.json"), encoder_json(before));
  const auto after = load_model(folder.path().string());
  REQUIRE(after);
  CHECK(after->encoding.columns()[0].name == one.name);
  CHECK(after->encoding.columns()[0].kept == one.kept);
  CHECK(after->encoding.columns()[0].rare == one.rare);
  CHECK(after->encoding.columns()[0].knows_rare);
  CHECK(after->encoding.columns()[1].written == amount.written);
  CHECK(after->encoding.columns()[2].written == day.written);
}

TEST_CASE("files that are damaged or do not belong together are refused by name") {
  const support::temp_dir folder;
  const trained_model good = model_of(payments());
  const std::string net = network_bytes(good.net);
  const std::string encoding = encoder_json(good);
  const auto load = [&](const std::string& bin, const std::string& json) {
    write((folder / "model.bin"), bin);
    write((folder / "encoder.json"), json);
    return load_model(folder.path().string());
  };
  REQUIRE(load(net, encoding));
  for (const std::string& json : {std::string(), std::string("{"), std::string("[]"), std::string("null"),
                                  encoding.substr(0, encoding.size() / 2), std::string("{\"format\":\"other\"}"),
                                  std::string("{\"format\":\"millrace lifecycle encoder\",\"version\":1}")}) {
    const auto refused = load(net, json);
    REQUIRE(!refused);
    CHECK(refused.error().code() == mr::errc::corrupt);
    CHECK(refused.error().message().find("encoder.json") != std::string::npos);
  }
  const auto replaced = [&](const std::string& what, const std::string& by) {
    std::string changed = encoding;
    const std::size_t at = changed.find(what);
    REQUIRE(at != std::string::npos);
    return changed.replace(at, what.size(), by);
  };
  CHECK(!load(net, replaced("\"deviation\":", "\"deviation\":-")));
  CHECK(!load(net, replaced("\"knots\":[", "\"knots\":[1e300,")));
  CHECK(!load(net, replaced("\"kept\":[", "\"kept\":[\"one more\",")));  // a number more than the network takes
  CHECK(!load(net, replaced("\"kept\":[", "\"kept\":[7,")));
  CHECK(!load(net.substr(0, net.size() - 1), encoding));
  CHECK(!load("", encoding));
  CHECK(!load_model((folder / "nowhere")));
}

TEST_CASE("a description that an earlier version wrote is read: plain numbers, and rare categories not known") {
  const support::temp_dir folder;
  const std::string old =
      "{\"format\":\"millrace lifecycle encoder\",\"version\":1,\"target\":\"t\",\"positive\":\"p\","
      "\"negative\":\"n\",\"threshold\":0.5,\"width\":3,\"columns\":[{\"name\":\"x\",\"type\":\"number\","
      "\"flags_missing\":false,\"logarithm\":false,\"median\":1,\"mean\":1,\"deviation\":2,\"knots\":[]},"
      "{\"name\":\"c\",\"type\":\"category\",\"flags_missing\":false,\"kept\":[\"a\"]}]}";
  write((folder / "model.bin"), network_bytes(make_network(3, {})));
  write((folder / "encoder.json"), old);
  const auto made = load_model(folder.path().string());
  REQUIRE(made);
  CHECK(made->encoding.columns()[0].written.plain());
  CHECK(!made->encoding.columns()[1].knows_rare);
}
