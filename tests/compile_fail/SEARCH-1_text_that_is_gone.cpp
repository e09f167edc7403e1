// expect: millrace\[SEARCH-1\]: a search_value refers to its text
#include <millrace/store/search.hpp>

#include <string>

namespace ms = millrace::store;

struct numbered_row {
  int number = 0;
  std::string name = "row 0";

  ms::search_value find(const ms::search_field&) const {
#ifdef MILLRACE_MISUSE
    return "row " + std::to_string(number);
#else
    return name;
#endif
  }
};

bool is_first(const numbered_row& row) {
  return ms::search_filter::make("run_name = 'row 0'", ms::run_schema)->matches(row);
}
