// Whatever a storage holds as the state and the evidence of a release, it goes
// on from there or says why it cannot: no request is without an output, an
// abort and a rollback end at stable, and the candidate has all requests only
// if something has let it. The input is a state, a zero, and evidence; its last
// bytes are what the release is told.
#include <millrace/deliver.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace mr = millrace;
namespace md = millrace::deliver;
namespace ms = millrace::store;

using phase = md::rollout_phase;

void require_that(bool holds) {
  if (!holds) std::abort();
}
struct model {
  int number = 1;
  int operator()(int) const noexcept { return number; }
};
using judge = md::judge<md::error_rate<>>;
using release_type =
    md::rollout<model, model, md::canary<5, 50, 100>, judge, md::kept_in<ms::memory_storage>, md::rollout_options>;

/// What holds of every state that a release is in.
void check(release_type& release) {
  const md::rollout_state now = release.state();
  require_that(now.share <= md::whole_share);
  if (now.phase == phase::promoting || now.phase == phase::promoted)
    require_that(now.promoted_by == md::rollout_cause::evidence || now.promoted_by == md::rollout_cause::approval);
  const int answer = release(7);
  require_that(answer == 1 || answer == 2);
  if (now.phase == phase::draft || now.phase == phase::rolled_back) require_that(answer == 1);
  if (now.phase == phase::promoted) require_that(answer == 2);
}
void tell(release_type& release, std::uint8_t what) {
  switch (what % 8) {
    case 0: static_cast<void>(release.start("a", "b")); break;
    case 1: static_cast<void>(release.decide()); break;
    case 2: static_cast<void>(release.approve("a", "b")); break;
    case 3: static_cast<void>(release.pause("a", "b")); break;
    case 4: static_cast<void>(release.resume("a", "b")); break;
    case 5: static_cast<void>(release.abort("a", "b")); break;
    case 6:
      for (int i = 0; i < 20; ++i) static_cast<void>(release(i));
      break;
    default: static_cast<void>(release.restore()); break;
  }
}
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void use(std::string_view state, std::span<const std::byte> evidence, std::string_view words) {
  ms::memory_storage storage;
  require_that(storage.write("deployments/fuzzed/state", bytes_of(state)).has_value());
  const auto read = ms::read_document<md::rollout_state>(state, "state");
  const std::uint64_t number = read ? read->number : 1;
  const std::string key = "deployments/fuzzed/evidence/" + std::to_string(number);
  require_that(storage.write(key + "/host", evidence).has_value());
  require_that(storage.write(key + "/other", evidence).has_value());
  release_type release(model{1}, model{2}, md::canary<5, 50, 100>(), judge(), md::kept_in<ms::memory_storage>(storage),
                       md::rollout_options{.name = "fuzzed", .rules = {.min_requests = 3}});
  const auto restored = release.restore();
  if (!restored) require_that(!restored.error().message().empty());
  check(release);
  for (const char each : words) {
    tell(release, static_cast<std::uint8_t>(each));
    check(release);
  }
  if (!is_under_way(release.state().phase)) return;
  static_cast<void>(release.roll_back("a", "b"));
  require_that(release.state().phase == phase::rolled_back);
  check(release);
  // What is kept now is what another process goes on from.
  static_cast<void>(release.decide());
  release_type again(model{1}, model{2}, md::canary<5, 50, 100>(), judge(), md::kept_in<ms::memory_storage>(storage),
                     md::rollout_options{.name = "fuzzed"});
  const auto found = again.restore();
  if (found) require_that(found->phase == phase::rolled_back);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string all(reinterpret_cast<const char*>(data), size);
  std::string_view text(all);
  if (const auto read = ms::read_document<md::rollout_state>(text.substr(0, text.find('\0')), "input")) {
    const std::string once = ms::write_document(*read);
    const auto again = ms::read_document<md::rollout_state>(once, "again");
    require_that(again && *again == *read && ms::write_document(*again) == once);
  }
  const std::string_view words = text.size() > 8 ? text.substr(text.size() - 8) : std::string_view();
  const std::size_t end = text.find('\0');
  const std::string_view state = text.substr(0, end);
  const std::string_view evidence = end == text.npos ? std::string_view() : text.substr(end + 1);
  std::vector<std::byte> sealed(bytes_of(evidence).begin(), bytes_of(evidence).end());
  use(state, sealed, words);
  support::reseal(sealed);
  use(state, sealed, words);
  return 0;
}
