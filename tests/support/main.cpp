// Catch2's main. Version 2 ships it as a macro; version 3 as a library of its own.
#define CATCH_CONFIG_MAIN
#include <support/catch.hpp>
