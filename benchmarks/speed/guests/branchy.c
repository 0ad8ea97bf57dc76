/* Branchy C: a sort, a CRC bit by bit, a state machine that reads numbers, a linked list. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef ROUNDS
#define ROUNDS 100
#endif
enum { COUNT = 256 };

struct node {
    struct node *next;
    uint32_t value;
};

static uint32_t seed = 1;
static uint32_t numbers[COUNT];
static char text[1024];
static struct node nodes[COUNT];

static uint32_t number(void)
{
    return (seed = seed * 1664525u + 1013904223u) >> 8;
}

static int ascending(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return a < b ? -1 : a > b;
}

static uint32_t crc(const uint8_t *data, int length)
{
    uint32_t value = ~0u;
    for (int i = 0; i < length; i++) {
        value ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ 0xEDB88320u : value >> 1;
    }
    return ~value;
}

static uint32_t scan(const char *at)
{
    enum { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, INVALID } state = START;
    uint32_t counts[INVALID + 1] = {0};
    for (; *at; at++) {
        char c = *at;
        if (c == ',') {
            counts[state]++;
            state = START;
            continue;
        }
        switch (state) {
        case START:
            state = c == '-' || c == '+' ? SIGN : c >= '0' && c <= '9' ? INTEGER : c == '.' ? POINT : INVALID;
            break;
        case SIGN:
            state = c >= '0' && c <= '9' ? INTEGER : c == '.' ? POINT : INVALID;
            break;
        case INTEGER:
            if (c == '.') state = FRACTION;
            else if (c == 'e') state = EXPONENT;
            else if (c < '0' || c > '9') state = INVALID;
            break;
        case POINT:
            state = c >= '0' && c <= '9' ? FRACTION : INVALID;
            break;
        case FRACTION:
            if (c == 'e') state = EXPONENT;
            else if (c < '0' || c > '9') state = INVALID;
            break;
        case EXPONENT:
            if (c < '0' || c > '9') state = INVALID;
            break;
        default:
            break;
        }
    }
    uint32_t sum = 0;
    for (int k = 0; k <= INVALID; k++)
        sum = sum * 17 + counts[k];
    return sum;
}

static uint32_t walk(void)
{
    struct node *head = NULL;
    for (int i = 0; i < COUNT; i++) {
        struct node **place = &head;
        nodes[i].value = numbers[(i * 77) % COUNT] & 0xFF;
        for (int steps = 0; *place && (*place)->value < nodes[i].value && steps < 24; steps++)
            place = &(*place)->next;
        nodes[i].next = *place;
        *place = &nodes[i];
    }
    uint32_t sum = 0;
    for (struct node *at = head; at; at = at->next)
        sum = sum * 31 + at->value;
    return sum;
}

int main(void)
{
    static const char alphabet[] = "0123456789012345678901234+-.,,,e";
    uint32_t sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < COUNT; i++)
            numbers[i] = number();
        for (unsigned i = 0; i < sizeof text - 1; i++)
            text[i] = alphabet[number() % (sizeof alphabet - 1)];
        sum = sum * 31 + walk();
        qsort(numbers, COUNT, sizeof *numbers, ascending);
        sum = sum * 31 + crc((const uint8_t *)numbers, sizeof numbers);
        sum = sum * 31 + scan(text);
    }
    printf("branchy %08lx\n", (unsigned long)sum);
    return 0;
}
