// A canary that is wrong, and whose requests all succeed: only labels that come days later tell. They are joined to
// what was predicted, told the judge, and take the candidate back.
#include <millrace/deliver.hpp>
#include <millrace/deliver/outcomes.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;

namespace {

struct payment {
  std::string id;
  std::string user;
  bool is_fraud = false;  // which nobody knows yet
};
/// Calls some payments what they are not.
struct model {
  std::uint64_t wrong_of_a_thousand = 0;
  double operator()(const payment& asked) const noexcept {
    const bool is_wrong = md::unit_hash("errors", asked.id) % 1000 < wrong_of_a_thousand;
    return asked.is_fraud != is_wrong ? 0.9 : 0.1;
  }
};

// [metric]
struct wrong_label {
  static constexpr std::string_view name = "wrong_label";
  static constexpr md::tolerance tolerated{.max_ratio = 2, .max_difference = 0.01};
  static double badness(double score) noexcept { return score; }
};
double is_wrong(const md::joined_row& row) { return (row.prediction.outputs[0] > 0.5) != (row.label > 0.5) ? 1 : 0; }
// [/metric]

int fail(const mr::error& why) {
  std::fprintf(stderr, "%s\n", why.describe().c_str());
  return 1;
}

}  // namespace

int main() {
  mr::random_engine draw(44);
  std::vector<payment> all(6000);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = {"pay-" + std::to_string(i), "user-" + std::to_string(draw.below(100'000)), draw.uniform() < 0.2};

  md::rollout release{model{20},
                      model{150},
                      md::canary<20, 100>(),
                      md::judge<md::error_rate<>, wrong_label>(),
                      md::unit_of{&payment::user},
                      md::rollout_options{.name = "fraud"},
                      md::notified{[](const md::rollout_changed& it) { std::printf("%s\n", it.summary().c_str()); }}};
  if (auto begun = release.start("ada", "trained on May"); !begun) return fail(begun.error());
  auto log = md::prediction_log::open("predictions");
  if (!log) return fail(log.error());
  for (const payment& asked : all) {
    // [serve]
    md::rollout_ticket ticket;
    const double score = release(asked, ticket);
    log->append(md::placed_by(ticket, {.id = asked.id, .model = "fraud", .outputs = {&score, 1}}));
    // [/serve]
  }
  if (auto done = log->close(); !done) return fail(done.error());
  if (auto looked = release.decide(); !looked) return fail(looked.error());
  std::printf("after %zu payments without a failure the candidate is %s\n", all.size(),
              release.state().phase == md::rollout_phase::running ? "where it was" : "somewhere else");

  // Days later.
  auto join = md::outcome_join::open("predictions");
  if (!join) return fail(join.error());
  // [labels]
  auto tell = md::score_labels<wrong_label>(release, is_wrong);
  if (auto read = join->refresh(tell); !read) return fail(read.error());
  for (const payment& known : all) {
    const auto found = join->update({.id = known.id, .label = known.is_fraud ? 1.0 : 0.0}, tell);
    if (!found) return fail(found.error());
    if (tell.counted() % 100 != 0) continue;
    if (auto looked = release.decide(); !looked) return fail(looked.error());
    if (!is_under_way(release.state().phase)) break;
  }
  // [/labels]
  std::printf("%llu labels\n", static_cast<unsigned long long>(tell.counted()));
  return release.state().phase == md::rollout_phase::rolled_back ? 0 : 1;
}
