/** Sound files. */
#ifndef KWS_WAV_H
#define KWS_WAV_H

#include <stdint.h>

enum { WAV_CLIP_SAMPLES = 16000 };

/**
 * Read one second from a 16 kHz mono 16-bit PCM WAV file.
 *
 * A shorter sound is centred between zeros. Of a longer one the loudest second is found, in steps
 * of 20 ms, and the clip is centred on the centre of its energy, as far as the sound reaches.
 *
 * Returns 1; or 0 after one line on stderr that names the file, what is wrong and the way out.
 */
int wav_read(const char *path, int16_t clip[WAV_CLIP_SAMPLES]);

#endif
