#include <millrace/core/error.hpp>
