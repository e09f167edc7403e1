// expect: millrace\[TRAIN-9\]
#include <millrace/train/network.hpp>
#include <millrace/train/update_weights.hpp>

namespace mr = millrace;

int main() {
  mr::network<> net(1, {{1}});
#ifdef MILLRACE_MISUSE
  [[maybe_unused]] mr::update_weights event(net, mr::adam{}, 0.01);
#else
  [[maybe_unused]] mr::update_weights event(net, mr::adam{}, mr::constant_rate{0.01});
#endif
}
