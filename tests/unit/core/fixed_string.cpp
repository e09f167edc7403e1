#include <millrace/core/fixed_string.hpp>
