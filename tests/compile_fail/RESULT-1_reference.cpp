// expect: use result<T\*>
#include <millrace/core/result.hpp>

millrace::result<int*> first_row(int* row) { return row; }

#ifdef MILLRACE_MISUSE
millrace::result<int&> first_row(int& row);
bool found = first_row(*new int).has_value();
#endif
