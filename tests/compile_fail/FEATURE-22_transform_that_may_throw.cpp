// expect: millrace\[FEATURE-22\]: .*a transform of one's own has kind, width
#include <millrace/feature.hpp>

#include <span>
#include <string_view>

namespace mf = millrace::feature;

struct person {
  double age = 0;
};
struct doubled {
  static constexpr std::string_view kind = "doubled";
  static constexpr std::size_t width = 1;
#ifdef MILLRACE_MISUSE
  void write(double x, std::span<float> out) const { out[0] = static_cast<float>(2 * x); }
#else
  void write(double x, std::span<float> out) const noexcept { out[0] = static_cast<float>(2 * x); }
#endif
};

auto transform() { return mf::own<"age">(&person::age, doubled{}); }
