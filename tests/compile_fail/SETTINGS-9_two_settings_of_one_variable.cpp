// expect: millrace\[SETTINGS-9\]
// expect: spelled<'b', '_', 'c'
#include <millrace/store/settings/load.hpp>

namespace ms = millrace::store;

struct inner {
  int b_c = 1;
  int c = 1;

  static constexpr auto settings =
      ms::settings_table(ms::setting<&inner::b_c>("b_c", "a number"), ms::setting<&inner::c>("c", "a number"));
};

struct limits {
  inner a_b = {};
  inner a = {};

#ifdef MILLRACE_MISUSE
  static constexpr auto settings =
      ms::settings_table(ms::setting<&limits::a>("a", "one"), ms::setting<&limits::a_b>("a_b", "another"));
#else
  static constexpr auto settings =
      ms::settings_table(ms::setting<&limits::a>("a", "one"), ms::setting<&limits::a_b>("d", "another"));
#endif
};

auto load() { return ms::load_settings<limits>({}, "a.yaml"); }
