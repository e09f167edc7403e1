// Blue and green: the new model stands ready, has all requests at a word, and none at another.
#include <millrace/deliver.hpp>

#include <cstdio>
#include <string>

namespace md = millrace::deliver;

int main() {
  const auto model = [](double factor) { return [factor](double asked) { return factor * asked; }; };
  // [blue_green]
  md::rollout release{model(1), model(2), md::blue_green(), md::rollout_options{.name = "prices"}};
  bool well = release.start().has_value();
  const double by_blue = release(10.0);
  well = well && release.approve("ada", "warm, and equal on last week's requests") && release.decide();
  const double by_green = release(10.0);
  well = well && release.roll_back("ada", "the shop is empty");
  const double again = release(10.0);
  // [/blue_green]
  std::printf("%g, then %g, then %g: %s\n", by_blue, by_green, again,
              std::string(to_string(release.state().phase)).c_str());
  return well && by_blue == 10 && by_green == 20 && again == 10 ? 0 : 1;
}
