// expect: millrace\[TRIAL-7\]: the third part of an experiment is stats::outcomes
#include <millrace/deliver/experiment/experiment.hpp>

namespace md = millrace::deliver;
namespace ms = millrace::stats;

template <class Outcomes>
using shop = md::experiment<md::experiment_layer<"shop">, md::variants<md::variant<"a", 1>, md::variant<"b", 1>>,
                            Outcomes, ms::decision<ms::always_valid, ms::alpha<.05>>>;

#ifdef MILLRACE_MISUSE
using test = shop<ms::conversion<"bought">>;
#else
using test = shop<ms::outcomes<ms::conversion<"bought">>>;
#endif

std::size_t size() { return sizeof(test); }
