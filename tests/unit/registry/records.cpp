#include <millrace/registry/records.hpp>

#include <support/catch.hpp>

#include <limits>
#include <string>

namespace mg = millrace::registry;
namespace ms = millrace::store;

TEST_CASE("a version is kept as a document of format 1") {
  mg::model_version made;
  made.model = "fraud";
  made.version = 3;
  made.semantic = "1.0.0";
  made.stage = mg::stage::staging;
  made.description = "d\n";
  made.framework = "onnx";
  made.hyperparameters = {{"depth", "6"}};
  made.metrics = {{"auc", 0.1 + 0.2}, {"loss", std::numeric_limits<double>::infinity()}};
  made.tags = {{"team", "ds"}};
  made.run_id = "r1";
  made.parents = {{"base", 2, 7}};
  made.data_sets = {{"train", "abc", "s3://x", "training"}};
  made.artifacts = {{"model.onnx", std::string(64, 'a'), 5, mg::artifact_type::onnx}};
  made.digest = "dd";
  made.created = 1;
  made.updated = 18'446'744'073'709'551'615U;
  made.created_by = "ada";
  made.aliases = {"champion"};
  const std::string text = ms::write_document(made);
  // What format 1 is: a later version of the library reads this text, so it must not change.
  CHECK(text ==
        R"({"format":1,"version":3,"semantic":"1.0.0","stage":"staging","description":"d\n","framework":"onnx",)"
        R"("hyperparameters":[{"key":"depth","value":"6"}],"metrics":[{"key":"auc","value":0.30000000000000004},)"
        R"({"key":"loss","value":"Infinity"}],"tags":[{"key":"team","value":"ds"}],"run_id":"r1","run_link":"",)"
        R"("source":"","parents":[{"model_id":7,"version":2}],"data_sets":[{"name":"train","digest":"abc",)"
        R"("source":"s3://x","role":"training"}],"artifacts":[{"path":"model.onnx","sha256":")" +
            std::string(64, 'a') +
            R"(","size":5,"type":"onnx"}],"digest":"dd","created":1,"updated":18446744073709551615,)"
            R"("last_comment":0,"created_by":"ada","is_deleted":false})");
  const auto read = ms::read_document<mg::model_version>(text, "v");
  REQUIRE(read);
  CHECK(ms::write_document(*read) == text);
  CHECK(read->find_metric("auc")->value == 0.1 + 0.2);
  CHECK(read->find_metric("AUC") == nullptr);
  CHECK(read->find_artifact("model.onnx")->size == 5);
  CHECK(read->find_artifact("other") == nullptr);
}

TEST_CASE("a model and a comment are kept as documents") {
  mg::model made;
  made.id = 1;
  made.name = "fraud";
  made.aliases = {{"champion", 2}};
  made.last_version = 2;
  const std::string text = ms::write_document(made);
  CHECK(text ==
        R"({"format":1,"id":1,"name":"fraud","description":"","tags":[],"aliases":[{"name":"champion","version":2}],)"
        R"("last_version":2,"last_request":0,"changes":0,"created":0,"updated":0,"created_by":"","is_deleted":false})");
  CHECK(ms::write_document(ms::read_document<mg::model>(text, "m").value()) == text);
  CHECK(
      ms::read_document<mg::comment>(R"({"format":1,"number":1,"author":"a","text":"t","created":2,"updated":3})", "c")
          ->text == "t");
  CHECK(to_string(mg::artifact_type::text) == "text");
  CHECK(to_string(static_cast<mg::artifact_type>(15)).empty());
}
