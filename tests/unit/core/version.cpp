#include <millrace/core/version.hpp>
