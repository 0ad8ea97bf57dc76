#include "semihosting.h"

#include <stdint.h>
#include <unistd.h>

enum {
    SYS_WRITE0 = 0x04,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
    ADP_STOPPED_RUN_TIME_ERROR = 0x20023,
    ADP_STOPPED_APPLICATION_EXIT = 0x20026,
};

static int32_t call(int32_t operation, const void *argument)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt #0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static _Noreturn void stop(int32_t reason, int32_t status)
{
    const int32_t block[2] = {reason, status};
    call(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

void semihosting_write(const char *text)
{
    call(SYS_WRITE0, text);
}

int semihosting_command_line(char *buffer, size_t size)
{
    struct {
        char *buffer;
        size_t size;
    } block = {buffer, size};
    return call(SYS_GET_CMDLINE, &block) == 0;
}

void semihosting_abort(void)
{
    stop(ADP_STOPPED_RUN_TIME_ERROR, 1);
}

/* In newlib's own form the status is lost unless the host offers an extension. */
void _exit(int status)
{
    stop(ADP_STOPPED_APPLICATION_EXIT, status);
}
