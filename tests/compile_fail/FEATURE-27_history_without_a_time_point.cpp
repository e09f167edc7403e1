// expect: millrace\[FEATURE-27\]: .*the time of a history, the second argument of make_history, gives no std::chrono time_point
#include <millrace/feature.hpp>

#include <chrono>
#include <string>

namespace mf = millrace::feature;

struct swipe {
  std::string card;
  double amount;
  std::chrono::sys_seconds at;
  long long second;
};

auto make() {
#ifdef MILLRACE_MISUSE
  return mf::make_history<swipe>(&swipe::card, &swipe::second, mf::lag<"last_amount">(&swipe::amount));
#else
  return mf::make_history<swipe>(&swipe::card, &swipe::at, mf::lag<"last_amount">(&swipe::amount));
#endif
}

auto made = make();
