// expect: millrace\[TRIAL-4\]: two metrics of an experiment, guardrails included, have one name
#include <millrace/deliver/experiment/experiment.hpp>

namespace md = millrace::deliver;
namespace ms = millrace::stats;

template <class Guards>
using shop =
    md::experiment<md::experiment_layer<"shop">, md::variants<md::variant<"a", 1>, md::variant<"b", 1>>,
                   ms::outcomes<ms::mean_of<"latency">>, ms::decision<ms::always_valid, ms::alpha<.05>>, Guards>;

#ifdef MILLRACE_MISUSE
using test = shop<md::guardrails<md::guardrail<ms::mean_of<"latency">, md::harm::above>>>;
#else
using test = shop<md::guardrails<md::guardrail<ms::mean_of<"errors">, md::harm::above>>>;
#endif

std::size_t size() { return sizeof(test); }
