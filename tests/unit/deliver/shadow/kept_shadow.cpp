#include <millrace/deliver/shadow/kept_shadow.hpp>

#include <millrace/deliver/shadow/shadow.hpp>
#include <millrace/deliver/shadow/shadow_watch.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <cstring>
#include <string>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;

namespace {

md::shadow_state counted() {
  const auto same = [](const int& r) { return r; };
  const auto other = [](const int& r) { return r == 3 ? 0 : r; };
  md::shadow scored{same, other, md::shadow_options{.threads = 0}, md::segment_by([](const int& r) { return r % 2; })};
  for (int i = 0; i < 10; ++i) scored(i);
  scored.compare_waiting();
  return scored.state();
}
std::uint64_t noon() noexcept { return 1'764'590'400'000'000'000; }
std::string text_of(const mr::store::memory_storage& storage, const std::string& key) {
  const auto bytes = storage.read(key);
  REQUIRE(bytes);
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

}  // namespace

TEST_CASE("kept_shadow: it is a document that people read, and a shadow goes on with") {
  mr::store::memory_storage storage;
  const md::shadow_state state = counted();
  REQUIRE(md::keep_shadow(
      storage, {.id = "fraud-8", .name = "fraud", .stable = "fraud 7", .candidate = "fraud 8", .is_running = false},
      state, noon));
  const auto json = nlohmann::json::parse(text_of(storage, "shadows/fraud-8.json"));
  CHECK(json["candidate"] == "fraud 8");
  CHECK(json["began"] == noon());
  CHECK(json["is_running"] == false);
  CHECK(json["report"]["comparisons"] == 10);
  CHECK(json["report"]["agreements"] == 9);

  const auto kept = md::load_shadow(storage, "fraud-8");
  REQUIRE(kept);
  CHECK(kept->record.name == "fraud");
  CHECK(kept->record.began == noon());
  CHECK(kept->state.report().all.agreements == 9);
  CHECK(kept->state.report().segments.size() == 2);
  CHECK(kept->state.save() == state.save());
}

TEST_CASE("kept_shadow: ids are texts, and what is not there or damaged is told") {
  mr::store::memory_storage storage;
  CHECK(md::keep_shadow(storage, {.id = "a/b ../c"}, counted()));
  CHECK(md::load_shadow(storage, "a/b ../c"));
  CHECK_FALSE(md::keep_shadow(storage, {}, counted()));
  CHECK(md::load_shadow(storage, "other").error().code() == mr::errc::not_found);

  REQUIRE(md::keep_shadow(storage, {.id = "x"}, counted()));
  const std::string sound = text_of(storage, "shadows/x.json");
  const auto write = [&](const std::string& text) {
    REQUIRE(storage.write("shadows/x.json", std::as_bytes(std::span(text.data(), text.size()))));
    const auto found = md::load_shadow(storage, "x");
    REQUIRE_FALSE(found);
    CHECK_THAT(found.error().describe(), ContainsSubstring("shadows/x.json"));
  };
  write("{}");
  write(sound.substr(0, sound.size() / 2));
  std::string flipped = sound;
  flipped[sound.size() - 20] = flipped[sound.size() - 20] == '0' ? '1' : '0';
  write(flipped);
  flipped[sound.size() - 20] = 'g';
  write(flipped);
  write("{\"format\":2" + sound.substr(11));
}

TEST_CASE("kept_shadow: hooks may veto that it is kept") {
  mr::store::memory_storage storage;
  md::shadow_hooks hooks;
  const auto enough = hooks.before<md::shadow_keeping>("enough", [](md::shadow_keeping& asked) -> mr::result<void> {
    if (asked.comparisons < 100) return mr::error(mr::errc::invalid_argument, "too few");
    return {};
  });
  const auto vetoed = md::keep_shadow(storage, {.id = "x"}, counted(), hooks);
  REQUIRE_FALSE(vetoed);
  CHECK(vetoed.error().code() == mr::errc::vetoed);
  CHECK(md::load_shadow(storage, "x").error().code() == mr::errc::not_found);
}
