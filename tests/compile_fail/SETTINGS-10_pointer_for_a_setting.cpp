// expect: millrace\[SETTINGS-10\]: no setting has this type
#include <millrace/store/settings/load.hpp>

namespace ms = millrace::store;

struct limits {
  const char* name = "";
  int rows = 1;

#ifdef MILLRACE_MISUSE
  static constexpr auto settings = ms::settings_table(ms::setting<&limits::name>("name", "of a batch"));
#else
  static constexpr auto settings = ms::settings_table(ms::setting<&limits::rows>("rows", "of a batch"));
#endif
};

auto load() { return ms::load_settings<limits>({}, "a.yaml"); }
