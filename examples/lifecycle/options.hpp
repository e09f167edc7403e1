#ifndef MILLRACE_EXAMPLES_LIFECYCLE_OPTIONS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_OPTIONS_HPP

#include "data/read_table.hpp"
#include "data/split.hpp"
#include "families/family.hpp"
#include "families/network_options.hpp"
#include "model/decisions.hpp"
#include "work/release.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace lifecycle {

struct options {
  std::string input;  // empty: made-up payments
  std::size_t rows = 100'000;
  std::string use;         // empty: train
  std::string model_file;  // of a model from elsewhere that is to answer for the input
  std::string out = "out";
  std::string store;  // where runs and models are kept; empty: a file in `out`
  reading read;
  split_shares shares;
  training_options training;
  mistake_costs costs;
  std::optional<family> only;                   // the one family of models to fit; else all are tried
  double budget = 30;                           // seconds for trying them
  injected_fault fault = injected_fault::none;  // done to the new model while it is released
  std::uint64_t seed = 42;

  std::string store_path() const {
    return store.empty() ? out + (out.ends_with('/') ? "millrace.db" : "/millrace.db") : store;
  }
};

/// What the one at the keyboard called: tools/demo says so, when it is that.
const char* program_name() noexcept;

/// Reads the command line. Ends the job where it makes no sense; returns nothing where it asked for help, which is
/// printed then.
std::optional<options> read_options(int argc, const char* const* argv);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_OPTIONS_HPP
