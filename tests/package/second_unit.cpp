// A second translation unit, so that whatever is not inline is defined twice.
#include <millrace/millrace.hpp>

const char* version_in_second_unit() { return MILLRACE_VERSION_STRING; }
