#include <millrace/track/logged_model.hpp>

#include <millrace/store/document.hpp>

#include <support/catch.hpp>

#include <string>

namespace ms = millrace::store;
namespace mt = millrace::track;

TEST_CASE("a logged model's and a lineage's documents are these bytes, and read back") {
  const mt::logged_model model{
      "m-1", "2", "net", "cnn", "r", mt::model_status::ready, mt::lifecycle::deleted, 3, 4, {{"a", "1"}}, {{"t", "v"}}};
  const std::string text = ms::write_document(model);
  CHECK(text == R"({"format":1,"id":"m-1","experiment_id":"2","name":"net","type":"cnn","run_id":"r",)"
                R"("status":"LOGGED_MODEL_READY","stage":"deleted","created":3,"updated":4,)"
                R"("parameters":[{"key":"a","value":"1"}],"tags":[{"key":"t","value":"v"}]})");
  CHECK(*ms::read_document<mt::logged_model>(text, "x") == model);

  const mt::run_lineage lineage{{{"d", "x", "s", "{}", "c", "p", {{"k", "v"}}}}, {"m-1"}, {{"m-2", 7}}};
  const std::string other = ms::write_document(lineage);
  CHECK(other == R"({"format":1,"data_sets":[{"name":"d","digest":"x","source_type":"s","source":"{}","schema":"c",)"
                 R"("profile":"p","tags":[{"key":"k","value":"v"}]}],"used_models":["m-1"],)"
                 R"("made_models":[{"id":"m-2","step":7}]})");
  CHECK(*ms::read_document<mt::run_lineage>(other, "x") == lineage);
  CHECK_FALSE(ms::read_document<mt::logged_model>(R"({"format":2})", "x"));
}
