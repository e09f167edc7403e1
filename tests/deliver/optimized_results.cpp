// Compiled at -O3, whatever the other tests are: there g++ 14 took two loads of a result's union for one, and a vector
// that had been moved away was freed again.

#include <millrace/core/result.hpp>
#include <millrace/deliver/shadow.hpp>

#include <support/catch.hpp>

#include <vector>

namespace mr = millrace;
namespace md = mr::deliver;

namespace {

struct table_model {
  const double* table;
  mr::result<std::vector<double>> operator()(const int& asked) const {
    return std::vector<double>(table + asked % 4, table + asked % 4 + 1);
  }
};

struct alike {
  bool operator()(const std::vector<double>& a, const std::vector<double>& b) const { return a[0] == b[0]; }
};

}  // namespace

TEST_CASE("results of vectors that pass through a shadow's queue are freed once, at -O3 too") {
  const double table[] = {1, 2, 3, 4};
  md::shadow copied{table_model{table}, table_model{table}, alike{}, md::shadow_options{.threads = 0}};
  for (int i = 0; i < 1000; ++i) {
    CHECK(copied(i)->at(0) == table[i % 4]);
    copied.compare_waiting();
  }
  CHECK(copied.report().all.comparisons == 1000);
}
