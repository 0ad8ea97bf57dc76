/** What newlib asks of the system, for the C++ program. */
#include "system.h"

#include <errno.h>
#include <sys/stat.h>

extern char end[];

void *__dso_handle;

int getentropy(void *buffer, unsigned length)
{
    (void)buffer;
    (void)length;
    errno = ENOSYS;
    return -1;
}

void *_sbrk(int more)
{
    static char *top = end;
    char *old = top;
    if (top + more > (char *)READ_SPECIAL("msp") - 16384) {
        errno = ENOMEM;
        return (void *)-1;
    }
    top += more;
    return old;
}

int _write(int file, const char *data, int length)
{
    (void)file;
    for (int k = 0; k < length; k++) {
        say("%c", data[k]);
    }
    return length;
}

int _read(int file, char *data, int length)
{
    (void)file;
    (void)data;
    (void)length;
    return 0;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _lseek(int file, int offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _kill(int process, int signal)
{
    (void)process;
    (void)signal;
    leave(1);
}

int _getpid(void)
{
    return 1;
}

void _exit(int status)
{
    leave(status);
}

void _init(void)
{
}

void _fini(void)
{
}
