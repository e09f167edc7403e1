// expect: millrace\[JUDGE-5\]: a judge takes metrics
#include <millrace/deliver/judge/judge.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
struct share_of_empty_answers {
  static constexpr std::string_view name = "empty";
};
#else
struct share_of_empty_answers {
  static constexpr std::string_view name = "empty";
  static double badness(double score) { return score; }
};
#endif

auto at(const md::judge<md::error_rate<>, share_of_empty_answers>& one) { return one.report(); }
