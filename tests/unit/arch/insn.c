/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../cmocka_setup.h"

#include "arch/x86_64.h"
#include "arch/x86_64_insn.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS UINT64_C(0xffffffff81000000)

static size_t parse_hex(const char *hex, uint8_t *bytes, size_t capacity)
{
	size_t n = 0;

	while (n < capacity && sscanf(hex + 2 * n, "%2hhx", &bytes[n]) == 1)
		n++;
	return n;
}

static struct iq_insn decode(const char *hex)
{
	struct iq_insn insn;
	struct iq_error *error;
	uint8_t bytes[32];
	size_t n = parse_hex(hex, bytes, sizeof(bytes));

	error = iq_x86_64_decode(bytes, n, ADDRESS, &insn);
	if (error)
		fail_msg("%s: %s", hex, error->message);
	if (insn.length != n)
		fail_msg("%s: %u bytes long, not %zu", hex, insn.length, n);
	return insn;
}

/*
 * Bytes at 0xffffffff81000000 and what GNU objdump 2.40 prints for them (-D -b binary -m i386:x86-64), with 0x before
 * the addresses of targets and in comments.
 */
/* clang-format off */
static const struct {
	const char *hex, *text;
} texts[] = {
	{ "894304", "mov    %eax,0x4(%rbx)" },
	{ "48c7c0ffffffff", "mov    $0xffffffffffffffff,%rax" },
	{ "b8ffffffff", "mov    $0xffffffff,%eax" },
	{ "49ba8877665544332211", "movabs $0x1122334455667788,%r10" },
	{ "a078563482ffffffff", "movabs 0xffffffff82345678,%al" },
	{ "48a378563482ffffffff", "movabs %rax,0xffffffff82345678" },
	{ "c600ff", "movb   $0xff,(%rax)" },
	{ "66c700ffff", "movw   $0xffff,(%rax)" },
	{ "c700ffffffff", "movl   $0xffffffff,(%rax)" },
	{ "48c700ffffffff", "movq   $0xffffffffffffffff,(%rax)" },
	{ "88e5", "mov    %ah,%ch" },
	{ "4088f7", "mov    %sil,%dil" },
	{ "8cd8", "mov    %ds,%eax" },
	{ "8c18", "mov    %ds,(%rax)" },
	{ "8ec1", "mov    %ecx,%es" },
	{ "0f20d8", "mov    %cr3,%rax" },
	{ "0f22e0", "mov    %rax,%cr4" },
	{ "450f22c1", "mov    %r9,%cr8" },
	{ "0f21f8", "mov    %db7,%rax" },
	{ "0f23f0", "mov    %rax,%db6" },
	{ "65488b042528000000", "mov    %gs:0x28,%rax" },
	{ "648b50f8", "mov    %fs:-0x8(%rax),%edx" },
	{ "4e8b7ce480", "mov    -0x80(%rsp,%r12,8),%r15" },
	{ "488b1cc500000000", "mov    0x0(,%rax,8),%rbx" },
	{ "8b0420", "mov    (%rax,%riz,1),%eax" },
	{ "8b0424", "mov    (%rsp),%eax" },
	{ "8b4500", "mov    0x0(%rbp),%eax" },
	{ "418b440500", "mov    0x0(%r13,%rax,1),%eax" },
	{ "8b042578563482", "mov    0xffffffff82345678,%eax" },
	{ "678b08", "mov    (%eax),%ecx" },
	{ "488d44b710", "lea    0x10(%rdi,%rsi,4),%rax" },
	{ "488d6424f0", "lea    -0x10(%rsp),%rsp" },
	{ "478d0c40", "lea    (%r8,%r8,2),%r9d" },
	{ "0fb6c0", "movzbl %al,%eax" },
	{ "0fb60f", "movzbl (%rdi),%ecx" },
	{ "0fb7d0", "movzwl %ax,%edx" },
	{ "660fb610", "movzbw (%rax),%dx" },
	{ "480fb710", "movzwq (%rax),%rdx" },
	{ "0fbe07", "movsbl (%rdi),%eax" },
	{ "480fbec0", "movsbq %al,%rax" },
	{ "0fbfc0", "movswl %ax,%eax" },
	{ "4863ff", "movslq %edi,%rdi" },
	{ "486310", "movslq (%rax),%rdx" },
	{ "4898", "cltq" },
	{ "98", "cwtl" },
	{ "6698", "cbtw" },
	{ "6699", "cwtd" },
	{ "99", "cltd" },
	{ "4899", "cqto" },
	{ "4883c408", "add    $0x8,%rsp" },
	{ "4883ec80", "sub    $0xffffffffffffff80,%rsp" },
	{ "83401001", "addl   $0x1,0x10(%rax)" },
	{ "488300ff", "addq   $0xffffffffffffffff,(%rax)" },
	{ "801701", "adcb   $0x1,(%rdi)" },
	{ "19c0", "sbb    %eax,%eax" },
	{ "25ff0f0000", "and    $0xfff,%eax" },
	{ "6683e0f0", "and    $0xfff0,%ax" },
	{ "810800000080", "orl    $0x80000000,(%rax)" },
	{ "83feff", "cmp    $0xffffffff,%esi" },
	{ "66833800", "cmpw   $0x0,(%rax)" },
	{ "654883b83412000000", "cmpq   $0x0,%gs:0x1234(%rax)" },
	{ "4885c0", "test   %rax,%rax" },
	{ "f6470301", "testb  $0x1,0x3(%rdi)" },
	{ "4531c0", "xor    %r8d,%r8d" },
	{ "48f7d0", "not    %rax" },
	{ "f718", "negl   (%rax)" },
	{ "ffc1", "inc    %ecx" },
	{ "66ff08", "decw   (%rax)" },
	{ "486bd038", "imul   $0x38,%rax,%rdx" },
	{ "0faf4808", "imul   0x8(%rax),%ecx" },
	{ "f728", "imull  (%rax)" },
	{ "48f7e2", "mul    %rdx" },
	{ "f620", "mulb   (%rax)" },
	{ "48f7f1", "div    %rcx" },
	{ "f736", "divl   (%rsi)" },
	{ "48f77d08", "idivq  0x8(%rbp)" },
	{ "d1e0", "shl    %eax" },
	{ "48c1e003", "shl    $0x3,%rax" },
	{ "d338", "sarl   %cl,(%rax)" },
	{ "66c1ca10", "ror    $0x10,%dx" },
	{ "480fa4c304", "shld   $0x4,%rax,%rbx" },
	{ "0fad03", "shrd   %cl,%eax,(%rbx)" },
	{ "d000", "rolb   (%rax)" },
	{ "480fa307", "bt     %rax,(%rdi)" },
	{ "480fba2f3f", "btsq   $0x3f,(%rdi)" },
	{ "f0480fba3702", "lock btrq $0x2,(%rdi)" },
	{ "480fbcc8", "bsf    %rax,%rcx" },
	{ "f3480fbcc8", "tzcnt  %rax,%rcx" },
	{ "f30fb8c7", "popcnt %edi,%eax" },
	{ "480fca", "bswap  %rdx" },
	{ "488707", "xchg   %rax,(%rdi)" },
	{ "6690", "xchg   %ax,%ax" },
	{ "4893", "xchg   %rax,%rbx" },
	{ "0fc101", "xadd   %eax,(%rcx)" },
	{ "f00fc101", "lock xadd %eax,(%rcx)" },
	{ "f0480fb10f", "lock cmpxchg %rcx,(%rdi)" },
	{ "f00fc70f", "lock cmpxchg8b (%rdi)" },
	{ "65f0480fc70e", "lock cmpxchg16b %gs:(%rsi)" },
	{ "f0ff4338", "lock incl 0x38(%rbx)" },
	{ "480f45c2", "cmovne %rdx,%rax" },
	{ "0f4708", "cmova  (%rax),%ecx" },
	{ "0f94c0", "sete   %al" },
	{ "0f9f4010", "setg   0x10(%rax)" },
	{ "55", "push   %rbp" },
	{ "4157", "push   %r15" },
	{ "6aff", "push   $0xffffffffffffffff" },
	{ "68ffffff7f", "push   $0x7fffffff" },
	{ "6a10", "push   $0x10" },
	{ "ff7008", "push   0x8(%rax)" },
	{ "66683412", "pushw  $0x1234" },
	{ "6650", "push   %ax" },
	{ "9c", "pushf" },
	{ "415e", "pop    %r14" },
	{ "8f00", "pop    (%rax)" },
	{ "9d", "popf" },
	{ "c8100001", "enter  $0x10,$0x1" },
	{ "c9", "leave" },
	{ "c3", "ret" },
	{ "c20800", "ret    $0x8" },
	{ "cb", "lret" },
	{ "48cb", "lretq" },
	{ "cf", "iret" },
	{ "48cf", "iretq" },
	{ "480f07", "sysretq" },
	{ "0f07", "sysretl" },
	{ "0f35", "sysexitl" },
	{ "0f05", "syscall" },
	{ "0f34", "sysenter" },
	{ "cd80", "int    $0x80" },
	{ "cc", "int3" },
	{ "f1", "int1" },
	{ "0f0b", "ud2" },
	{ "0fb908", "ud1    (%rax),%ecx" },
	{ "f4", "hlt" },
	{ "ffd0", "call   *%rax" },
	{ "ff5008", "call   *0x8(%rax)" },
	{ "3effe0", "notrack jmp *%rax" },
	{ "ff24c500000000", "jmp    *0x0(,%rax,8)" },
	{ "ff28", "ljmp   *(%rax)" },
	{ "ff18", "lcall  *(%rax)" },
	{ "48ff28", "rex.W ljmp *(%rax)" },
	{ "f3aa", "rep stos %al,%es:(%rdi)" },
	{ "f348a5", "rep movsq %ds:(%rsi),%es:(%rdi)" },
	{ "a5", "movsl  %ds:(%rsi),%es:(%rdi)" },
	{ "f3a6", "repz cmpsb %es:(%rdi),%ds:(%rsi)" },
	{ "f2ae", "repnz scas %es:(%rdi),%al" },
	{ "66ad", "lods   %ds:(%rsi),%ax" },
	{ "6548ad", "lods   %gs:(%rsi),%rax" },
	{ "6d", "insl   (%dx),%es:(%rdi)" },
	{ "66f36f", "rep outsw %ds:(%rsi),(%dx)" },
	{ "d7", "xlat   %ds:(%rbx)" },
	{ "ec", "in     (%dx),%al" },
	{ "e571", "in     $0x71,%eax" },
	{ "66ef", "out    %ax,(%dx)" },
	{ "e680", "out    %al,$0x80" },
	{ "90", "nop" },
	{ "0f1f00", "nopl   (%rax)" },
	{ "0f1f0400", "nopl   (%rax,%rax,1)" },
	{ "660f1f0400", "nopw   (%rax,%rax,1)" },
	{ "2e660f1f0400", "cs nopw (%rax,%rax,1)" },
	{ "f390", "pause" },
	{ "f30f1efa", "endbr64" },
	{ "0f01ca", "clac" },
	{ "0f01cb", "stac" },
	{ "fa", "cli" },
	{ "fb", "sti" },
	{ "fc", "cld" },
	{ "0f01f8", "swapgs" },
	{ "0f32", "rdmsr" },
	{ "0f30", "wrmsr" },
	{ "0f31", "rdtsc" },
	{ "0f01f9", "rdtscp" },
	{ "0f33", "rdpmc" },
	{ "0fa2", "cpuid" },
	{ "0f0138", "invlpg (%rax)" },
	{ "660f388237", "invpcid (%rdi),%rsi" },
	{ "0f09", "wbinvd" },
	{ "f30f09", "wbnoinvd" },
	{ "0fae38", "clflush (%rax)" },
	{ "660fae38", "clflushopt (%rax)" },
	{ "660fae7040", "clwb   0x40(%rax)" },
	{ "0faef0", "mfence" },
	{ "0faee8", "lfence" },
	{ "0faef8", "sfence" },
	{ "0f01e8", "serialize" },
	{ "0f01ee", "rdpkru" },
	{ "0f01ef", "wrpkru" },
	{ "0f01d0", "xgetbv" },
	{ "0f01d1", "xsetbv" },
	{ "0f01c8", "monitor %rax,%ecx,%edx" },
	{ "0f01c9", "mwait  %eax,%ecx" },
	{ "0f01fa", "monitorx %rax,%ecx,%edx" },
	{ "f20faef7", "umwait %edi" },
	{ "480fc7f0", "rdrand %rax" },
	{ "0fc7f9", "rdseed %ecx" },
	{ "f30fc7f8", "rdpid  %rax" },
	{ "f3480faec0", "rdfsbase %rax" },
	{ "f3480faeda", "wrgsbase %rdx" },
	{ "f3480f1ec8", "rdsspq %rax" },
	{ "f3480faeea", "incsspq %rdx" },
	{ "0f0110", "lgdt   (%rax)" },
	{ "0f014c2402", "sidt   0x2(%rsp)" },
	{ "0f00d0", "lldt   %ax" },
	{ "0f00df", "ltr    %di" },
	{ "0f00c0", "sldt   %eax" },
	{ "0f002d10000000", "verw   0x10(%rip)        # 0xffffffff81000017" },
	{ "0f01f0", "lmsw   %ax" },
	{ "480f03c8", "lsl    %rax,%rcx" },
	{ "0f01c1", "vmcall" },
	{ "0f01d9", "vmmcall" },
	{ "0f01c2", "vmlaunch" },
	{ "f30fc73424", "vmxon  (%rsp)" },
	{ "0f78c3", "vmread %rax,%rbx" },
	{ "0f79d8", "vmwrite %rax,%rbx" },
	{ "660f388010", "invept (%rax),%rdx" },
	{ "0f01d8", "vmrun" },
	{ "0f01dd", "clgi" },
	{ "480fae27", "xsave64 (%rdi)" },
	{ "480fc71f", "xrstors64 (%rdi)" },
	{ "0fae37", "xsaveopt (%rdi)" },
	{ "480fae07", "fxsave64 (%rdi)" },
	{ "0fae0f", "fxrstor (%rdi)" },
	{ "0fae10", "ldmxcsr (%rax)" },
	{ "0f1808", "prefetcht0 (%rax)" },
	{ "0f0d4f40", "prefetchw 0x40(%rdi)" },
	{ "0f1806", "prefetchnta (%rsi)" },
	{ "660f01cc", "tdcall" },
	{ "dbe3", "fninit" },
	{ "dbe2", "fnclex" },
	{ "9bdbe2", "fclex" },
	{ "9bd93c24", "fstcw  (%rsp)" },
	{ "dfe0", "fnstsw %ax" },
	{ "d97c2402", "fnstcw 0x2(%rsp)" },
	{ "d92c24", "fldcw  (%rsp)" },
	{ "d900", "flds   (%rax)" },
	{ "dd00", "fldl   (%rax)" },
	{ "db28", "fldt   (%rax)" },
	{ "df28", "fildll (%rax)" },
	{ "df38", "fistpll (%rax)" },
	{ "df18", "fistps (%rax)" },
	{ "d8c1", "fadd   %st(1),%st" },
	{ "dee9", "fsubrp %st,%st(1)" },
	{ "dcf2", "fdiv   %st,%st(2)" },
	{ "d9c9", "fxch   %st(1)" },
	{ "dfe9", "fucomip %st(1),%st" },
	{ "d9e8", "fld1" },
	{ "dc00", "faddl  (%rax)" },
	{ "0f2900", "movaps %xmm0,(%rax)" },
	{ "0f104e10", "movups 0x10(%rsi),%xmm1" },
	{ "66450f6fc8", "movdqa %xmm8,%xmm9" },
	{ "f30f6f06", "movdqu (%rsi),%xmm0" },
	{ "66480f6ec0", "movq   %rax,%xmm0" },
	{ "660f7ec9", "movd   %xmm1,%ecx" },
	{ "660fd600", "movq   %xmm0,(%rax)" },
	{ "0f6fc8", "movq   %mm0,%mm1" },
	{ "660fefc0", "pxor   %xmm0,%xmm0" },
	{ "660f70d14e", "pshufd $0x4e,%xmm1,%xmm2" },
	{ "660f3800e3", "pshufb %xmm3,%xmm4" },
	{ "660f3a0fd108", "palignr $0x8,%xmm1,%xmm2" },
	{ "660f6cd1", "punpcklqdq %xmm1,%xmm2" },
	{ "f20f2a00", "cvtsi2sdl (%rax),%xmm0" },
	{ "f2480f2ac0", "cvtsi2sd %rax,%xmm0" },
	{ "f2480f2cc0", "cvttsd2si %xmm0,%rax" },
	{ "f20fc2c101", "cmpltsd %xmm1,%xmm0" },
	{ "0fc20004", "cmpneqps (%rax),%xmm0" },
	{ "f20f5808", "addsd  (%rax),%xmm1" },
	{ "660f2ec1", "ucomisd %xmm1,%xmm0" },
	{ "660fc5c001", "pextrw $0x1,%xmm0,%eax" },
	{ "660f3a22d802", "pinsrd $0x2,%eax,%xmm3" },
	{ "660f3810ca", "pblendvb %xmm0,%xmm2,%xmm1" },
	{ "f2480f38f1c8", "crc32  %rax,%rcx" },
	{ "f20f38f008", "crc32b (%rax),%ecx" },
	{ "660f38dcd1", "aesenc %xmm1,%xmm2" },
	{ "660f3adfd101", "aeskeygenassist $0x1,%xmm1,%xmm2" },
	{ "660f3a44d111", "pclmulhqhqdq %xmm1,%xmm2" },
	{ "660f3a44d121", "pclmulqdq $0x21,%xmm1,%xmm2" },
	{ "0f3accc103", "sha1rnds4 $0x3,%xmm1,%xmm0" },
	{ "0f38cbd1", "sha256rnds2 %xmm0,%xmm1,%xmm2" },
	{ "0f38ccec", "sha256msg1 %xmm4,%xmm5" },
	{ "0f38f008", "movbe  (%rax),%ecx" },
	{ "c4e2e0f2c8", "andn   %rax,%rbx,%rcx" },
	{ "c4e2f8f7cb", "bextr  %rax,%rbx,%rcx" },
	{ "c4e2f0f3c8", "blsr   %rax,%rcx" },
	{ "c4e2e3f5c8", "pdep   %rax,%rbx,%rcx" },
	{ "c4e2e3f608", "mulx   (%rax),%rbx,%rcx" },
	{ "c4437bf0ef19", "rorx   $0x19,%r15d,%r13d" },
	{ "c4e2f9f70b", "shlx   %rax,(%rbx),%rcx" },
	{ "66480f38f6c8", "adcx   %rax,%rcx" },
	{ "c5fe6f06", "vmovdqu (%rsi),%ymm0" },
	{ "c5fd7f0f", "vmovdqa %ymm1,(%rdi)" },
	{ "c5edefd9", "vpxor  %ymm1,%ymm2,%ymm3" },
	{ "c4e2710010", "vpshufb (%rax),%xmm1,%xmm2" },
	{ "c4e36d38d901", "vinserti128 $0x1,%xmm1,%ymm2,%ymm3" },
	{ "c4e27d5a00", "vbroadcasti128 (%rax),%ymm0" },
	{ "c4e36944d900", "vpclmullqlqdq %xmm1,%xmm2,%xmm3" },
	{ "c4e269dcd9", "vaesenc %xmm1,%xmm2,%xmm3" },
	{ "c4e271901c90", "vpgatherdd %xmm1,(%rax,%xmm2,4),%xmm3" },
	{ "c4e26db8d9", "vfmadd231ps %ymm1,%ymm2,%ymm3" },
	{ "c5fd5a00", "vcvtpd2psy (%rax),%xmm0" },
	{ "c5ecc2d900", "vcmpeqps %ymm1,%ymm2,%ymm3" },
	{ "c5f877", "vzeroupper" },
	{ "c5fc77", "vzeroall" },
	{ "62f1fe486f4601", "vmovdqu64 0x40(%rsi),%zmm0" },
	{ "62f17fc96f0e", "vmovdqu8 (%rsi),%zmm1{%k1}{z}" },
	{ "62f17558fe10", "vpaddd (%rax){1to16},%zmm1,%zmm2" },
	{ "62f16c1858d9", "vaddps {rn-sae},%zmm1,%zmm2,%zmm3" },
	{ "62f16c185fd9", "vmaxps {sae},%zmm1,%zmm2,%zmm3" },
	{ "62f36d4825d996", "vpternlogd $0x96,%zmm1,%zmm2,%zmm3" },
	{ "62b1752072c810", "vprold $0x10,%ymm16,%ymm17" },
	{ "62f16d4876d9", "vpcmpeqd %zmm1,%zmm2,%k3" },
	{ "62f36d4c1ed901", "vpcmpltud %zmm1,%zmm2,%k3{%k4}" },
	{ "62f26d2876d9", "vpermi2d %ymm1,%ymm2,%ymm3" },
	{ "c4e1fb92c8", "kmovq  %rax,%k1" },
	{ "c5f998c9", "kortestb %k1,%k1" },
	{ "62f27d49a00c90", "vpscatterdd %zmm1,(%rax,%zmm2,4){%k1}" },
	{ "c4e26d50d9", "{vex} vpdpbusd %ymm1,%ymm2,%ymm3" },
	{ "62f16d08fed9", "{evex} vpaddd %xmm1,%xmm2,%xmm3" },
	{ "f3480fae20", "ptwriteq (%rax)" },
	{ "0f1c00", "cldemote (%rax)" },
	{ "0f38f901", "movdiri %eax,(%rcx)" },
	{ "660f38f808", "movdir64b (%rax),%rcx" },
	{ "c6f801", "xabort $0x1" },
	{ "0f01d5", "xend" },
	{ "0f01d6", "xtest" },
	{ "f3c60000", "xrelease movb $0x0,(%rax)" },
	{ "9f", "lahf" },
	{ "f5", "cmc" },
	{ "0fc708", "cmpxchg8b (%rax)" },
	{ "e2fe", "loop   0xffffffff81000000" },
	{ "e3fe", "jrcxz  0xffffffff81000000" },
	{ "e80a000000", "call   0xffffffff8100000f" },
	{ "e8f6ffffff", "call   0xffffffff80fffffb" },
	{ "eb10", "jmp    0xffffffff81000012" },
	{ "e900010000", "jmp    0xffffffff81000105" },
	{ "7405", "je     0xffffffff81000007" },
	{ "0f85fbffffff", "jne    0xffffffff81000001" },
	{ "f2eb00", "bnd jmp 0xffffffff81000003" },
	{ "f2e900000000", "bnd jmp 0xffffffff81000006" },
	{ "2e7402", "je,pn  0xffffffff81000005" },
	{ "3e7502", "jne,pt 0xffffffff81000005" },
	{ "66e90001", "jmpw   0x104" },
	{ "c7f800010000", "xbegin 0xffffffff81000106" },
	{ "488b0534120000", "mov    0x1234(%rip),%rax        # 0xffffffff8100123b" },
	{ "48c705341200007f000000", "movq   $0x7f,0x1234(%rip)        # 0xffffffff8100123f" },
	{ "803d1000000000", "cmpb   $0x0,0x10(%rip)        # 0xffffffff81000017" },
	{ "488d0510000000", "lea    0x10(%rip),%rax        # 0xffffffff81000017" },
	{ "ff1510000000", "call   *0x10(%rip)        # 0xffffffff81000016" },
	{ "ff2510000000", "jmp    *0x10(%rip)        # 0xffffffff81000016" },
	{ "f3c3", "repz ret" },
	{ "f2c3", "bnd ret" },
	{ "644889042508000000", "mov    %rax,%fs:0x8" },
	{ "666648e800000000", "data16 data16 rex.W call 0xffffffff81000008" },
	{ "66488d3d00000000", "data16 lea 0x0(%rip),%rdi        # 0xffffffff81000008" },
	{ "4090", "rex nop" },
	{ "4190", "xchg   %eax,%r8d" },
	{ "0f1f8000000000", "nopl   0x0(%rax)" },
	{ "66662e0f1f840000000000", "data16 cs nopw 0x0(%rax,%rax,1)" },
	{ "0f01c6", "wrmsrns" },
	{ "3e66ffe0", "ds jmp *%ax" },
	{ "f267e800000000", "bnd addr32 call 0xffffffff81000007" },
	{ "f083042400", "lock addl $0x0,(%rsp)" },
	{ "400fb6c4", "movzbl %spl,%eax" },
	{ "4088e0", "mov    %spl,%al" },
	{ "488b042500000080", "mov    0xffffffff80000000,%rax" },
	{ "678b042500000080", "mov    0x80000000(,%eiz,1),%eax" },
	{ "26488b00", "es mov (%rax),%rax" },
	{ "66660f1f00", "data16 nopw (%rax)" },
	/* Zydis 4.0 alone would make 0x0(%r13d,%ebp,2) of this, and four bytes less. */
	{ "67498b046d78563412", "mov    0x12345678(,%ebp,2),%rax" },
	/* objdump forgets that the address is cut to 32 bits here. */
	{ "67488b0510000000", "mov    0x10(%eip),%rax        # 0x81000018" },
	/* Unknown to objdump 2.40; bytes and words are those of binutils 2.41's gas/testsuite/gas/i386/x86-64-{fred,lkgs}.d. */
	{ "f20f01ca", "erets" },
	{ "f30f01ca", "eretu" },
	{ "f20f00f7", "lkgs   %edi" },
	{ "f2410f00f4", "lkgs   %r12d" },
	{ "f20f0036", "lkgs   (%rsi)" },
};
/* clang-format on */

static void test_text(void **state)
{
	size_t i;

	for (i = 0; i < IQ_ARRAY_SIZE(texts); i++) {
		struct iq_strbuf text = { 0 };
		struct iq_insn insn = decode(texts[i].hex);

		iq_x86_64_format(&insn, NULL, NULL, &text);
		if (strcmp(iq_strbuf_text(&text), texts[i].text) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", texts[i].hex, iq_strbuf_text(&text), texts[i].text);
		iq_strbuf_free(&text);
	}
}

static void name_even(void *context, uint64_t address, struct iq_strbuf *out)
{
	assert_ptr_equal(context, texts);
	if (address % 2 == 0)
		iq_strbuf_addf(out, "printk+%" PRIu64, address - ADDRESS);
}

static void check_resolved(const char *hex, const char *expected)
{
	struct iq_strbuf text = { 0 };
	struct iq_insn insn = decode(hex);

	iq_strbuf_add(&text, "    ");
	iq_x86_64_format(&insn, name_even, (void *)texts, &text);
	assert_string_equal(iq_strbuf_text(&text) + 4, expected);
	iq_strbuf_free(&text);
}

static void test_names(void **state)
{
	check_resolved("e80b000000", "call   0xffffffff81000010 <printk+16>");
	check_resolved("e80a000000", "call   0xffffffff8100000f");
	check_resolved("488b0509000000", "mov    0x9(%rip),%rax        # 0xffffffff81000010 <printk+16>");
	check_resolved("488b0508000000", "mov    0x8(%rip),%rax        # 0xffffffff8100000f");
	check_resolved("4889c3", "mov    %rax,%rbx");
}

/* "r rbp:64", "w -0x8[rsp]:64", with ! behind what is implicit: all that arch.h says of operands. */
static void describe(const struct iq_insn *insn, struct iq_strbuf *out)
{
	unsigned i;

	for (i = 0; i < insn->operand_count; i++) {
		const struct iq_operand *o = &insn->operands[i];

		iq_strbuf_addf(out, "%s%s%s ", i ? " " : "", o->read ? "r" : "", o->write ? "w" : "");
		switch (o->kind) {
		case IQ_OPERAND_REG:
			iq_strbuf_addf(out, "%s", o->reg == IQ_NO_REG ? "?" : iq_arch_x86_64.reg_names[o->reg]);
			if (o->reg_shift)
				iq_strbuf_addf(out, ">>%u", o->reg_shift);
			break;
		case IQ_OPERAND_MEM:
			if (o->segment)
				iq_strbuf_addf(out, "%cs:", o->segment);
			if (o->pc_relative)
				iq_strbuf_add(out, "pc");
			iq_strbuf_addf(out, "%#" PRIx64 "[", (uint64_t)o->displacement);
			if (o->base != IQ_NO_REG)
				iq_strbuf_add(out, iq_arch_x86_64.reg_names[o->base]);
			if (o->index != IQ_NO_REG)
				iq_strbuf_addf(out, "+%s*%u", iq_arch_x86_64.reg_names[o->index], o->scale);
			iq_strbuf_add(out, o->address_only ? "]&" : "]");
			break;
		default:
			iq_strbuf_addf(out, "%s%#" PRIx64, o->kind == IQ_OPERAND_TARGET ? "->" : "$", o->immediate);
			break;
		}
		iq_strbuf_addf(out, ":%u%s", o->width, o->implicit ? "!" : "");
	}
}

/* Expectations: Intel's manual, volume 2; "rflags" stands for any flag. */
/* clang-format off */
static const struct {
	const char *hex, *name, *operands;
	enum iq_flow flow;
} semantics[] = {
	{ "55", "push", "r rbp:64 rw rsp:64! w 0xfffffffffffffff8[rsp]:64!", IQ_FLOW_NEXT },
	{ "6a10", "push", "r $0x10:64 rw rsp:64! w 0xfffffffffffffff8[rsp]:64!", IQ_FLOW_NEXT },
	{ "5d", "pop", "w rbp:64 rw rsp:64! r 0[rsp]:64!", IQ_FLOW_NEXT },
	{ "415f", "pop", "w r15:64 rw rsp:64! r 0[rsp]:64!", IQ_FLOW_NEXT },
	{ "c3", "ret", "w rip:64! rw rsp:64! r 0[rsp]:64!", IQ_FLOW_RETURN },
	{ "c20800", "ret", "r $0x8:16 w rip:64! rw rsp:64! r 0[rsp]:64!", IQ_FLOW_RETURN },
	{ "c9", "leave", "r 0[rbp]:64! rw rbp:64! rw rsp:64!", IQ_FLOW_NEXT },
	{ "e8fbffffff", "call", "r ->0xffffffff81000000:32 rw rip:64! rw rsp:64! w 0xfffffffffffffff8[rsp]:64!", IQ_FLOW_CALL },
	{ "ff5008", "call", "r 0x8[rax]:64 rw rip:64! rw rsp:64! w 0xfffffffffffffff8[rsp]:64!", IQ_FLOW_CALL },
	{ "ffe0", "jmp", "r rax:64 w rip:64!", IQ_FLOW_JUMP },
	{ "eb10", "jmp", "r ->0xffffffff81000012:8 rw rip:64!", IQ_FLOW_JUMP },
	{ "7405", "je", "r ->0xffffffff81000007:8 rw rip:64! r rflags:64!", IQ_FLOW_COND_JUMP },
	{ "e2fe", "loop", "r ->0xffffffff81000000:8 rw rcx:64! rw rip:64!", IQ_FLOW_COND_JUMP },
	{ "48f7f1", "div", "r rcx:64 rw rax:64! rw rdx:64! w rflags:64!", IQ_FLOW_NEXT },
	{ "48f7e2", "mul", "r rdx:64 rw rax:64! w rdx:64! w rflags:64!", IQ_FLOW_NEXT },
	{ "480fafc2", "imul", "rw rax:64 r rdx:64 w rflags:64!", IQ_FLOW_NEXT },
	{ "486bd038", "imul", "w rdx:64 r rax:64 r $0x38:64 w rflags:64!", IQ_FLOW_NEXT },
	{ "4899", "cqto", "w rdx:64! r rax:64!", IQ_FLOW_NEXT },
	{ "4898", "cltq", "w rax:64! r rax:32!", IQ_FLOW_NEXT },
	{ "f0480fb10f", "cmpxchg", "rw 0[rdi]:64 r rcx:64 rw rax:64! w rflags:64!", IQ_FLOW_NEXT },
	{ "f00fc101", "xadd", "rw 0[rcx]:32 rw rax:32 w rflags:64!", IQ_FLOW_NEXT },
	{ "488707", "xchg", "rw 0[rdi]:64 rw rax:64", IQ_FLOW_NEXT },
	{ "f3aa", "stos", "w 0[rdi]:8 r rax:8 rw rdi:64! rw rcx:64! r rflags:64!", IQ_FLOW_NEXT },
	{ "f348a5", "movsq", "w 0[rdi]:64 r 0[rsi]:64 rw rcx:64! rw rdi:64! rw rsi:64! r rflags:64!", IQ_FLOW_NEXT },
	{ "a6", "cmpsb", "r 0[rsi]:8 r 0[rdi]:8 rw rflags:64!", IQ_FLOW_NEXT },
	{ "ac", "lods", "w rax:8 r 0[rsi]:8 rw rsi:64! r rflags:64!", IQ_FLOW_NEXT },
	{ "ec", "in", "w rax:8 r rdx:16 r rflags:64!", IQ_FLOW_NEXT },
	{ "88e5", "mov", "w rcx>>8:8 r rax>>8:8", IQ_FLOW_NEXT },
	{ "89d8", "mov", "w rax:32 r rbx:32", IQ_FLOW_NEXT },
	{ "c6c001", "mov", "w rax:8 r $0x1:8", IQ_FLOW_NEXT },
	{ "66b80100", "mov", "w rax:16 r $0x1:16", IQ_FLOW_NEXT },
	{ "0fb600", "movz", "w rax:32 r 0[rax]:8", IQ_FLOW_NEXT },
	{ "4863ff", "movslq", "w rdi:64 r rdi:32", IQ_FLOW_NEXT },
	{ "488b0510000000", "mov", "w rax:64 r pc0xffffffff81000017[rip]:64", IQ_FLOW_NEXT },
	{ "65488b042528000000", "mov", "w rax:64 r gs:0x28[]:64", IQ_FLOW_NEXT },
	{ "64488b50f8", "mov", "w rdx:64 r fs:0xfffffffffffffff8[rax]:64", IQ_FLOW_NEXT },
	{ "488d44b710", "lea", "w rax:64  0x10[rdi+rsi*4]&:64", IQ_FLOW_NEXT },
	{ "0f1f4000", "nop", " 0[rax]&:32  rax:32", IQ_FLOW_NEXT },
	{ "4883c408", "add", "rw rsp:64 r $0x8:64 w rflags:64!", IQ_FLOW_NEXT },
	{ "4839d8", "cmp", "r rax:64 r rbx:64 w rflags:64!", IQ_FLOW_NEXT },
	{ "4885c0", "test", "r rax:64 r rax:64 w rflags:64!", IQ_FLOW_NEXT },
	{ "31c0", "xor", "rw rax:32 r rax:32 w rflags:64!", IQ_FLOW_NEXT },
	{ "d3e0", "shl", "rw rax:32 r rcx:8 rw rflags:64!", IQ_FLOW_NEXT },
	{ "d1e0", "shl", "rw rax:32 r $0x1:8! w rflags:64!", IQ_FLOW_NEXT },
	{ "0f94c0", "sete", "w rax:8 r rflags:64!", IQ_FLOW_NEXT },
	{ "480f45c2", "cmovne", "rw rax:64 r rdx:64 r rflags:64!", IQ_FLOW_NEXT },
	{ "0f22d8", "mov", "w cr3:64 r rax:64", IQ_FLOW_NEXT },
	{ "0f20d0", "mov", "w rax:64 r cr2:64", IQ_FLOW_NEXT },
	{ "8ed8", "mov", "w ds:16 r rax:16", IQ_FLOW_NEXT },
	{ "0fa2", "cpuid", "rw rax:32! w rbx:32! rw rcx:32! w rdx:32!", IQ_FLOW_NEXT },
	{ "0f30", "wrmsr", "r rax:32! r rdx:32! r rcx:32!", IQ_FLOW_NEXT },
	{ "0f32", "rdmsr", "w rax:32! w rdx:32! r rcx:32!", IQ_FLOW_NEXT },
	{ "0f0b", "ud2", "", IQ_FLOW_TRAP },
	{ "cc", "int3", "w rip:64! rw rflags:64!", IQ_FLOW_TRAP },
	{ "f4", "hlt", "", IQ_FLOW_NEXT },
	{ "48cf", "iret", "w rip:64! rw rsp:64! r 0[rsp]:320! rw rflags:64!", IQ_FLOW_RETURN },
	{ "0f07", "sysret", "w rip:32! r rcx:32! r r11:64! w cs:16! w ss:16! w rflags:64!", IQ_FLOW_RETURN },
	{ "0f05", "syscall", "w rip:64! w rcx:64! w r11:64! w cs:16! w ss:16! w rflags:64!", IQ_FLOW_NEXT },
	{ "9c", "pushf", "rw rsp:64! w 0xfffffffffffffff8[rsp]:64! r rflags:64!", IQ_FLOW_NEXT },
	{ "0f2900", "movaps", "w 0[rax]:128 r ?:128", IQ_FLOW_NEXT },
	{ "4811d8", "adc", "rw rax:64 r rbx:64 rw rflags:64!", IQ_FLOW_NEXT },
	{ "4819c0", "sbb", "rw rax:64 r rax:64 rw rflags:64!", IQ_FLOW_NEXT },
	{ "480fbcc8", "bsf", "w rcx:64 r rax:64 w rflags:64!", IQ_FLOW_NEXT },
	{ "8f00", "pop", "w 0[rax]:64 rw rsp:64! r 0[rsp]:64!", IQ_FLOW_NEXT },
	{ "ff742408", "push", "r 0x8[rsp]:64 rw rsp:64! w 0xfffffffffffffff8[rsp]:64!", IQ_FLOW_NEXT },
	{ "6aff", "push", "r $0xffffffffffffffff:64 rw rsp:64! w 0xfffffffffffffff8[rsp]:64!", IQ_FLOW_NEXT },
};
/* clang-format on */

static void test_operands(void **state)
{
	size_t i;

	for (i = 0; i < IQ_ARRAY_SIZE(semantics); i++) {
		struct iq_strbuf text = { 0 };
		struct iq_insn insn = decode(semantics[i].hex);

		describe(&insn, &text);
		if (strcmp(iq_strbuf_text(&text), semantics[i].operands) != 0)
			fail_msg("%s %s: \"%s\", not \"%s\"", semantics[i].hex, semantics[i].name,
				 iq_strbuf_text(&text), semantics[i].operands);
		assert_string_equal(insn.name, semantics[i].name);
		assert_int_equal(insn.flow, semantics[i].flow);
		assert_int_equal(insn.address, ADDRESS);
		iq_strbuf_free(&text);
	}
}

static void test_targets(void **state)
{
	struct iq_insn insn = decode("e8fbffffff");

	assert_true(insn.has_target);
	assert_int_equal(insn.target, ADDRESS);
	insn = decode("7f80");
	assert_true(insn.has_target);
	assert_int_equal(insn.target, ADDRESS + 2 - 128);
	insn = decode("ffe0");
	assert_false(insn.has_target);
	insn = decode("ff1510000000");
	assert_false(insn.has_target);
}

static void test_stack_effect(void **state)
{
	static const struct {
		const char *hex;
		bool known;
		int64_t delta;
	} cases[] = {
		{ "55", true, -8 },                /* push %rbp */
		{ "6650", true, -2 },              /* push %ax */
		{ "6a10", true, -8 },              /* push $0x10 */
		{ "ff7008", true, -8 },            /* push 0x8(%rax) */
		{ "9c", true, -8 },                /* pushf */
		{ "5d", true, 8 },                 /* pop %rbp */
		{ "8f00", true, 8 },               /* pop (%rax) */
		{ "9d", true, 8 },                 /* popf */
		{ "4883ec20", true, -32 },         /* sub $0x20,%rsp */
		{ "4881ec00100000", true, -4096 }, /* sub $0x1000,%rsp */
		{ "4883c480", true, -128 },        /* add $-128,%rsp */
		{ "4883c408", true, 8 },           /* add $0x8,%rsp */
		{ "488d6424f0", true, -16 },       /* lea -0x10(%rsp),%rsp */
		{ "e800000000", true, -8 },        /* call */
		{ "ffd0", true, -8 },              /* call *%rax */
		{ "c3", true, 8 },                 /* ret */
		{ "c20800", true, 16 },            /* ret $0x8 */
		{ "4889e5", true, 0 },             /* mov %rsp,%rbp */
		{ "48890424", true, 0 },           /* mov %rax,(%rsp) */
		{ "4883fc00", true, 0 },           /* cmp $0x0,%rsp */
		{ "eb00", true, 0 },               /* jmp */
		{ "90", true, 0 },                 /* nop */
		{ "5c", false, 0 },                /* pop %rsp */
		{ "c9", false, 0 },                /* leave */
		{ "c8100000", false, 0 },          /* enter */
		{ "4889ec", false, 0 },            /* mov %rbp,%rsp */
		{ "4883e4f0", false, 0 },          /* and $-16,%rsp */
		{ "83ec20", false, 0 },            /* sub $0x20,%esp */
		{ "4829c4", false, 0 },            /* sub %rax,%rsp */
		{ "488d65f0", false, 0 },          /* lea -0x10(%rbp),%rsp */
		{ "488d2404", false, 0 },          /* lea (%rsp,%rax,1),%rsp */
		{ "488d2500000000", false, 0 },    /* lea 0x0(%rip),%rsp */
		{ "4887e0", false, 0 },            /* xchg %rsp,%rax */
		{ "48cf", false, 0 },              /* iretq */
		{ "cb", false, 0 },                /* lret */
		{ "480f44e0", false, 0 },          /* cmove %rax,%rsp */
	};
	size_t i;

	for (i = 0; i < IQ_ARRAY_SIZE(cases); i++) {
		struct iq_insn insn = decode(cases[i].hex);
		int64_t delta = 0;
		bool known = iq_x86_64_stack_effect(&insn, &delta);

		if (known != cases[i].known || (known && delta != cases[i].delta))
			fail_msg("%s: %s %" PRId64, cases[i].hex, known ? "known" : "unknown", delta);
	}
}

static void check_no_instruction(const char *hex, const char *message)
{
	struct iq_insn insn;
	uint8_t bytes[32];
	size_t n = parse_hex(hex, bytes, sizeof(bytes));
	struct iq_error *error = iq_x86_64_decode(bytes, n, ADDRESS, &insn);

	assert_non_null(error);
	assert_int_equal(error->code, IQ_ERROR_FORMAT);
	assert_string_equal(error->message, message);
	iq_error_free(error);
}

static void test_no_instruction(void **state)
{
	check_no_instruction("", "instruction at 0xffffffff81000000: no bytes");
	check_no_instruction("06", "instruction at 0xffffffff81000000: bytes are no instruction: 06");
	check_no_instruction("0f04", "instruction at 0xffffffff81000000: bytes are no instruction: 0f 04");
	check_no_instruction("8ec8",
			     "instruction at 0xffffffff81000000: bytes are no instruction: 8e c8"); /* mov to %cs */
	check_no_instruction(
		"f089c0",
		"instruction at 0xffffffff81000000: bytes are no instruction: f0 89 c0"); /* lock, no memory */
	check_no_instruction("e80000", "instruction at 0xffffffff81000000: bytes end inside of it: e8 00 00");
	check_no_instruction("488b05", "instruction at 0xffffffff81000000: bytes end inside of it: 48 8b 05");
	check_no_instruction("f2", "instruction at 0xffffffff81000000: bytes end inside of it: f2");
	check_no_instruction("f20f00", "instruction at 0xffffffff81000000: bytes end inside of it: f2 0f 00");
}

static void test_too_long(void **state)
{
	uint8_t bytes[20];
	struct iq_insn insn;
	struct iq_error *error;

	/* 15 bytes are the most, prefixes and all. */
	memset(bytes, 0x66, sizeof(bytes));
	bytes[14] = 0x90;
	error = iq_x86_64_decode(bytes, sizeof(bytes), ADDRESS, &insn);
	assert_null(error);
	assert_int_equal(insn.length, 15);
	bytes[14] = 0x66;
	bytes[15] = 0x90;
	error = iq_x86_64_decode(bytes, sizeof(bytes), ADDRESS, &insn);
	assert_non_null(error);
	iq_error_free(error);
}

/* Every prefix of every instruction above: an error, or a shorter instruction, never more than was given. */
static void test_truncated(void **state)
{
	size_t i, size;

	for (i = 0; i < IQ_ARRAY_SIZE(texts); i++) {
		uint8_t bytes[32];
		size_t n = parse_hex(texts[i].hex, bytes, sizeof(bytes));

		for (size = 0; size < n; size++) {
			struct iq_insn insn;
			struct iq_error *error = iq_x86_64_decode(bytes, size, ADDRESS, &insn);

			if (!error)
				assert_in_range(insn.length, 1, size);
			iq_error_free(error);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),         cmocka_unit_test(test_names),
		cmocka_unit_test(test_operands),     cmocka_unit_test(test_targets),
		cmocka_unit_test(test_stack_effect), cmocka_unit_test(test_no_instruction),
		cmocka_unit_test(test_too_long),     cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
