#include <millrace/registry/transition_request.hpp>

#include <millrace/registry/model_registry.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;

TEST_CASE("a request counts its approvals and knows when its time is over") {
  mg::transition_request asked;
  asked.reviews = {{"ada", mg::verdict::approve, "", 1}, {"bob", mg::verdict::reject, "", 2}};
  CHECK(asked.approved_by() == 1);
  CHECK_FALSE(asked.is_overdue(~std::uint64_t{0}));
  asked.expires = 10;
  CHECK_FALSE(asked.is_overdue(9));
  CHECK(asked.is_overdue(10));
  asked.status = mg::request_status::rejected;
  CHECK_FALSE(asked.is_overdue(10));
}

TEST_CASE("a request is kept as a document") {
  mg::transition_request asked;
  asked.model = "fraud";
  asked.number = 4;
  asked.version = 2;
  asked.requester = "ada";
  asked.reviews = {{"bob", mg::verdict::reject, "no", 2}};
  asked.remarks = {{"eve", "why?", 3}};
  asked.status = mg::request_status::rejected;
  const std::string text = ms::write_document(asked);
  CHECK(
      text ==
      R"({"format":1,"number":4,"version":2,"to":"production","archives_others":false,"requester":"ada",)"
      R"("justification":"","digest":"","approvals":1,"reviewers":[],"reviews":[{"reviewer":"bob","verdict":"reject",)"
      R"("comment":"no","at":2}],"remarks":[{"author":"eve","text":"why?","at":3}],"status":"rejected","created":0,)"
      R"("expires":0,"closed":0})");
  CHECK(ms::write_document(ms::read_document<mg::transition_request>(text, "r").value()) == text);
  CHECK(to_string(static_cast<mg::request_status>(5)).empty());
  CHECK(to_string(static_cast<mg::verdict>(2)).empty());
}

namespace {

using memory_registry = mg::model_registry<ms::memory_storage>;

/// A registry whose model "fraud" has a version in staging and needs two of three reviewers.
memory_registry ruled(ms::memory_storage& storage, std::uint64_t lifetime = 0) {
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  support::register_one(models, "fraud");
  REQUIRE(models.move({.model = "fraud", .version = 1, .to = mg::stage::staging, .actor = "ada"}));
  REQUIRE(
      models.set_rule("fraud", {.approvals = 2, .reviewers = {"bob", "carl", "dora"}, .lifetime = lifetime}, "root"));
  REQUIRE(models.request_transition({.model = "fraud", .version = 1, .justification = "why", .actor = "ada"}));
  return models;
}
template <class Registry>
auto says(Registry& models, std::string who, mg::verdict what = mg::verdict::approve) {
  return models.review({.model = "fraud", .request = 1, .verdict = what, .comment = "c", .actor = std::move(who)});
}

}  // namespace

TEST_CASE("a rejected request stays rejected") {
  ms::memory_storage storage;
  auto models = ruled(storage);
  REQUIRE(says(models, "bob"));
  CHECK(says(models, "carl", mg::verdict::reject)->status == mg::request_status::rejected);
  CHECK(support::failure(says(models, "dora"), mr::errc::closed) ==
        "request 1 of the model \"fraud\" is rejected, by \"carl\", and stays so");
  CHECK(support::failure(models.withdraw("fraud", 1, "ada", ""), mr::errc::closed) ==
        "request 1 of the model \"fraud\" is rejected, by \"carl\", and stays so");
  CHECK(models.find_version("fraud", 1)->stage == mg::stage::staging);
  CHECK(models.open_requests()->empty());
  REQUIRE(models.request_transition({.model = "fraud", .version = 1, .actor = "ada"}));
  CHECK(models.open_requests()->front().number == 2);
}

TEST_CASE("a request whose time is over is refused as expired, and written down so") {
  ms::memory_storage storage;
  auto models = ruled(storage, 500);
  REQUIRE(says(models, "bob"));
  support::registry_now += 499;
  CHECK(models.find_request("fraud", 1)->status == mg::request_status::open);
  ++support::registry_now;
  CHECK(models.find_request("fraud", 1)->status == mg::request_status::expired);
  CHECK(models.open_requests()->empty());
  CHECK(support::failure(says(models, "carl"), mr::errc::timeout) ==
        "request 1 of the model \"fraud\" is expired, and stays so");
  support::registry_now -= 100;  // the clock is set back
  CHECK(support::failure(says(models, "carl"), mr::errc::timeout) ==
        "request 1 of the model \"fraud\" is expired, and stays so");
  CHECK(models.find_version("fraud", 1)->stage == mg::stage::staging);
  CHECK(models.pending_changes()->back().kind == "approval_expired");
}

TEST_CASE("only who has asked withdraws a request") {
  ms::memory_storage storage;
  auto models = ruled(storage);
  CHECK(support::failure(models.withdraw("fraud", 1, "bob", ""), mr::errc::permission_denied) ==
        "\"bob\" has not asked for request 1 of the model \"fraud\"; who has, may withdraw it: \"ada\"");
  REQUIRE(models.discuss("fraud", 1, "bob", "really?"));
  CHECK(models.withdraw("fraud", 1, "ada", "no")->status == mg::request_status::withdrawn);
  CHECK(support::failure(says(models, "bob"), mr::errc::closed) ==
        "request 1 of the model \"fraud\" is withdrawn, and stays so");
  CHECK(models.list_requests("fraud")->front().remarks.front().text == "really?");
}

TEST_CASE("an artifact that was changed behind the request is refused") {
  ms::memory_storage storage;
  auto models = ruled(storage);
  REQUIRE(says(models, "bob"));
  SECTION("its bytes") {
    const auto version = models.find_version("fraud", 1).value();
    const ms::content_storage contents(storage);
    const auto id = ms::parse_content_id(version.artifacts[0].sha256).value();
    const std::string key = contents.key_of(id);
    REQUIRE(storage.write(key, support::bytes_of("other bytes")));
    CHECK(support::failure(says(models, "carl"), mr::errc::checksum_mismatch)
              .starts_with("the artifact \"model.onnx\" of version 1 of the model \"fraud\": "));
  }
  SECTION("its hash in the version's document") {
    auto version = models.find_version("fraud", 1).value();
    const auto other = models.put_artifact("model.onnx", support::bytes_of("other bytes"), mg::artifact_type::onnx);
    version.artifacts = {*other};
    SECTION("alone") {}
    SECTION("and the digest") { version.digest = std::string(64, 'a'); }
    REQUIRE(ms::keep_document(storage,
                              "registry/models/" + ms::number_key_part(std::uint64_t{1}) + "/versions/" +
                                  ms::number_key_part(std::uint64_t{1}),
                              version));
    CHECK(support::failure(says(models, "carl"), mr::errc::checksum_mismatch) ==
          "version 1 of the model \"fraud\" is not what was asked for by request 1 of the model \"fraud\": its "
          "artifacts or source have changed since");
  }
  CHECK(models.find_version("fraud", 1)->stage == mg::stage::staging);
  CHECK(models.find_request("fraud", 1)->status == mg::request_status::open);
}

TEST_CASE("a request that nobody could approve is refused") {
  ms::memory_storage storage;
  auto models = ruled(storage);
  REQUIRE(models.set_rule("fraud", {.approvals = 2, .reviewers = {"ada", "bob"}}, "root"));
  CHECK(support::failure(models.request_transition({.model = "fraud", .version = 1, .actor = "ada"}),
                         mr::errc::invalid_argument) ==
        "2 approvals are needed, and 1 reviewers besides \"ada\" could give one");
  CHECK(support::failure(models.set_rule("fraud", {.approvals = 3, .reviewers = {"ada", "bob"}}, "root"),
                         mr::errc::invalid_argument) == "a rule asks for 3 approvals of 2 reviewers");
  CHECK(support::failure(models.request_transition({.model = "fraud", .version = 1}), mr::errc::invalid_argument) ==
        "the name of who asks is empty");
}

TEST_CASE("open requests for a version that is deleted are withdrawn") {
  ms::memory_storage storage;
  auto models = ruled(storage, 500);
  support::register_one(models, "fraud", .8);
  REQUIRE(models.move({.model = "fraud", .version = 2, .to = mg::stage::staging, .archives_others = false}));
  REQUIRE(models.request_transition({.model = "fraud", .version = 2, .actor = "ada"}));
  REQUIRE(models.request_transition({.model = "fraud", .version = 1, .actor = "ada"}));
  REQUIRE(says(models, "bob"));
  SECTION("and others stay open") {
    REQUIRE(models.remove({.model = "fraud", .version = 1, .actor = "root"}));
    const auto open = models.open_requests().value();
    REQUIRE(open.size() == 1);
    CHECK(open[0].version == 2);
    const auto ended = models.find_request("fraud", 1).value();
    CHECK(ended.status == mg::request_status::withdrawn);
    CHECK(ended.closed == support::registry_now);
    CHECK(ended.remarks.at(0).author == "root");
    CHECK(ended.remarks.at(0).text == "the version was deleted");
    REQUIRE(models.restore("fraud", 1, "root"));
    CHECK(support::failure(says(models, "carl"), mr::errc::closed) ==
          "request 1 of the model \"fraud\" is withdrawn, and stays so");
    int withdrawn = 0;
    const auto changes = models.pending_changes().value();
    for (const mg::change& each : changes) withdrawn += each.kind == "approval_withdrawn" && each.actor == "root";
    CHECK(withdrawn == 2);
  }
  SECTION("but what has expired has expired") {
    support::registry_now += 500;
    REQUIRE(models.remove({.model = "fraud", .version = 1, .actor = "root"}));
    CHECK(models.find_request("fraud", 1)->status == mg::request_status::expired);
    CHECK(models.find_request("fraud", 1)->remarks.empty());
  }
  SECTION("and those of a model wait until it is restored, or its name is another's") {
    REQUIRE(models.remove({.model = "fraud", .actor = "root"}));
    CHECK(models.open_requests()->empty());
    REQUIRE(models.restore("fraud", 0, "root"));
    CHECK(models.open_requests()->size() == 3);
    REQUIRE(models.remove({.model = "fraud", .actor = "root"}));
    REQUIRE(models.create_model({.name = "fraud", .actor = "eve"}));
    CHECK(models.open_requests()->empty());
    CHECK(models.find_request("fraud", 1)->status == mg::request_status::withdrawn);
    CHECK(models.find_request("fraud", 2)->remarks.at(0).author == "eve");
  }
}

TEST_CASE("each refusal of a review has a code of its own") {
  ms::memory_storage storage;
  auto models = ruled(storage, 500);
  const auto code = [&](auto&& got) { return got ? mr::errc::io : got.error().code(); };
  CHECK(code(says(models, "ada")) == mr::errc::permission_denied);  // who has asked
  CHECK(code(says(models, "eve")) == mr::errc::permission_denied);  // no reviewer
  CHECK(code(models.review({.model = "fraud", .request = 9, .actor = "bob"})) == mr::errc::not_found);
  REQUIRE(says(models, "bob"));
  CHECK(code(says(models, "bob")) == mr::errc::already_exists);  // twice
  REQUIRE(storage.remove(ms::content_storage(storage).key_of(
      ms::parse_content_id(models.find_version("fraud", 1)->artifacts[0].sha256).value())));
  CHECK(code(says(models, "carl")) == mr::errc::not_found);  // its bytes are gone
  support::register_one(models, "fraud");                    // and come back
  REQUIRE(models.request_transition({.model = "fraud", .version = 1, .actor = "ada"}));
  REQUIRE(models.review({.model = "fraud", .request = 2, .verdict = mg::verdict::reject, .actor = "carl"}));
  CHECK(code(models.review({.model = "fraud", .request = 2, .actor = "dora"})) == mr::errc::closed);  // rejected
  support::registry_now += 500;
  CHECK(code(says(models, "carl")) == mr::errc::timeout);  // expired
}

TEST_CASE("the last approval moves the version or, past a gate that fails, nothing") {
  ms::memory_storage storage;
  auto models = ruled(storage);
  mg::stage_rule rule{.approvals = 2, .reviewers = {"bob", "carl"}};
  rule.gates = {{.name = "floor", .metric = "auc", .bound = .95}};
  REQUIRE(models.set_rule("fraud", rule, "root"));
  REQUIRE(says(models, "bob"));
  CHECK(support::failure(says(models, "carl"), mr::errc::conflict) ==
        "the gate \"floor\" keeps version 1 of fraud out of production: auc is 0.9, which has to be at least 0.95");
  const auto stopped = models.find_request("fraud", 1).value();
  CHECK(stopped.reviews.size() == 1);
  CHECK(stopped.status == mg::request_status::open);
  REQUIRE(stopped.remarks.size() == 1);
  CHECK(stopped.remarks[0].author == "carl");
  CHECK(stopped.remarks[0].text ==
        "approves, but the gate \"floor\" keeps version 1 of fraud out of production: auc is 0.9, which has to be at "
        "least 0.95");
  CHECK(models.pending_changes()->back().kind == "approval_stopped");
  CHECK(models.pending_changes()->back().actor == "carl");
  CHECK_FALSE(says(models, "carl"));  // again, which is a change and no other remark
  CHECK(models.find_request("fraud", 1)->remarks.size() == 1);
  CHECK(models.find_version("fraud", 1)->stage == mg::stage::staging);
  rule.gates[0].bound = .9;
  REQUIRE(models.set_rule("fraud", rule, "root"));
  CHECK(says(models, "carl")->status == mg::request_status::approved);
  CHECK(models.find_version("fraud", 1)->stage == mg::stage::production);
}

TEST_CASE("of two approvers at once one moves the version, once") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  for (int i = 0; i < 20; ++i) support::register_one(models, "fraud", i / 100.0);
  for (std::uint64_t version = 1; version <= 20; ++version) {
    REQUIRE(models.move(
        {.model = "fraud", .version = version, .to = mg::stage::staging, .archives_others = false, .actor = "ada"}));
    REQUIRE(models.request_transition({.model = "fraud", .version = version, .actor = "ada", .approvals = 2}));
  }
  std::vector<std::thread> threads;
  std::atomic<int> granted{0}, refused{0}, odd{0};
  for (const char* who : {"bob", "carl", "dora"})
    threads.emplace_back([&, who] {
      for (std::uint64_t request = 1; request <= 20; ++request) {
        const auto done = models.review({.model = "fraud", .request = request, .actor = who});
        ++(done ? granted : done.error().code() == mr::errc::conflict ? refused : odd);
      }
    });
  for (auto& each : threads) each.join();
  CHECK(granted == 40);
  CHECK(refused == 20);
  CHECK(odd == 0);
  int promotions = 0;
  const auto history = models.history("fraud").value();
  for (const auto& each : history) promotions += each.to == mg::stage::production;
  CHECK(promotions == 20);
  CHECK(models.in_stage("fraud", mg::stage::production)->size() == 1);
}
