// expect: millrace\[DATABRICKS-3\]: the values of a statement are bound by name
#include <millrace/connect/databricks/statement.hpp>

namespace db = millrace::connect::databricks;

db::statement made() {
#ifdef MILLRACE_MISUSE
  return db::sql<"SELECT :least">(0.9);
#else
  return db::sql<"SELECT :least">(db::bind<"least">(0.9));
#endif
}
