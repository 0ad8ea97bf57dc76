# The compiler and its options, per core.
CC := arm-none-eabi-gcc
AR := arm-none-eabi-ar

CORES := m4 m7
# GCC's scheduler ahead of register allocation spills the matrix product's pointers on the M4.
CORE_FLAGS_m4 := -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard -fno-schedule-insns \
                 -DSINGLE_ISSUE
CORE_FLAGS_m7 := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard
CFLAGS := -std=gnu17 -O3 -g -Wall -Wextra -Wconversion -Werror -ffunction-sections
# The same image wherever the tree stands.
CFLAGS += -ffile-prefix-map=$(CURDIR)=kernels
