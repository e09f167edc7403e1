// expect: millrace\[FEATURE-6\]: .*a transform of numbers reads something else
#include <millrace/feature.hpp>

#include <chrono>
#include <string>

namespace mf = millrace::feature;

struct swipe {
  std::string card;
  double amount = 0;
  std::chrono::sys_seconds at;
};

#ifdef MILLRACE_MISUSE
auto made = mf::make_history<swipe>(&swipe::card, &swipe::at, mf::lag<"last">(&swipe::card));
#else
auto made = mf::make_history<swipe>(&swipe::card, &swipe::at, mf::lag<"last">(&swipe::amount));
#endif
