// expect: millrace\[SETTINGS-3\]
// expect: spelled<'r', 'o', 'w', 's'
#include <millrace/store/settings/load.hpp>

namespace ms = millrace::store;

struct limits {
  int rows = 1;
  int wait = 1;

#ifdef MILLRACE_MISUSE
  static constexpr auto settings = ms::settings_table(ms::setting<&limits::rows>("rows", "of a batch"),
                                                      ms::setting<&limits::wait>("rows", "for company"));
#else
  static constexpr auto settings = ms::settings_table(ms::setting<&limits::rows>("rows", "of a batch"),
                                                      ms::setting<&limits::wait>("wait", "for company"));
#endif
};

auto load() { return ms::load_settings<limits>({}, "a.yaml"); }
