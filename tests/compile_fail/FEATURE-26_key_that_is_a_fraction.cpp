// expect: millrace\[FEATURE-26\]: .*the key of a history, the first argument of make_history, gives no text
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
  return mf::make_history<swipe>(&swipe::amount, &swipe::at, mf::lag<"last_amount">(&swipe::amount));
#else
  return mf::make_history<swipe>(&swipe::card, &swipe::at, mf::lag<"last_amount">(&swipe::amount));
#endif
}

auto made = make();
