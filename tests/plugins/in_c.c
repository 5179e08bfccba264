/* A plugin in C: each byte the other way round. */

#include <engram/plugin.h>

static engram_status open_codec(const char *configuration, const char *version, const engram_elements *elements, void **state,
                                engram_message *message) {
  (void)configuration;
  (void)version;
  (void)elements;
  (void)message;
  *state = NULL;
  return ENGRAM_OK;
}

static void close_codec(void *state) { (void)state; }

static uint64_t max_encoded_size(void *state, uint64_t decoded_size) {
  (void)state;
  return decoded_size;
}

static engram_status turn(void *state, const void *in, uint64_t in_size, void *out, uint64_t room, uint64_t *written,
                          engram_message *message) {
  const unsigned char *from = in;
  unsigned char *to = out;
  (void)state;
  (void)message;
  if (in_size > room) return ENGRAM_CORRUPT_DATA;
  for (uint64_t i = 0; i < in_size; ++i) to[i] = (unsigned char)~from[i];
  *written = in_size;
  return ENGRAM_OK;
}

static const char *const versions[] = {"1.0", NULL};

static const engram_codec inverted = {ENGRAM_PLUGIN_ABI, sizeof(engram_codec), "inverted", versions, 0,    0,   open_codec,
                                      close_codec,       max_encoded_size,     turn,       turn,     NULL, NULL};

ENGRAM_PLUGIN_EXPORT const engram_codec *engram_codec_plugin(uint32_t index);

ENGRAM_PLUGIN_EXPORT const engram_codec *engram_codec_plugin(uint32_t index) { return index == 0 ? &inverted : NULL; }
