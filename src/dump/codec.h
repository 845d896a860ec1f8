/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page compressions of kdump-compressed dumps. */
#ifndef IQ_DUMP_CODEC_H
#define IQ_DUMP_CODEC_H

#include "util/error.h"

#include <stddef.h>

/* Bits of a page descriptor's flags and of the header's status. Source: makedumpfile's diskdump_mod.h. */
#define IQ_CODEC_ZLIB 0x01
#define IQ_CODEC_LZO 0x02
#define IQ_CODEC_SNAPPY 0x04
#define IQ_CODEC_ZSTD 0x20
#define IQ_CODEC_MASK (IQ_CODEC_ZLIB | IQ_CODEC_LZO | IQ_CODEC_SNAPPY | IQ_CODEC_ZSTD)

/* Decompressors that are kept between pages; zero-initialise. */
struct iq_codecs {
	void *zlib, *zstd;
};

/* The name of a codec: "zlib", "LZO", "snappy", "zstd"; "none" for 0. */
const char *iq_codec_name(unsigned flags);

/* Whether this build can decode it. */
bool iq_codec_built_in(unsigned flags);

/* Decodes `size` bytes to exactly `out_size` bytes, or fails: IQ_ERROR_FORMAT for damaged data, IQ_ERROR_UNSUPPORTED
 * for a codec that is not built in or not known. */
struct iq_error *iq_codec_decode(struct iq_codecs *codecs, unsigned flags, const void *bytes, size_t size, void *out,
				 size_t out_size);

void iq_codecs_free(struct iq_codecs *codecs);

#endif
