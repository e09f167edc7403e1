// expect: millrace\[REST-14\]: an experiment_panel shows a deliver::experiment
#include <millrace/connect/rest/dashboard/experiment_panel.hpp>

namespace md = millrace::deliver;

struct experiment {
#ifdef MILLRACE_MISUSE
  md::experiment_report peek() const { return {}; }
#else
  millrace::result<md::experiment_report> peek() const { return md::experiment_report(); }
#endif
};

auto panel(const experiment& of) { return millrace::connect::rest::experiment_panel(of); }
