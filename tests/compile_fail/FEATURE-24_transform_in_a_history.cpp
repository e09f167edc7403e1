// expect: millrace\[FEATURE-24\]: .*takes parts such as window<
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct swipe {
  std::string card;
  double amount;
  millrace::time_point at;
};

#ifdef MILLRACE_MISUSE
auto made = mf::make_history<swipe>(&swipe::card, &swipe::at, mf::log<"amount">(&swipe::amount));
#else
auto made = mf::make_history<swipe>(&swipe::card, &swipe::at, mf::lag<"amount">(&swipe::amount));
#endif
