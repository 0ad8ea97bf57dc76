/** Sound files. */
#ifndef KWS_WAV_H
#define KWS_WAV_H

#include <stdint.h>
#include <stdio.h>

enum { WAV_RATE_HZ = 16000 };

/** A 16 kHz mono 16-bit PCM WAV file. */
struct wav {
    FILE *file;
    const char *path;
    long start; /* of the samples, in bytes */
    uint32_t samples;
    uint32_t read;
};

/** Open a file with at least one sample. Returns 0 after one line on stderr that names the file,
 * what is wrong and the way out. */
int wav_open(struct wav *wav, const char *path);

/** Read the next samples, at most as many as are left. Returns 0 after one line on stderr. */
int wav_read(struct wav *wav, int16_t *samples, uint32_t count);

void wav_close(struct wav *wav);

#endif
