#ifndef ENGRAM_PLUGIN_H
#define ENGRAM_PLUGIN_H

/* What a plugin of codecs has to offer: a shared library, in C or C++, with one symbol.
 *
 *     ENGRAM_PLUGIN_EXPORT const engram_codec *engram_codec_plugin(uint32_t index);
 *
 * It gives the codec with each index from 0 on, and NULL behind the last. What it points to, and
 * all texts in it, must live as long as the library is loaded, which is until the process ends.
 *
 * A codec turns the bytes of a chunk into others and back. Its functions may be called by many
 * threads at once, also with the same state: open() makes one for each array, or several. None may
 * throw, keep a pointer that it is given, or write more than it is told to; engram looks at what it
 * can (sizes, bytes written behind the end, exceptions) and makes an error of it.
 *
 * Docs: docs/plugins.md. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of this header. Another number is another layout, and is refused. */
#define ENGRAM_PLUGIN_ABI 1u

#if defined(_WIN32)
#define ENGRAM_PLUGIN_EXPORT __declspec(dllexport)
#else
#define ENGRAM_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/* What functions return. */
typedef enum engram_status {
  ENGRAM_OK = 0,
  ENGRAM_CORRUPT_DATA = 1,     /* What is to be decoded is damaged. */
  ENGRAM_INVALID_ARGUMENT = 2, /* The configuration says what can't be. */
  ENGRAM_UNSUPPORTED = 3,      /* It is right, but this codec does not do it. */
  ENGRAM_LIMIT_EXCEEDED = 4,   /* Too much is asked for. */
  ENGRAM_FAILED = 5            /* Something else went wrong. */
} engram_status;

/* Where a function that fails says why: at most `size` bytes at `text`, with a 0 at the end; UTF-8,
 * a sentence without a full stop. engram adds which codec and which chunk. */
typedef struct engram_message {
  char *text;
  size_t size;
} engram_message;

/* The elements of a chunk, as the codec is given them. */
typedef struct engram_elements {
  uint32_t struct_size;  /* sizeof(engram_elements), for members that are added later. */
  const char *type;      /* As Zarr v2 spells it: "<i2", "|u1"; NULL where it is not known. */
  uint64_t element_size; /* Bytes; 1 where it is not known. */
  uint32_t rank;
  const uint64_t *shape; /* `rank` lengths of the chunk; NULL where they are not known. */
} engram_elements;

/* engram_codec.flags */
#define ENGRAM_CODEC_LOSSY 1u /* Decoding does not give back all that was encoded. */

typedef struct engram_codec {
  uint32_t abi;         /* ENGRAM_PLUGIN_ABI */
  uint32_t struct_size; /* sizeof(engram_codec); a smaller one is refused, a larger one is newer. */
  const char *name; /* As it stands in metadata ("id" in Zarr v2, "name" in v3): a-z 0-9 _ - . */
  /* The versions of the data format that decode() reads, oldest first, each MAJOR.MINOR, NULL
   * behind the last; the last is the one that encode() writes. Metadata keep it as "codec_version".
   * Data without that member is of the first. What has the same MAJOR must be readable by who knows
   * a lower MINOR. */
  const char *const *versions;
  uint32_t flags;
  int32_t hdf5_filter; /* The number of the HDF5 filter that makes the same bytes; 0: none. */

  /* `configuration` is the JSON object of the metadata, without the codec's name and codec_version,
   * `version` one that the data have: of a MAJOR in `versions`. `elements` are what encode() will
   * be given, NULL where nobody knows. Puts into `*state` what the other functions get. */
  engram_status (*open)(const char *configuration, const char *version,
                        const engram_elements *elements, void **state, engram_message *message);
  void (*close)(void *state);

  /* The most bytes that encode() makes of `decoded_size`. */
  uint64_t (*max_encoded_size)(void *state, uint64_t decoded_size);

  /* Encodes `in` into `out`, which has room for max_encoded_size(in_size) bytes or more, and puts
   * how many there are into `*written`. */
  engram_status (*encode)(void *state, const void *in, uint64_t in_size, void *out, uint64_t room,
                          uint64_t *written, engram_message *message);

  /* Decodes `in` into `out`. ENGRAM_CORRUPT_DATA where that takes more than `room` bytes, which may
   * be more than the chunk has: of chunks of objects, such as texts, nobody knows how many. */
  engram_status (*decode)(void *state, const void *in, uint64_t in_size, void *out, uint64_t room,
                          uint64_t *written, engram_message *message);

  /* For `hdf5_filter`, NULL without: the configuration of the client data of an HDF5 filter, as a
   * JSON object with a 0 at its end in the `size` bytes at `json`; and the reverse, where `*count`
   * is the room and becomes the number of values. The object may have a codec_version; without it
   * is the last. */
  engram_status (*configuration_from_hdf5)(const uint32_t *values, size_t count, char *json,
                                           size_t size, engram_message *message);
  engram_status (*configuration_to_hdf5)(const char *configuration, const engram_elements *elements,
                                         uint32_t *values, size_t *count, engram_message *message);
} engram_codec;

/* The type of the one symbol. */
typedef const engram_codec *(*engram_codec_plugin_function)(uint32_t index);

#ifdef __cplusplus
}
#endif

#endif
