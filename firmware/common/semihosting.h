/** Semihosting calls that newlib does not make for us. */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stddef.h>

/** Write a string to the debug console, without newlib. */
void semihosting_write(const char *text);

/** Read the command line, without its terminator at most size - 1 characters; 0 if there is none.
 */
int semihosting_command_line(char *buffer, size_t size);

/** End the run as a failure of the program itself. */
_Noreturn void semihosting_abort(void);

#endif
