// expect: millrace\[DATABRICKS-2\]: a parameter is a bool, a number, a text
#include <millrace/connect/databricks/statement.hpp>

#include <vector>

namespace db = millrace::connect::databricks;

db::statement made() {
#ifdef MILLRACE_MISUSE
  return db::sql<"SELECT :ids">(db::bind<"ids">(std::vector<int>{1, 2}));
#else
  return db::sql<"SELECT :ids">(db::bind<"ids">("[1, 2]"));
#endif
}
