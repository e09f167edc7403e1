// expect: millrace\[SETTINGS-2\]: the name of a setting
// expect: spelled<'R', 'o', 'w', 's'
#include <millrace/store/settings/load.hpp>

namespace ms = millrace::store;

struct limits {
  int rows = 1;
  int wait = 1;

#ifdef MILLRACE_MISUSE
  static constexpr auto settings = ms::settings_table(ms::setting<&limits::rows>("Rows", "of a batch"),
                                                      ms::setting<&limits::wait>("wait", "for company"));
#else
  static constexpr auto settings = ms::settings_table(ms::setting<&limits::rows>("rows", "of a batch"),
                                                      ms::setting<&limits::wait>("wait", "for company"));
#endif
};

auto load() { return ms::load_settings<limits>({}, "a.yaml"); }
