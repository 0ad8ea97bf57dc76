/** How deep the stack has been. */
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

enum { STACK_PAINTED = 4096 };

/** Paint the free stack, STACK_PAINTED bytes below the caller's frame. */
void stack_paint(void);

/**
 * Return the bytes of stack from its top to the deepest word that has lost its paint since; if all
 * have, at least so many were used.
 */
uint32_t stack_used(void);

#endif
