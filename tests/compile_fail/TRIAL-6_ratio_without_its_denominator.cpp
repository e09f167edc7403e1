// expect: millrace\[TRIAL-6\]: update<Metric> takes the unit and the inputs of the metric
#include <millrace/deliver/experiment/experiment.hpp>

namespace md = millrace::deliver;
namespace ms = millrace::stats;

using test = md::experiment<md::experiment_layer<"shop">, md::variants<md::variant<"a", 1>, md::variant<"b", 1>>,
                            ms::outcomes<ms::ratio<"paid", "clicks">>, ms::decision<ms::always_valid, ms::alpha<.05>>>;

#ifdef MILLRACE_MISUSE
bool tell(test& to) { return to.update<"paid/clicks">(17, 1); }
#else
bool tell(test& to) { return to.update<"paid/clicks">(17, 1, 3); }
#endif
