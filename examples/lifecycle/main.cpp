// From a table to a model that is trained, judged and at work, all of it under the production middleware:
//
//     lifecycle --input FILE.csv --target COLUMN [--positive VALUE] [--out DIR]
//
// Each step is a header beside this file. `lifecycle --help` tells the rest.

#include "job.hpp"
#include "options.hpp"
#include "stop.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  using namespace lifecycle;
  const auto end = [](exit_code code, const char* sentence) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s: %s\n", program_name(), sentence);
    return static_cast<int>(code);
  };
  try {
    listen_for_interrupt();
    options asked;
    if (!read_options(argc, argv, asked)) return static_cast<int>(exit_code::good);
    if (asked.use.empty())
      train_job(asked);
    else
      use_job(asked);
    return static_cast<int>(exit_code::good);
  } catch (const stop& why) {
    return end(why.code, why.sentence.c_str());
  } catch (const std::exception& why) {
    return end(exit_code::internal, why.what());
  }
}
