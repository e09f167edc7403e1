// Catch2's main. Version 2 ships it as a macro; of version 3 the session alone is linked (Catch2::Catch2).
#define CATCH_CONFIG_MAIN
#include <support/catch.hpp>

#if CATCH_VERSION_MAJOR >= 3
int main(int count, char* words[]) { return Catch::Session().run(count, words); }
#endif
