/* Reads the file named by its argument in several ways. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **words)
{
    if (count < 2) {
        puts("no argument");
        return 2;
    }
    FILE *file = fopen(words[1], "rb");
    if (!file) {
        puts("cannot open");
        return 3;
    }
    unsigned long hash = 5381, bytes = 0;
    int c;
    while ((c = fgetc(file)) != EOF) {
        hash = hash * 33 ^ (unsigned long)c;
        bytes++;
    }
    printf("%lu bytes, hash %lx, eof %d\n", bytes, hash & 0xffffffff, feof(file) != 0);
    fseek(file, 0, SEEK_END);
    const long length = ftell(file);
    fseek(file, 17, SEEK_SET);
    char line[64];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        printf("[%s]\n", line);
    }
    printf("length %ld\n", length);
    rewind(file);
    char *all = malloc((size_t)length);
    printf("read %u\n", (unsigned)fread(all, 1, (size_t)length, file));
    printf("more %u\n", (unsigned)fread(line, 1, 10, file));
    fclose(file);
    if (fopen("/no/such/file", "r")) {
        puts("opened what is not there");
    }
    fprintf(stdout, "%.20s\n", all);
    free(all);
    return 0;
}
