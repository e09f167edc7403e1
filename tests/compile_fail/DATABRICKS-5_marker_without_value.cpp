// expect: millrace\[DATABRICKS-5\]: a marker of the statement has no value
// expect: 'm', 'o', 's', 't'
#include <millrace/connect/databricks/statement.hpp>

namespace db = millrace::connect::databricks;

db::statement made() {
  return db::sql<"SELECT * FROM t WHERE score BETWEEN :least AND :most">(db::bind<"least">(0.5)
#ifndef MILLRACE_MISUSE
                                                                             ,
                                                                         db::bind<"most">(0.9)
#endif
  );
}
