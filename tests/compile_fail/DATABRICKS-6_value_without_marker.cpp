// expect: millrace\[DATABRICKS-6\]: a value is bound that the statement has no marker for
// expect: 'm', 'o', 's', 't'
#include <millrace/connect/databricks/statement.hpp>

namespace db = millrace::connect::databricks;

db::statement made() {
#ifdef MILLRACE_MISUSE
  return db::sql<"SELECT * FROM t WHERE score >= :least">(db::bind<"least">(0.5), db::bind<"most">(0.9));
#else
  return db::sql<"SELECT * FROM t WHERE score >= :least">(db::bind<"least">(0.5));
#endif
}
