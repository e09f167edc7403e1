// expect: millrace\[FEATURE-27\]: .*key is a category
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
auto made = mf::make_history<swipe>(&swipe::amount, &swipe::at, mf::lag<"last">(&swipe::amount));
#else
auto made = mf::make_history<swipe>(&swipe::card, &swipe::at, mf::lag<"last">(&swipe::amount));
#endif
