#include "wav.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    FORMAT_PCM = 1,
    FORMAT_EXTENSIBLE = 0xFFFE,
    RATE_HZ = 16000,
    BLOCK = 320,
    BLOCKS_PER_CLIP = WAV_CLIP_SAMPLES / BLOCK,
};

static const char WAY_OUT[] = "16 kHz mono 16-bit PCM is needed, as from "
                              "`sox IN -r 16000 -c 1 -b 16 OUT.wav`";

struct sound {
    FILE *file;
    const char *path;
    long start;
    uint32_t samples;
};

static int refuse(const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "kws: %s: ", path);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return 0;
}

static uint32_t little_endian(const uint8_t *bytes, int count)
{
    uint32_t value = 0;
    while (count-- > 0) {
        value = value << 8 | bytes[count];
    }
    return value;
}

static int check_format(const char *path, const uint8_t *chunk, uint32_t size)
{
    uint32_t format = little_endian(chunk, 2);
    if (format == FORMAT_EXTENSIBLE && size >= 26) {
        format = little_endian(chunk + 24, 2);
    }
    const uint32_t channels = little_endian(chunk + 2, 2);
    const uint32_t rate = little_endian(chunk + 4, 4);
    const uint32_t bits = little_endian(chunk + 14, 2);
    if (format != FORMAT_PCM) {
        return refuse(path, "the samples are coded in format %lu, not PCM (1); %s", format,
                      WAY_OUT);
    }
    if (rate != RATE_HZ) {
        return refuse(path, "the sample rate is %lu Hz; %s", rate, WAY_OUT);
    }
    if (channels != 1) {
        return refuse(path, "there are %lu channels; %s", channels, WAY_OUT);
    }
    if (bits != 16) {
        return refuse(path, "samples have %lu bits; %s", bits, WAY_OUT);
    }
    return 1;
}

static int find_samples(struct sound *sound, uint32_t file_size)
{
    FILE *const file = sound->file;
    const char *const path = sound->path;
    uint8_t bytes[40];
    if (file_size == 0) {
        return refuse(path, "the file is empty; a WAV file is needed");
    }
    if (fread(bytes, 1, 12, file) != 12 || memcmp(bytes, "RIFF", 4) != 0 ||
        memcmp(bytes + 8, "WAVE", 4) != 0) {
        return refuse(path, "not a WAV file (no RIFF/WAVE header in its %lu bytes); %s", file_size,
                      WAY_OUT);
    }
    int format_seen = 0;
    uint32_t place = 12;
    while (file_size - place >= 8) {
        if (fseek(file, (long)place, SEEK_SET) != 0 || fread(bytes, 1, 8, file) != 8) {
            return refuse(path, "cannot be read at byte %lu; check the file", place);
        }
        const uint32_t size = little_endian(bytes + 4, 4);
        const uint32_t left = file_size - place - 8;
        const int is_data = memcmp(bytes, "data", 4) == 0;
        const int is_format = memcmp(bytes, "fmt ", 4) == 0;
        if (size > left && (is_data || is_format)) {
            return refuse(path,
                          "truncated: its %s chunk says %lu bytes, %lu are there; write the file "
                          "again",
                          is_data ? "data" : "fmt", size, left);
        }
        if (is_format) {
            if (size < 16) {
                return refuse(path, "its fmt chunk has %lu bytes, not 16 or more; %s", size,
                              WAY_OUT);
            }
            const uint32_t used = size < sizeof bytes ? size : sizeof bytes;
            if (fread(bytes, 1, used, file) != used) {
                return refuse(path, "cannot be read at byte %lu; check the file", place + 8);
            }
            if (!check_format(path, bytes, used)) {
                return 0;
            }
            format_seen = 1;
        } else if (is_data) {
            if (!format_seen) {
                return refuse(path, "no fmt chunk before the samples; %s", WAY_OUT);
            }
            if (size == 0) {
                return refuse(path, "there are 0 samples in it; record at least one");
            }
            if (size % 2 != 0) {
                return refuse(path, "its data chunk has %lu bytes, half a sample too much; %s",
                              size, WAY_OUT);
            }
            sound->start = (long)(place + 8);
            sound->samples = size / 2;
            return 1;
        }
        /* Chunks begin at even places. */
        const uint32_t step = size + (size & 1);
        if (step < size || step > left) {
            break;
        }
        place += 8 + step;
    }
    return refuse(path, "truncated: no %s chunk in its %lu bytes; write the file again",
                  format_seen ? "data" : "fmt", file_size);
}

static int read_samples(const struct sound *sound, uint32_t first, int16_t *samples, uint32_t count)
{
    if (fseek(sound->file, sound->start + (long)(2 * first), SEEK_SET) != 0 ||
        fread(samples, 2, count, sound->file) != count) {
        return refuse(sound->path, "cannot be read at sample %lu; check the file", first);
    }
    return 1;
}

static uint64_t block_energy(const int16_t *samples)
{
    uint64_t energy = 0;
    for (int i = 0; i < BLOCK; i++) {
        energy += (uint32_t)(samples[i] * samples[i]);
    }
    return energy;
}

/** Where the clip begins in a sound that is longer than it. */
static int loudest_second(const struct sound *sound, uint32_t *first)
{
    uint64_t energies[BLOCKS_PER_CLIP] = {0};
    uint64_t best_energies[BLOCKS_PER_CLIP] = {0};
    uint64_t sum = 0;
    uint64_t best_sum = 0;
    uint32_t best = 0;
    for (uint32_t block = 0; block < sound->samples / BLOCK; block++) {
        int16_t samples[BLOCK];
        if (!read_samples(sound, block * BLOCK, samples, BLOCK)) {
            return 0;
        }
        uint64_t *const slot = &energies[block % BLOCKS_PER_CLIP];
        const uint64_t energy = block_energy(samples);
        sum += energy - *slot;
        *slot = energy;
        if (block + 1 >= BLOCKS_PER_CLIP && sum > best_sum) {
            best_sum = sum;
            best = block + 1 - BLOCKS_PER_CLIP;
            memcpy(best_energies, energies, sizeof energies);
        }
    }
    if (best_sum == 0) {
        *first = 0;
        return 1;
    }
    uint64_t moment = 0;
    for (uint32_t i = 0; i < BLOCKS_PER_CLIP; i++) {
        moment += i * best_energies[(best + i) % BLOCKS_PER_CLIP];
    }
    const uint32_t centre = best * BLOCK + (uint32_t)(moment * BLOCK / best_sum) + BLOCK / 2;
    const uint32_t last = sound->samples - WAV_CLIP_SAMPLES;
    *first = centre < WAV_CLIP_SAMPLES / 2 ? 0 : centre - WAV_CLIP_SAMPLES / 2;
    *first = *first < last ? *first : last;
    return 1;
}

static int read_clip(const struct sound *sound, int16_t *clip)
{
    if (sound->samples > WAV_CLIP_SAMPLES) {
        uint32_t first;
        return loudest_second(sound, &first) && read_samples(sound, first, clip, WAV_CLIP_SAMPLES);
    }
    memset(clip, 0, WAV_CLIP_SAMPLES * sizeof *clip);
    return read_samples(sound, 0, clip + (WAV_CLIP_SAMPLES - sound->samples) / 2, sound->samples);
}

int wav_read(const char *path, int16_t clip[WAV_CLIP_SAMPLES])
{
    struct sound sound = {.file = fopen(path, "rb"), .path = path};
    if (sound.file == NULL) {
        return refuse(path, "cannot be opened; check that it exists and may be read");
    }
    long size = -1;
    if (fseek(sound.file, 0, SEEK_END) == 0) {
        size = ftell(sound.file);
    }
    int done = 0;
    if (size < 0 || fseek(sound.file, 0, SEEK_SET) != 0) {
        refuse(path, "has no size; a regular file is needed");
    } else {
        done = find_samples(&sound, (uint32_t)size) && read_clip(&sound, clip);
    }
    fclose(sound.file);
    return done;
}
