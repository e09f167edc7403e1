// expect: millrace\[REST-11\]: a board is made of panels
#include <millrace/connect/rest/dashboard/live_board.hpp>

namespace mr = millrace;
namespace rest = millrace::connect::rest;

struct panel {
  const char* title() const { return "Mine"; }
#ifdef MILLRACE_MISUSE
  void show(rest::panel_writer&) {}
#else
  mr::result<void> show(rest::panel_writer&) { return {}; }
#endif
};

rest::live_board<panel>* board() { return new rest::live_board<panel>({}, panel()); }
