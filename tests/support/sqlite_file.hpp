#ifndef MILLRACE_TESTS_SUPPORT_SQLITE_FILE_HPP
#define MILLRACE_TESTS_SUPPORT_SQLITE_FILE_HPP

#include <sqlite3.h>
#include <string>

namespace support {

/// Runs a statement on a file by SQLite alone. Returns the first text that it returns, or the error.
inline std::string ask_sqlite(const std::string& path, const std::string& statement) {
  sqlite3* db = nullptr;
  std::string found;
  if (::sqlite3_open(path.c_str(), &db) == SQLITE_OK) {
    ::sqlite3_busy_timeout(db, 5000);
    sqlite3_stmt* one = nullptr;
    const char* rest = statement.c_str();
    while (*rest != '\0' && ::sqlite3_prepare_v2(db, rest, -1, &one, &rest) == SQLITE_OK) {
      const int code = ::sqlite3_step(one);
      if (code == SQLITE_ROW && ::sqlite3_column_text(one, 0) != nullptr)
        found = reinterpret_cast<const char*>(::sqlite3_column_text(one, 0));
      ::sqlite3_finalize(one);
      if (code != SQLITE_ROW && code != SQLITE_DONE) break;
    }
  }
  const int code = ::sqlite3_errcode(db);
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) found = ::sqlite3_errmsg(db);
  ::sqlite3_close(db);
  return found;
}
inline std::string sqlite_integrity(const std::string& path) { return ask_sqlite(path, "PRAGMA integrity_check"); }

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SQLITE_FILE_HPP
