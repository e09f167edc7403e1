// expect: millrace\[TRAIN-8\]
#include <millrace/train/network.hpp>
#include <millrace/train/update_weights.hpp>

namespace mr = millrace;

int main() {
  mr::train::network<> net(1, {{1}});
#ifdef MILLRACE_MISUSE
  [[maybe_unused]] mr::train::update_weights event(net, 0.01);
#else
  [[maybe_unused]] mr::train::update_weights event(net, mr::train::adam{}, mr::train::constant_rate{0.01});
#endif
}
