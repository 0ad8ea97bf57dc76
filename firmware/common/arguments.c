#include "arguments.h"

#include <stddef.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int split_arguments(char *line, char **words, int most)
{
    int count = 0;
    const char *from = line;
    char *to = line;
    while (count < most) {
        while (is_blank(*from)) {
            from++;
        }
        if (*from == '\0') {
            break;
        }
        words[count++] = to;
        char quote = '\0';
        for (; *from != '\0' && (quote != '\0' || !is_blank(*from)); from++) {
            if (*from == quote) {
                quote = '\0';
            } else if (quote == '\0' && (*from == '"' || *from == '\'')) {
                quote = *from;
            } else {
                if (quote == '"' && *from == '\\' && (from[1] == '"' || from[1] == '\\')) {
                    from++;
                }
                *to++ = *from;
            }
        }
        /* The terminator may fall on the blank at `from`. */
        const int more = *from != '\0';
        *to++ = '\0';
        from += more;
    }
    words[count] = NULL;
    return count;
}
