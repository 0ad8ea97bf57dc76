#include "wav.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    FORMAT_PCM = 1,
    FORMAT_EXTENSIBLE = 0xFFFE,
};

static const char WAY_OUT[] = "16 kHz mono 16-bit PCM is needed, as from "
                              "`sox IN -r 16000 -c 1 -b 16 OUT.wav`";

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
    if (rate != WAV_RATE_HZ) {
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

static int find_samples(struct wav *wav, uint32_t file_size)
{
    FILE *const file = wav->file;
    const char *const path = wav->path;
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
            wav->start = (long)(place + 8);
            wav->samples = size / 2;
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

int wav_open(struct wav *wav, const char *path)
{
    *wav = (struct wav){.file = fopen(path, "rb"), .path = path};
    if (wav->file == NULL) {
        return refuse(path, "cannot be opened; check that it exists and may be read");
    }
    long size = -1;
    if (fseek(wav->file, 0, SEEK_END) == 0) {
        size = ftell(wav->file);
    }
    int done = 0;
    if (size < 0 || fseek(wav->file, 0, SEEK_SET) != 0) {
        refuse(path, "has no size; a regular file is needed");
    } else {
        done = find_samples(wav, (uint32_t)size) && fseek(wav->file, wav->start, SEEK_SET) == 0;
    }
    if (!done) {
        fclose(wav->file);
    }
    return done;
}

int wav_read(struct wav *wav, int16_t *samples, uint32_t count)
{
    const uint32_t first = wav->read;
    wav->read += count;
    if (fread(samples, 2, count, wav->file) != count) {
        return refuse(wav->path, "cannot be read at sample %lu; check the file", first);
    }
    return 1;
}

void wav_close(struct wav *wav)
{
    fclose(wav->file);
}
