/** Stores to an address with nothing behind it; with an argument returns a status instead. */
#include <stdint.h>

int main(int count, char **words)
{
    (void)words;
    if (count > 1) {
        return 42;
    }
    *(volatile uint32_t *)0x90000000 = 1;
    return 0;
}
