// expect: millrace\[DATABRICKS-4\]: the parameters of a statement have names
#include <millrace/connect/databricks/statement.hpp>

namespace db = millrace::connect::databricks;

db::statement made() {
#ifdef MILLRACE_MISUSE
  return db::sql<"SELECT * FROM t WHERE score > ?">();
#else
  return db::sql<"SELECT * FROM t WHERE score > 1 -- ?">();
#endif
}
