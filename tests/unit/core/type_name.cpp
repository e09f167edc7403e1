#include <millrace/core/type_name.hpp>
