#include <millrace/registry/watcher.hpp>

#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;

namespace {

/// Writes down what it sees, and refuses what "eve" does.
struct diary {
  std::vector<std::string>* lines;

  template <class Operation, class Work>
  auto around(Operation& operation, const Work& work) -> decltype(work(std::as_const(operation))) {
    if (operation.actor == "eve") return mr::error(mr::errc::vetoed, "not eve");
    return work(std::as_const(operation));
  }
  void emit(const mg::model_registered& event) {
    lines->push_back("registered " + std::to_string(event.version.version));
  }
  void emit(const mg::model_promoted& event) {
    lines->push_back("to " + std::string(to_string(event.change.to)) + " " + std::to_string(event.change.version));
  }
  void emit(const mg::model_archived& event) { lines->push_back("archived " + std::to_string(event.version)); }
  void emit(const mg::artifact_stored& event) { lines->push_back("stored " + event.stored.path); }
  void emit(const mg::approval_requested& event) { lines->push_back("asked " + event.request.requester); }
  void emit(const mg::approval_changed& event) { lines->push_back(std::string(to_string(event.request.status))); }
  void emit(const mg::model_deleted& event) { lines->push_back("deleted " + event.what.model); }
};

}  // namespace

TEST_CASE("a watcher sees what was done, and keeps others from doing it") {
  STATIC_REQUIRE(mg::watcher<diary>);
  STATIC_REQUIRE(mg::watcher<mg::unwatched>);
  ms::memory_storage storage;
  std::vector<std::string> lines;
  auto models = mg::open_registry(storage, support::at_a_millisecond(), diary{&lines}).value();
  CHECK(support::failure(models.create_model({.name = "m", .actor = "eve"}), mr::errc::vetoed) == "not eve");
  CHECK_FALSE(models.find_model("m"));
  support::register_one(models, "m");
  support::register_one(models, "m");
  REQUIRE(models.move({.model = "m", .version = 1, .to = mg::stage::staging, .actor = "ada"}));
  REQUIRE(models.request_transition({.model = "m", .version = 1, .actor = "ada"}));
  REQUIRE(models.review({.model = "m", .request = 1, .actor = "bob"}));
  REQUIRE(models.move({.model = "m", .version = 2, .to = mg::stage::staging, .actor = "ada"}));
  REQUIRE(models.move({.model = "m", .version = 2, .actor = "ada"}));
  REQUIRE(models.remove({.model = "m", .version = 1, .actor = "ada"}));
  CHECK(lines == std::vector<std::string>{"stored model.onnx", "registered 1", "stored model.onnx", "registered 2",
                                          "to staging 1", "asked ada", "approved", "to production 1", "to staging 2",
                                          "archived 1", "to production 2", "deleted m"});
}
