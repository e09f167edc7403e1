// expect: millrace\[SETTINGS-6\]
// expect: spelled<'r', 'o', 'w', 's'
#include <millrace/store/settings/load.hpp>

namespace ms = millrace::store;

struct limits {
  int rows = 1;
  int wait = 1;

#ifdef MILLRACE_MISUSE
  static constexpr auto settings =
      ms::settings_table(ms::setting<&limits::rows>("rows", "of a batch", {.least = 8, .most = 1}));
#else
  static constexpr auto settings =
      ms::settings_table(ms::setting<&limits::rows>("rows", "of a batch", {.least = 1, .most = 8}));
#endif
};

auto load() { return ms::load_settings<limits>({}, "a.yaml"); }
