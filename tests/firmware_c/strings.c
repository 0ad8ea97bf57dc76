/* String functions at every alignment, against byte-by-byte loops. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char from[256], to[256], expected[256];

int main(void)
{
    uint32_t hash = 5381;
    for (int i = 0; i < 255; i++) {
        from[i] = (char)(33 + (i * 7) % 90);
    }
    for (unsigned source = 0; source < 8; source++) {
        for (unsigned target = 0; target < 8; target++) {
            for (unsigned n = 0; n < 70; n += 1 + n / 9) {
                memset(to, '.', sizeof to);
                memset(expected, '.', sizeof expected);
                for (unsigned i = 0; i < n; i++) {
                    expected[target + i] = from[source + i];
                }
                memcpy(to + target, from + source, n);
                if (memcmp(to, expected, sizeof to)) {
                    printf("memcpy %u %u %u\n", source, target, n);
                    return 1;
                }
                memmove(to + target, to + source, n);
                for (unsigned i = 0; i < sizeof to; i++) {
                    hash = hash * 33 ^ (unsigned char)to[i];
                }
            }
        }
    }
    printf("hash %lx\n", (unsigned long)hash);
    for (unsigned offset = 0; offset < 8; offset++) {
        for (unsigned n = 0; n < 40; n++) {
            char text[64];
            memset(text, 'x', sizeof text);
            text[offset + n] = 0;
            if (strlen(text + offset) != n || strchr(text + offset, 0) != text + offset + n) {
                printf("strlen %u %u\n", offset, n);
                return 2;
            }
            strcpy(to + 3, text + offset);
            if (strcmp(to + 3, text + offset) || (n && strcmp(to + 4, text + offset) >= 0)) {
                printf("strcmp %u %u\n", offset, n);
                return 3;
            }
        }
    }
    char words[] = "the quick brown fox;jumps,over the lazy dog";
    for (char *word = strtok(words, " ;,"); word; word = strtok(NULL, " ;,")) {
        for (char *c = word; *c; c++) {
            *c = (char)toupper((unsigned char)*c);
        }
        printf("%s(%u) ", word, (unsigned)strlen(word));
    }
    printf("\n%s %s %d %d\n", strstr("haystack with needle", "needle"), strrchr("a/b/c", '/'),
           strncmp("abcd", "abce", 3), memcmp("abc", "abd", 3) < 0);
    char *rest;
    printf("%ld %lu ", strtol("-123abc", &rest, 10), strtoul("ff", NULL, 16));
    printf("%s %d %g\n", rest, atoi("42"), strtod("-1.25e3x", &rest));
    return (int)strspn("aabbcc", "ab");
}
