// Features of an event that depend on those before it, replayed for training and kept up while serving.
#include <millrace/aggregate.hpp>
#include <millrace/feature.hpp>

#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
using namespace std::chrono_literals;

// [history]
struct swipe {
  std::string card;
  double amount;
  std::chrono::sys_seconds at;
};

auto recent_swipes() {
  return mf::make_history<swipe>(&swipe::card, &swipe::at,  // by card, in event time
                                 mf::window<"spent_1h", mr::sum, 1h>(&swipe::amount),
                                 mf::rolling<"mean_5", mr::mean, 5>(&swipe::amount),
                                 mf::lag<"last_amount">(&swipe::amount), mf::elapsed<"seconds_since">());
}

mr::result<std::vector<float>> rows_of(std::span<const swipe> past) {
  auto recent = recent_swipes();
  std::vector<float> rows(past.size() * recent.width);
  if (auto done = recent.replay(past, rows); !done) return std::move(done).error();
  return rows;
}
// [/history]

int main() {
  const std::chrono::sys_seconds noon(std::chrono::hours(494'844));
  const std::vector<swipe> past{{"A", 10, noon}, {"B", 500, noon + 5min}, {"A", 30, noon + 20min}};
  const auto rows = rows_of(past);
  if (!rows) return std::fprintf(stderr, "%s\n", rows.error().describe().c_str()), 1;

  auto recent = recent_swipes();  // while serving: the same, event by event
  float row[recent.width];
  for (const swipe& one : past) {
    recent(one, row);
    std::printf("%s: %g spent within the hour before\n", one.card.c_str(), row[0]);
  }
  const auto restarted = recent_swipes().load(recent.save());
  return restarted && row[0] == 10 && (*rows)[8] == row[0] ? 0 : 1;
}
