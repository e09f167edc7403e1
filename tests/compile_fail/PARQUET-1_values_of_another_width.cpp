// expect: millrace\[PARQUET-1\]: cells of a Parquet column are bool
#include <millrace/store/parquet/column.hpp>

#include <cstdint>

std::size_t shown(const millrace::store::parquet_column& column) {
#ifdef MILLRACE_MISUSE
  return column.values<std::int16_t>().value().size();
#else
  return column.values<std::int32_t>().value().size();
#endif
}
