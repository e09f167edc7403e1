#include <examples/lifecycle/model/model_files.hpp>

#include <examples/lifecycle/data/payments.hpp>
#include <examples/lifecycle/data/read_table.hpp>
#include <examples/lifecycle/families/network.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/atomic_file.hpp>

#include <memory>
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
  model_ptr net = std::make_unique<network_model>(make_network(encoding.width(), {}), task_kind::binary);
  return {std::move(encoding), std::move(net), task_of(from), from.target.name, from.target.classes, 0.25, {}};
}

void write(const std::string& path, const std::string& content) { REQUIRE(mr::store::write_file(path, content)); }

}  // namespace

TEST_CASE("a saved model answers every row as it did before") {
  const support::temp_dir folder;
  const table from = payments();
  const trained_model before = model_of(from);
  write((folder / "model.bin"), model_bytes(*before.model));
  write((folder / "encoder.json"), encoder_json(before));
  const auto after = load_model(folder.path().string());
  REQUIRE(after);
  CHECK(after->target == "fraud");
  CHECK(after->classes == std::vector<std::string>{"no", "yes"});
  CHECK(after->threshold == 0.25);
  std::vector<std::size_t> rows(from.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const auto bound_before = before.encoding.bind(from);
  const auto bound_after = after->encoding.bind(from);
  REQUIRE(bound_before);
  REQUIRE(bound_after);
  const feature_rows encoded = features_for(family::network, *bound_before, rows);
  CHECK(encoded.numbers == features_for(family::network, *bound_after, rows).numbers);
  CHECK(answers_of(*before.model, encoded, {}) == answers_of(*after->model, encoded, {}));
}

TEST_CASE("models of every family and task come back, say what they are, and answer as they did") {
  std::string text = "x,c,kind,amount\n";
  for (int i = 0; i < 120; ++i)
    text += std::to_string(i % 17) + (i % 2 == 0 ? ",a," : ",b,") + std::string(1, "pqr"[i % 3]) + "," +
            std::to_string(i % 17 * 3 + i % 2) + ".5\n";
  for (const char* target : {"c", "kind", "amount"}) {
    reading how;
    how.target = target;
    const auto data = read_table("t.csv", text, how);
    REQUIRE(data);
    std::vector<std::size_t> rows(data->rows());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    const encoder encoding = encoder::fit(*data, rows);
    const auto encode = encoding.bind(*data);
    REQUIRE(encode);
    const target_scale scale = target_scale::of(*data, rows);
    for (const family kind : {family::linear, family::boosted_trees, family::random_forest}) {
      CAPTURE(target, to_string(kind));
      const feature_rows features = features_for(kind, *encode, rows);
      const std::vector<float> lessons = lessons_of(*data, rows, scale);
      lesson from{task_of(*data), features.view(), lessons, {}, 1};
      if (reads_plain_columns(kind)) from.categories = encoding.categories();
      auto fitted = kind == family::linear          ? fit_linear(from)
                    : kind == family::boosted_trees ? fit_boosted_trees(from)
                                                    : fit_random_forest(from);
      REQUIRE(fitted);
      const trained_model before{encoding, *std::move(fitted), task_of(*data), target, data->target.classes, .5, scale};
      const support::temp_dir folder;
      write((folder / "model.bin"), model_bytes(*before.model));
      write((folder / "encoder.json"), encoder_json(before));
      const auto after = load_model(folder.path().string());
      REQUIRE(after);
      CHECK(after->model->kind() == kind);
      CHECK(after->task.kind == data->target.task);
      CHECK(after->scale.mean == scale.mean);
      const std::vector<double> answers = answers_of(*before.model, features, scale);
      CHECK(answers_of(*after->model, features, after->scale) == answers);
      std::vector<double> alone(before.model->outputs());
      before.model->predict(features.view().row(7), alone);
      for (std::size_t k = 0; k < alone.size(); ++k) CHECK(scale.unscaled(alone[k]) == answers[7 * alone.size() + k]);
      CHECK(before.model->contributions(features.view().row(7), 0).size() == features.columns);
    }
  }
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
  amount.written = {',', '.', true, "\xe2\x82\xac", date_order::iso};
  column_encoding day;
  day.name = "day";
  day.written.dates = date_order::day_first;
  encoder encoding({one, amount, day});
  model_ptr net = std::make_unique<network_model>(make_network(encoding.width(), {}), task_kind::binary);
  trained_model before{encoding, std::move(net), {}, "t", {"n", "p"}, 0.5, {}};
  write((folder / "model.bin"), model_bytes(*before.model));
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
  const std::string net = model_bytes(*good.model);
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
  CHECK(!load(net, replaced("\"deviation\":1,\"columns\":", "\"columns\":")));
  CHECK(!load(net, replaced("\"family\":\"network\"", "\"family\":\"boosted_trees\"")));
  CHECK(!load(net, replaced("\"task\":\"binary\"", "\"task\":\"number\"")));
  CHECK(!load(net, replaced("\"version\":2", "\"version\":3")));
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
  write((folder / "model.bin"), model_bytes(network_model(make_network(3, {}), task_kind::binary)));
  write((folder / "encoder.json"), old);
  const auto made = load_model(folder.path().string());
  REQUIRE(made);
  CHECK(made->encoding.columns()[0].written.plain());
  CHECK(!made->encoding.columns()[1].knows_rare);
  CHECK(made->classes == std::vector<std::string>{"n", "p"});
  CHECK(made->model->kind() == family::network);
}
