/* setjmp and longjmp, function pointers, recursion, big switches, varargs, atexit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf back;

static double dive(int depth, double a, double b)
{
    if (depth == 0) {
        longjmp(back, 42);
    }
    return dive(depth - 1, b, a + b) + a * 0.5;
}

static int sum(int count, ...)
{
    va_list list;
    va_start(list, count);
    int total = 0;
    for (int k = 0; k < count; k++) {
        total += k & 1 ? (int)va_arg(list, double) : va_arg(list, int);
    }
    va_end(list);
    return total;
}

static int machine(const char *code)
{
    int stack[16], top = 0;
    for (; *code; code++) {
        switch (*code) {
        case '0':
        case '1':
        case '2':
        case '3':
        case '4':
        case '5':
        case '6':
        case '7':
        case '8':
        case '9':
            stack[top++] = *code - '0';
            break;
        case '+':
            top--;
            stack[top - 1] += stack[top];
            break;
        case '-':
            top--;
            stack[top - 1] -= stack[top];
            break;
        case '*':
            top--;
            stack[top - 1] *= stack[top];
            break;
        case '/':
            top--;
            stack[top - 1] /= stack[top];
            break;
        case '%':
            top--;
            stack[top - 1] %= stack[top];
            break;
        case '<':
            top--;
            stack[top - 1] <<= stack[top];
            break;
        case '>':
            top--;
            stack[top - 1] >>= stack[top];
            break;
        case '&':
            top--;
            stack[top - 1] &= stack[top];
            break;
        case '|':
            top--;
            stack[top - 1] |= stack[top];
            break;
        case '^':
            top--;
            stack[top - 1] ^= stack[top];
            break;
        case '~':
            stack[top - 1] = ~stack[top - 1];
            break;
        case '!':
            stack[top - 1] = !stack[top - 1];
            break;
        case 'd':
            stack[top] = stack[top - 1];
            top++;
            break;
        default:
            return -1;
        }
    }
    return stack[0];
}

static int ackermann(int m, int n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static int add(int a, int b)
{
    return a + b;
}
static int subtract(int a, int b)
{
    return a - b;
}
static int multiply(int a, int b)
{
    return a * b;
}

static void goodbye(void)
{
    puts("goodbye");
}

int main(void)
{
    atexit(goodbye);
    volatile int rounds = 0;
    volatile double kept = 1.25;
    const int value = setjmp(back);
    if (rounds++ < 3) {
        printf("round %d value %d kept %g\n", rounds, value, kept);
        kept *= 3;
        dive(10 + rounds, 1.0, 2.0);
    }
    printf("sum %d\n", sum(6, 1, 2.5, 3, 4.5, 5, 6.5));
    printf("machine %d %d %d\n", machine("93+4*d7%<"), machine("9~5-3/"), machine("8d&1|!3^"));
    printf("ackermann %d\n", ackermann(2, 9));
    int (*const table[])(int, int) = {add, subtract, multiply};
    int x = 1;
    for (int k = 0; k < 30; k++) {
        x = table[k % 3](x, k + 2) % 10007;
    }
    printf("table %d\n", x);
    exit(x & 0x3f);
}
