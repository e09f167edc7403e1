// Whatever a registry's storage holds, opening it, asking it and changing it end, with an error that says something or
// without one; a search by indexes finds nothing but versions that are there, in order and on pages that end; and any
// text is a document that is written as it was read, or is none.
#include <millrace/registry.hpp>
#include <millrace/registry/search.hpp>
#include <millrace/store/memory_storage.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;

void require_that(bool holds) {
  if (!holds) std::abort();
}
template <class Result>
void see(const Result& got) {
  require_that(got || !got.error().message().empty());
}
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::uint64_t now = 1'000'000;
std::uint64_t clock_of_tests() noexcept { return now; }

template <class Document>
void read(std::string_view text) {
  const auto made = ms::read_document<Document>(text, "input");
  if (!made) return see(made);
  const std::string once = ms::write_document(*made);
  const auto again = ms::read_document<Document>(once, "again");
  require_that(again && ms::write_document(*again) == once);
}

/// A registry with a little of everything.
void fill(ms::memory_storage& storage) {
  auto models =
      *mg::open_registry(storage, {.wall_clock = clock_of_tests, .artifacts = {.wall_clock = clock_of_tests}});
  const auto file = models.put_artifact("model.onnx", bytes_of("bytes"));
  for (const char* name : {"a", "a", "b"})
    see(models.register_version({.model = name,
                                 .semantic = "1." + std::to_string(now) + ".0",
                                 .metrics = {{"auc", static_cast<double>(now % 7)}},
                                 .run_id = "r",
                                 .data_sets = {{.name = "d"}},
                                 .artifacts = {*file},
                                 .actor = "ada"})),
        ++now;
  see(models.set_alias("a", "champion", 1, "ada"));
  see(models.set_rule("a", {.gates = {{.name = "g", .metric = "auc"}}, .approvals = 1}, "root"));
  see(models.move({.model = "a", .version = 1, .to = mg::stage::staging, .actor = "ada"}));
  see(models.request_transition({.model = "a", .version = 1, .actor = "ada"}));
}

/// Puts the input's lines into the storage: `<key> TAB <content>`, or `@<number> TAB <content>` for the object in that
/// place.
void damage(ms::memory_storage& storage, std::string_view input) {
  std::vector<std::string> keys;
  see(ms::for_each_object(storage, "", [&](const ms::storage_entry& each) { keys.push_back(each.key); }));
  for (int lines = 0; lines < 50 && !input.empty(); ++lines) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(line.size() < input.size() ? line.size() + 1 : input.size());
    const std::size_t tab = line.find('\t');
    if (tab == line.npos || tab == 0) continue;
    std::string key(line.substr(0, tab));
    if (key[0] == '@') key = keys[static_cast<std::size_t>(std::atoi(key.c_str() + 1) & 0xffff) % keys.size()];
    const std::string_view content = line.substr(tab + 1);
    if (content == "-")
      static_cast<void>(storage.remove(key));
    else
      static_cast<void>(storage.write(key, bytes_of(content)));
  }
}

template <class Registry>
void search(const Registry& models, const char* filter, std::vector<std::string> order) {
  mg::search_options asked{.filter = filter, .order_by = std::move(order), .max_results = 2};
  for (int pages = 0; pages < 20; ++pages) {
    const auto page = mg::search_versions(models, asked);
    see(page);
    if (!page) return;
    require_that(page->items.size() <= 2);
    asked.page_token = page->next_page_token;
    if (asked.page_token.empty()) return;
  }
}

void use(ms::memory_storage& storage) {
  auto opened = mg::open_registry(storage, {.wall_clock = clock_of_tests});
  see(opened);
  if (!opened) return;
  auto& models = *opened;
  see(models.list_models());
  for (const char* name : {"a", "b"}) see(models.find_model(name));
  for (const auto& order : std::vector<std::vector<std::string>>{
           {}, {"metrics.auc DESC"}, {"metrics.auc"}, {"version_number DESC"}, {"tags.x"}})
    for (const char* filter : {"", "name = 'a' AND metrics.auc > 1", "run_id = 'r'", "stage = 'staging'"})
      search(models, filter, order);
  see(models.list_versions("a"));
  see(models.find_alias("a", "champion"));
  see(models.history("a"));
  see(models.in_stage_at("a", mg::stage::production, now));
  see(models.list_requests("a"));
  see(models.open_requests());
  see(models.versions_of_run("r"));
  see(models.versions_of_data_set("d"));
  see(models.children("a", 1));
  see(models.find_rule("a", mg::stage::production));
  see(models.pending_changes());
  see(models.review({.model = "a", .request = 1, .actor = "bob"}));
  see(models.roll_back("a", "ada", ""));
  see(models.register_version({.model = "a", .parents = {{"b", 1}}, .actor = "ada"}));
  see(models.remove({.model = "a", .version = 1, .actor = "ada", .also_in_production = true}));
  see(models.restore("a", 1, "ada"));
  see(models.remove({.model = "a", .actor = "ada", .also_in_production = true}));
  see(models.create_model({.name = "a", .actor = "ada"}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read<mg::model>(text);
  read<mg::model_version>(text);
  read<mg::transition_request>(text);
  read<mg::stage_rule>(text);
  read<mg::stage_change>(text);
  read<mg::change>(text);
  now = 1'000'000;
  ms::memory_storage storage;
  fill(storage);
  damage(storage, text);
  use(storage);
  return 0;
}
