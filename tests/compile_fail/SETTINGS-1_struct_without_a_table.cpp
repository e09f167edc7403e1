// expect: millrace\[SETTINGS-1\]: a struct of settings has
// expect: requirement<.*inner
#include <millrace/store/settings/load.hpp>

namespace ms = millrace::store;

struct inner {
  int rows = 1;

#ifndef MILLRACE_MISUSE
  static constexpr auto settings = ms::settings_table(ms::setting<&inner::rows>("rows", "of a batch"));
#endif
};

struct limits {
  inner batch = {};

  static constexpr auto settings = ms::settings_table(ms::setting<&limits::batch>("batch", "how large it is"));
};

auto load() { return ms::load_settings<limits>({}, "a.yaml"); }
