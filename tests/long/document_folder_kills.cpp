// Eight writers of one folder of documents are killed 1000 times; see tests/support/folder_kills.hpp.

#include <support/catch.hpp>
#include <support/folder_kills.hpp>
#include <support/temp_dir.hpp>

#include <cstdio>

TEST_CASE("document_folder: a thousand rounds of killed writers") {
  const support::temp_dir folder;
  const std::uint64_t seed = millrace::entropy_seed();
  millrace::random_engine random(seed);
  const auto report = support::kill_folder_writers(folder.path(), 1000, random);
  std::printf("seed %llu: %llu acknowledged steps, opened again in at most %.1f ms\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(report.acknowledged),
              1e3 * report.slowest_open);
  CHECK(report.problem == "");
}
