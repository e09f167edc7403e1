// expect: millrace\[SETTINGS-7\]
// expect: spelled<'h', 'o', 'w'
#include <millrace/store/settings/load.hpp>

namespace ms = millrace::store;

enum class how { fast, slow };

struct limits {
  how way = how::fast;
  static constexpr ms::setting_choice ways[] = {{"fast", how::fast}, {"slow", how::slow}};

#ifdef MILLRACE_MISUSE
  static constexpr auto settings = ms::settings_table(ms::setting<&limits::way>("how", "it is done"));
#else
  static constexpr auto settings =
      ms::settings_table(ms::setting<&limits::way>("how", "it is done", {.choices = ways}));
#endif
};

auto load() { return ms::load_settings<limits>({}, "a.yaml"); }
