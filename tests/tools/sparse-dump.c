// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sparse-dump: big dumps that are small on disk.
 *
 *   sparse-dump bitmaps GIB OUT        a kdump whose bitmaps cover GIB GiB of memory; every page exists, three of four
 * are dumped, and their descriptors are a hole in the file but for each page whose number is a multiple of 0x300000
 *   sparse-dump blocks N GIB OUT       a flattened kdump of N blocks and GIB GiB: as makedumpfile does, large blocks of
 * pages and small ones of descriptors take turns (which lets their two headers share a block of the disk)
 *
 * Page n that has bytes begins with n + 1, 64 bits little-endian, eight times.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096u
#define STEP 0x300000u

static void put(int fd, uint64_t offset, const void *bytes, size_t length)
{
	if (pwrite(fd, bytes, length, (off_t)offset) != (ssize_t)length) {
		perror("sparse-dump: write");
		exit(1);
	}
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, 4);
}

static void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, 8);
}

static void fill_headers(uint8_t header[PAGE], uint8_t sub[PAGE], uint64_t pages, uint32_t bitmap_blocks)
{
	memcpy(header, "KDUMP   ", 8);
	put32(header + 8, 6);
	strcpy((char *)header + 12, "Linux");
	strcpy((char *)header + 12 + 4 * 65, "x86_64");
	put32(header + 428, PAGE);
	put32(header + 432, 1);
	put32(header + 436, bitmap_blocks);
	put32(header + 440, pages > UINT32_MAX ? UINT32_MAX : (uint32_t)pages);
	put32(header + 460, 1);
	put32(sub + 8, 31);
	static const char vmcoreinfo[] = "OSRELEASE=6.1.0-sparse\n"; /* so that nobody searches a TiB for it */
	put64(sub + 32, PAGE + 104);
	put64(sub + 40, sizeof(vmcoreinfo) - 1);
	memcpy(sub + 104, vmcoreinfo, sizeof(vmcoreinfo));
	put64(sub + 96, pages);
}

static void fill_page(uint8_t page[PAGE], uint64_t pfn)
{
	for (size_t i = 0; i < 8; i++)
		put64(page + 8 * i, pfn + 1);
}

static void put_descriptor(int fd, uint64_t offset, uint64_t data)
{
	uint8_t descriptor[24] = { 0 };
	put64(descriptor, data);
	put32(descriptor + 8, PAGE);
	put(fd, offset, descriptor, sizeof(descriptor));
}

/* Dumped are the pages whose number is not 3 modulo 4. */
static uint64_t rank(uint64_t pfn)
{
	return pfn / 4 * 3 + (pfn % 4 < 3 ? pfn % 4 : 3);
}

static void write_bitmaps(int fd, uint64_t gib)
{
	const uint64_t pages = gib << 18, bytes = pages / 8, at = 2 * PAGE;
	uint8_t header[PAGE] = { 0 }, sub[PAGE] = { 0 }, ones[PAGE], most[PAGE], page[PAGE] = { 0 };
	fill_headers(header, sub, pages, (uint32_t)(2 * bytes / PAGE));
	put(fd, 0, header, PAGE);
	put(fd, PAGE, sub, PAGE);
	memset(ones, 0xff, PAGE);
	memset(most, 0x77, PAGE);
	for (uint64_t i = 0; i < bytes; i += PAGE) {
		put(fd, at + i, ones, PAGE);
		put(fd, at + bytes + i, most, PAGE);
	}
	const uint64_t descriptors = at + 2 * bytes;
	uint64_t data = descriptors + rank(pages) * 24;
	for (uint64_t pfn = 0; pfn < pages; pfn += STEP, data += PAGE) {
		fill_page(page, pfn);
		put(fd, data, page, PAGE);
		put_descriptor(fd, descriptors + rank(pfn) * 24, data);
	}
}

static void put_block(int fd, uint64_t *at, uint64_t offset, uint64_t size)
{
	put(fd, *at, (uint64_t[]){ htobe64(offset), htobe64(size) }, 16);
	*at += 16 + size;
}

/* Every pair of blocks is one of descriptors for `each` pages and one of their data, uncompressed; only the first page
 * of each 4096th pair has bytes, the others are holes and read as zeros. */
static void write_blocks(int fd, uint64_t n, uint64_t gib)
{
	const uint64_t pairs = n / 2, each = ((gib << 18) + pairs - 1) / pairs, pages = pairs * each;
	const uint64_t bytes = ((pages + 7) / 8 + PAGE - 1) / PAGE * PAGE, bitmaps = 2 * PAGE;
	const uint64_t descriptors = bitmaps + 2 * bytes, data = descriptors + pages * 24;
	uint8_t header[PAGE] = "makedumpfile", sub[PAGE] = { 0 }, page[PAGE] = { 0 };
	put64(header + 16, htobe64(1));
	put64(header + 24, htobe64(1));
	put(fd, 0, header, PAGE);
	memset(header, 0, PAGE);
	fill_headers(header, sub, pages, (uint32_t)(2 * bytes / PAGE));
	uint64_t at = PAGE;
	put(fd, at + 16, header, PAGE);
	put(fd, at + 16 + PAGE, sub, PAGE);
	memset(page, 0xff, PAGE);
	for (uint64_t i = 0; i < 2 * bytes; i += PAGE)
		put(fd, at + 16 + bitmaps + i, page, PAGE);
	memset(page, 0, PAGE);
	put_block(fd, &at, 0, descriptors);
	for (uint64_t pair = 0; pair < pairs; pair++) {
		const uint64_t pfn = pair * each;
		if (pair % 4096 == 0) {
			for (uint64_t i = 0; i < each; i++)
				put_descriptor(fd, at + 16 + i * 24, data + (pfn + i) * PAGE);
		}
		put_block(fd, &at, descriptors + pfn * 24, each * 24);
		if (pair % 4096 == 0) {
			fill_page(page, pfn);
			put(fd, at + 16, page, PAGE);
		}
		put_block(fd, &at, data + pfn * PAGE, each * PAGE);
	}
	put(fd, at, (uint64_t[]){ UINT64_MAX, UINT64_MAX }, 16);
}

int main(int argc, char **argv)
{
	const int bitmaps = argc == 4 && !strcmp(argv[1], "bitmaps"), blocks = argc == 5 && !strcmp(argv[1], "blocks");
	if (!bitmaps && !blocks) {
		fputs("usage: sparse-dump bitmaps GIB OUT | sparse-dump blocks N GIB OUT\n", stderr);
		return 2;
	}
	int fd = open(argv[argc - 1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		perror(argv[argc - 1]);
		return 1;
	}
	if (bitmaps)
		write_bitmaps(fd, strtoull(argv[2], NULL, 0));
	else
		write_blocks(fd, strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
	close(fd);
	return 0;
}
