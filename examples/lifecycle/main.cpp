// From a table to a model that is trained, judged and at work, all of it under the production middleware:
//
//     lifecycle --input FILE.csv --target COLUMN [--positive VALUE] [--out DIR]
//
// job.hpp has the steps; data/ reads tables, model/ learns and judges, work/ serves, page/ draws the report.
// `lifecycle --help` tells the rest.

#include "job.hpp"
#include "options.hpp"
#include "stop.hpp"

#include <cstdio>
#include <exception>
#include <optional>

int main(int argc, char** argv) {
  using namespace lifecycle;
  const auto end = [](exit_code code, const char* sentence) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s: %s\n", program_name(), sentence);
    return static_cast<int>(code);
  };
  try {
    listen_for_interrupt();
    const std::optional<options> asked = read_options(argc, argv);
    if (!asked) return static_cast<int>(exit_code::good);
    if (asked->use.empty())
      train_job(*asked);
    else
      use_job(*asked);
    return static_cast<int>(exit_code::good);
  } catch (const stop& why) {
    return end(why.code, why.sentence.c_str());
  } catch (const std::exception& why) {
    return end(exit_code::internal, why.what());
  }
}
