// expect: millrace\[PARQUET-2\]: cells for a Parquet column are bool
#include <millrace/store/parquet/column.hpp>

#include <vector>

struct trade {
  double price = 0;
};

std::size_t shown(const std::vector<trade>& trades) {
#ifdef MILLRACE_MISUSE
  return millrace::store::parquet_cells(trades).size();
#else
  std::vector<double> prices;
  for (const trade& one : trades) prices.push_back(one.price);
  return millrace::store::parquet_cells(prices).size();
#endif
}
