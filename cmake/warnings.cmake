# Flags that every C file of the project is compiled with.
add_library(levin_flags INTERFACE)
target_compile_definitions(levin_flags INTERFACE _GNU_SOURCE)
target_compile_options(levin_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wundef -Wvla -Wdouble-promotion -Werror
  -fno-math-errno)
if(LEVIN_SANITIZE)
  target_compile_options(levin_flags INTERFACE
    -fsanitize=${LEVIN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(levin_flags INTERFACE -fsanitize=${LEVIN_SANITIZE})
endif()
