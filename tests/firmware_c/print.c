/* printf and scanf: integers of all widths, floats, flags, precisions. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

int main(void)
{
    const double numbers[] = {
        0.0,     -0.0,      1.0,   -1.5,   3.14159265358979,       1e-10, 1e10,   123456.789,
        -2.5e-7, 1.0 / 3.0, 1e100, 5e-324, 1.7976931348623157e308, 0.1,   99999.5};
    for (unsigned k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        const double x = numbers[k];
        printf("%f %e %g %.3f %10.2e %-12g| %+.0f %#.0f %05.1f\n", x < 1e50 ? x : 1.0, x, x,
               x < 1e50 ? x : 2.0, x, x, x < 1e50 ? x : 3.0, x < 1e50 ? x : 4.0,
               x < 1e50 ? x : 5.0);
    }
    printf("%f %F %e %g %f\n", 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0 * 0, (double)1.1f, (double)-0.0f);
    printf("%d %i %u %o %x %X %c %s %%\n", INT_MIN, INT_MAX, UINT_MAX, 511, 48879, 48879, 'q',
           "text");
    printf("[%8d] [%-8d] [%08d] [%+d] [% d] [%#x] [%#o] [%.3d] [%8.3d]\n", 42, 42, -42, 42, 42, 255,
           8, 7, 7);
    printf("[%10s] [%-10s] [%.2s] [%*d] [%-*d]\n", "right", "left", "cut", 6, 1, 6, 2);
    printf("%ld %lu %hd %hhd\n", LONG_MIN, ULONG_MAX, (short)-2, (signed char)-3);
    for (int k = 0; k < 20; k++) {
        printf("%.*f ", k, 2.0 / 3.0);
    }
    puts("");
    char text[80];
    const int length = snprintf(text, sizeof text, "%5.2f|%d", 2.71828, 12345);
    printf("%d %s\n", length, text);
    int a = 0, b = 0;
    float f = 0;
    double d = 0;
    const int found = sscanf("17 0x1f -2.25 6.02e23 rest", "%d %i %f %lf", &a, &b, &f, &d);
    printf("%d: %d %d %f %g\n", found, a, b, (double)f, d);
    return 7;
}
