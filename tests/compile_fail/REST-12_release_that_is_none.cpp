// expect: millrace\[REST-12\]: a rollout_panel shows a deliver::rollout
#include <millrace/connect/rest/dashboard/rollout_panel.hpp>

#include <string>

namespace md = millrace::deliver;

struct release {
  md::rollout_state state() const { return {}; }
#ifndef MILLRACE_MISUSE
  md::judgement report() const { return {}; }
#endif
  std::string name() const { return "fraud"; }
};

auto panel(const release& of) { return millrace::connect::rest::rollout_panel(of); }
