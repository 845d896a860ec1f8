// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/codec.h"

#include "config.h"

#include <libdeflate.h>
#if IQ_HAVE_LZO
#include <lzo/lzo1x.h>
#endif
#if IQ_HAVE_SNAPPY
#include <snappy-c.h>
#endif
#if IQ_HAVE_ZSTD
#include <zstd.h>
#endif

/* Each decoder returns 1 when `out` is full, 0 for damaged data, -1 when memory is out. */

static int decode_zlib(struct iq_codecs *codecs, const void *bytes, size_t size, void *out, size_t out_size)
{
	if (!codecs->zlib)
		codecs->zlib = libdeflate_alloc_decompressor();
	if (!codecs->zlib)
		return -1;
	return libdeflate_zlib_decompress(codecs->zlib, bytes, size, out, out_size, NULL) == LIBDEFLATE_SUCCESS;
}

#if IQ_HAVE_LZO
static int decode_lzo(const void *bytes, size_t size, void *out, size_t out_size)
{
	lzo_uint length = out_size;
	return lzo1x_decompress_safe(bytes, size, out, &length, NULL) == LZO_E_OK && length == out_size;
}
#endif

#if IQ_HAVE_SNAPPY
static int decode_snappy(const void *bytes, size_t size, void *out, size_t out_size)
{
	size_t length = out_size;
	return snappy_uncompress(bytes, size, out, &length) == SNAPPY_OK && length == out_size;
}
#endif

#if IQ_HAVE_ZSTD
static int decode_zstd(struct iq_codecs *codecs, const void *bytes, size_t size, void *out, size_t out_size)
{
	if (!codecs->zstd)
		codecs->zstd = ZSTD_createDCtx();
	if (!codecs->zstd)
		return -1;
	return ZSTD_decompressDCtx(codecs->zstd, out, out_size, bytes, size) == out_size;
}
#endif

const char *iq_codec_name(unsigned flags)
{
	switch (flags & IQ_CODEC_MASK) {
	case 0: return "none";
	case IQ_CODEC_ZLIB: return "zlib";
	case IQ_CODEC_LZO: return "LZO";
	case IQ_CODEC_SNAPPY: return "snappy";
	case IQ_CODEC_ZSTD: return "zstd";
	}
	return "several codecs";
}

bool iq_codec_built_in(unsigned flags)
{
	switch (flags & IQ_CODEC_MASK) {
	case 0:
	case IQ_CODEC_ZLIB: return true;
	case IQ_CODEC_LZO: return IQ_HAVE_LZO;
	case IQ_CODEC_SNAPPY: return IQ_HAVE_SNAPPY;
	case IQ_CODEC_ZSTD: return IQ_HAVE_ZSTD;
	}
	return false;
}

struct iq_error *iq_codec_decode(struct iq_codecs *codecs, unsigned flags, const void *bytes, size_t size, void *out,
				 size_t out_size)
{
	const unsigned codec = flags & IQ_CODEC_MASK;
	int result = -2;
	if (codec == IQ_CODEC_ZLIB)
		result = decode_zlib(codecs, bytes, size, out, out_size);
#if IQ_HAVE_LZO
	else if (codec == IQ_CODEC_LZO)
		result = decode_lzo(bytes, size, out, out_size);
#endif
#if IQ_HAVE_SNAPPY
	else if (codec == IQ_CODEC_SNAPPY)
		result = decode_snappy(bytes, size, out, out_size);
#endif
#if IQ_HAVE_ZSTD
	else if (codec == IQ_CODEC_ZSTD)
		result = decode_zstd(codecs, bytes, size, out, out_size);
#endif
	if (result == 1)
		return NULL;
	if (result == 0)
		return iq_error_new(IQ_ERROR_FORMAT, "its %s data is damaged", iq_codec_name(flags));
	if (result == -1)
		return iq_error_no_memory();
	return iq_error_new(IQ_ERROR_UNSUPPORTED,
			    "its data is compressed with %s, which this inquest was built without",
			    iq_codec_name(flags));
}

void iq_codecs_free(struct iq_codecs *codecs)
{
	if (codecs->zlib)
		libdeflate_free_decompressor(codecs->zlib);
#if IQ_HAVE_ZSTD
	if (codecs->zstd)
		ZSTD_freeDCtx(codecs->zstd);
#endif
	*codecs = (struct iq_codecs){ 0 };
}
