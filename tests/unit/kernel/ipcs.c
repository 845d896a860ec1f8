// SPDX-License-Identifier: GPL-2.0-or-later
/* Shared memory, semaphores and queues of a namespace, in structs laid out by hand; whole and damaged. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/ipc.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

/* One ipc_ids is 32 bytes, its xarray 8 into it; kern_ipc_perms are 8 into each object. */
enum { SPACE = 0x100, IDS = 0x20, TREE = 8, OBJECT = 0x1000, STEP = 0x80, COMMON = 8, NODE = 0x800 };

struct world {
	struct objects o;
	struct iq_kernel kernel;
	struct iq_ipc found[8];
	unsigned count, stop_at;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static uint64_t object(unsigned n)
{
	return at(OBJECT + n * STEP);
}

static void add_types(struct builder *b)
{
	objects_types(b);
	uint32_t uint = b_int(b, "u32", 4, 0), ulong = b_int(b, "u64", 8, 0), sint = b_int(b, "s32", 4, B_SIGNED),
		 ushort = b_int(b, "u16", 2, 0);
	uint32_t root = b_type(b, B_STRUCT, "radix", false, 2, 16);
	b_member(b, "flags", uint, 32);
	b_member(b, "xa_head", ulong, 64);
	uint32_t ids = b_type(b, B_STRUCT, "ipc_ids", false, 2, 32);
	b_member(b, "in_use", sint, 0);
	b_member(b, "ipcs_idr", root, TREE * 8);
	uint32_t three = b_array(b, ids, 3);
	uint32_t common = b_type(b, B_STRUCT, "ns_common", false, 1, 4);
	b_member(b, "inum", uint, 0);
	b_type(b, B_STRUCT, "ipc_namespace", false, 2, 136);
	b_member(b, "ids", three, IDS * 8);
	b_member(b, "ns", common, 0);
	b_type(b, B_STRUCT, "nsproxy", false, 1, 8);
	b_member(b, "ipc_ns", ulong, 0);
	b_type(b, B_STRUCT, "task_struct", false, 1, 8);
	b_member(b, "nsproxy", ulong, 0);
	uint32_t uid = b_type(b, B_STRUCT, "kuid_t", false, 1, 4);
	b_member(b, "val", uint, 0);
	uint32_t perm = b_type(b, B_STRUCT, "kern_ipc_perm", false, 4, 16);
	b_member(b, "id", sint, 0);
	b_member(b, "key", sint, 32);
	b_member(b, "uid", uid, 64);
	b_member(b, "mode", ushort, 96);
	b_type(b, B_STRUCT, "sem_array", false, 2, 32);
	b_member(b, "sem_perm", perm, COMMON * 8);
	b_member(b, "sem_nsems", sint, 192);
	b_type(b, B_STRUCT, "msg_queue", false, 3, 40);
	b_member(b, "q_perm", perm, COMMON * 8);
	b_member(b, "q_cbytes", ulong, 192);
	b_member(b, "q_qnum", ulong, 256);
	b_type(b, B_STRUCT, "shmid_kernel", false, 4, 48);
	b_member(b, "shm_perm", perm, COMMON * 8);
	b_member(b, "shm_file", ulong, 192);
	b_member(b, "shm_nattch", ulong, 256);
	b_member(b, "shm_segsz", ulong, 320);
}

static void put_object(struct world *w, unsigned n, uint32_t id, uint32_t key, uint32_t uid, uint32_t mode,
		       const uint64_t *rest, unsigned count)
{
	put_u64(&w->o, object(n) + COMMON, (uint64_t)key << 32 | id);
	put_u64(&w->o, object(n) + COMMON + 8, (uint64_t)mode << 32 | uid);
	for (unsigned i = 0; i < count; i++)
		put_u64(&w->o, object(n) + 24 + i * 8, rest[i]);
}

/* Where the tree of a kind holds its first entry. */
static uint64_t head_of(enum iq_ipc_kind kind)
{
	return at(SPACE) + IDS + kind * 32 + TREE + 8;
}

/* One array of semaphores, one queue, two segments of memory. */
static void world_open(struct world *w)
{
	struct builder b;
	add_types(&b);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	w->count = w->stop_at = 0;
	put_u64(&w->o, at(SPACE), 4026531839);
	put_object(w, 0, 32769, 0xdeadbeef, 1000, 0640, (uint64_t[]){ 5 }, 1);
	put_object(w, 1, 7, 0, 0, 0600, (uint64_t[]){ 16640, 104 }, 2);
	put_object(w, 2, 0, 4242, 0, 0600, (uint64_t[]){ 0x4000, 1, 12288 }, 3);
	put_object(w, 3, 1, 0, 0, 01600, (uint64_t[]){ 0x5000, 3, 8192 }, 3);
	put_u64(&w->o, head_of(IQ_IPC_SEMAPHORES), object(0) + COMMON);
	put_u64(&w->o, head_of(IQ_IPC_QUEUE), object(1) + COMMON);
	put_u64(&w->o, head_of(IQ_IPC_MEMORY), at(NODE) | 2); /* an xa_node: shift 0 */
	put_u64(&w->o, at(NODE) + 16, object(2) + COMMON);
	put_u64(&w->o, at(NODE) + 24, object(3) + COMMON);
}

static void world_close(struct world *w)
{
	objects_close(&w->o);
}

static struct iq_error *see_ipc(void *context, const struct iq_ipc *ipc)
{
	struct world *w = context;
	if (w->stop_at && w->count == w->stop_at)
		return iq_error_new(IQ_ERROR_INTERRUPTED, "enough");
	assert_in_range(w->count, 0, 7);
	w->found[w->count++] = *ipc;
	return NULL;
}

static void all_kinds_are_read(void **state)
{
	struct world w;
	world_open(&w);
	for (enum iq_ipc_kind kind = IQ_IPC_SEMAPHORES; kind <= IQ_IPC_MEMORY; kind++)
		expect_success(iq_ipcs_each(&w.kernel, at(SPACE), kind, see_ipc, &w));
	assert_int_equal(w.count, 4);
	assert_int_equal(w.found[0].address, object(0));
	assert_int_equal(w.found[0].id, 32769);
	assert_int_equal(w.found[0].key, 0xdeadbeef);
	assert_int_equal(w.found[0].uid, 1000);
	assert_int_equal(w.found[0].mode, 0640);
	assert_int_equal(w.found[0].semaphores, 5);
	assert_int_equal(w.found[1].address, object(1));
	assert_int_equal(w.found[1].bytes, 16640);
	assert_int_equal(w.found[1].messages, 104);
	assert_int_equal(w.found[2].key, 4242);
	assert_int_equal(w.found[2].file, 0x4000);
	assert_int_equal(w.found[2].bytes, 12288);
	assert_int_equal(w.found[3].attached, 3);
	assert_true(w.found[3].mode & IQ_IPC_DESTROYED);
	world_close(&w);
}

static void damage_costs_what_it_hides(void **state)
{
	struct world w;
	world_open(&w);
	put_u64(&w.o, at(NODE) + 16, 0xffff888000900000); /* lost */
	expect_error(iq_ipcs_each(&w.kernel, at(SPACE), IQ_IPC_MEMORY, see_ipc, &w), IQ_ERROR_MEMORY,
		     "kern_ipc_perm at 0xffff888000900000, member id");
	assert_int_equal(w.count, 2);
	assert_int_equal(w.found[0].id, -1);
	assert_int_equal(w.found[1].id, 1);
	w.count = 0;
	w.stop_at = 1;
	expect_error(iq_ipcs_each(&w.kernel, at(SPACE), IQ_IPC_MEMORY, see_ipc, &w), IQ_ERROR_INTERRUPTED, "enough");
	world_close(&w);
}

static void a_task_has_a_namespace(void **state)
{
	struct iq_task task = { .address = at(0x40), .pid = 7 };
	struct iq_ipc_space space;
	struct world w;
	world_open(&w);
	expect_success(iq_task_ipc_space(&w.kernel, &task, &space));
	assert_int_equal(space.address, 0); /* it has died */
	put_u64(&w.o, at(0x40), at(0x48));
	put_u64(&w.o, at(0x48), at(SPACE));
	expect_success(iq_task_ipc_space(&w.kernel, &task, &space));
	assert_int_equal(space.inode, 4026531839);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_are_read),
		cmocka_unit_test(damage_costs_what_it_hides),
		cmocka_unit_test(a_task_has_a_namespace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
