// From a table to a model that is trained, judged and at work, all of it under the production middleware:
//
//     lifecycle --input FILE.csv --target COLUMN [--positive VALUE] [--out DIR]
//
// or from a model that was trained elsewhere to what it is worth on a table: --model-file FILE.
//
// job.hpp has the steps; data/ reads tables, model/ learns and judges, work/ serves, page/ draws the report, outside/
// reads models from elsewhere.
// `lifecycle --help` tells the rest.

#include "job.hpp"
#include "options.hpp"
#include "outside/score.hpp"
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
    if (!asked->model_file.empty())
      score_job(*asked);
    else if (!asked->use.empty())
      use_job(*asked);
    else
      train_job(*asked);
    return static_cast<int>(exit_code::good);
  } catch (const stop& why) {
    return end(why.code, why.sentence.c_str());
  } catch (const std::exception& why) {
    return end(exit_code::internal, why.what());
  }
}
