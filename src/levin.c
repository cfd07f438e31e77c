/* levin.c: the one file that may see every room: it lists the back ends. */
#include <levin/levin.h>
